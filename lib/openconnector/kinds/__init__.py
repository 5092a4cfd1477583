"""The extension points: one abstract class per family. Read this folder first.

A kind is one file, one frozen pydantic class and one line in its family's registry. Its fields are its
configuration, the string under a field is its help text, one method is its behaviour. The form in the user
interface, the JSON Schema, the validation and the conformance tests all follow from the class.
"""

from openconnector.kinds.base import Kind, Selection, load
from openconnector.kinds.registry import Registry

__all__ = ["Kind", "Registry", "Selection", "load"]

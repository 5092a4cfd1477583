"""The source kinds and their registry."""

from openconnector.kinds.registry import Registry
from openconnector.kinds.source import Source
from openconnector.sources.example import ExampleSource
from openconnector.sources.rest import RestSource

SOURCES = Registry[Source]("source", RestSource, ExampleSource)

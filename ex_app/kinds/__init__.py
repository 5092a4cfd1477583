"""The kinds that exist only inside Nextcloud: its own data as sources and targets.

Each is one file below `sources` or `targets`, with one line in the tuple of its family. It asks Nextcloud through
`reach.host`, always in somebody's name.
"""

from ex_app.kinds.sources import NATIVE_SOURCES
from ex_app.kinds.targets import NATIVE_TARGETS
from openconnector.sources import SOURCES
from openconnector.targets import TARGETS


def register() -> None:
    """Add them to the engine's registries: once per process, before anything is loaded."""
    for source in NATIVE_SOURCES:
        if source.model_fields["kind"].default not in dict(SOURCES):
            SOURCES.add(source)
    for target in NATIVE_TARGETS:
        if target.model_fields["kind"].default not in dict(TARGETS):
            TARGETS.add(target)

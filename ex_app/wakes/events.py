"""The events of Nextcloud that a webhook can be registered for, and the groups people know them by."""

from dataclasses import dataclass

FILES = "OCP\\Files\\Events\\Node\\"
CALENDAR = "OCP\\Calendar\\Events\\CalendarObject"
TAGS = "OCP\\SystemTag\\Tag"

GROUPS: dict[str, tuple[str, ...]] = {
    # A new file raises Written as well, and so does a copy; what comes back from the trash bin is Touched.
    "files": tuple(
        f"{FILES}Node{what}Event" for what in ("Written", "Deleted", "Renamed", "Touched")
    ),
    "calendar": tuple(
        f"{CALENDAR}{what}Event"
        for what in ("Created", "Updated", "Deleted", "Moved", "MovedToTrash", "Restored")
    ),
    "tags": tuple(f"{TAGS}{what}Event" for what in ("Assigned", "Unassigned")),
    "tables": tuple(
        f"OCA\\Tables\\Event\\Row{what}Event" for what in ("Added", "Updated", "Deleted")
    ),
    "forms": ("OCA\\Forms\\Events\\FormSubmittedEvent",),
}
"""By the word a synchronization uses; anything else it names is an event class itself."""

MOVES = ("RenamedEvent", "CopiedEvent", "RestoredEvent")
"""Endings of events about two places."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event class."""

    name: str

    @property
    def paths(self) -> tuple[str, ...]:
        """Where its payload holds paths of files; none for events about anything else."""
        if not self.name.startswith((FILES, "OCA\\Files_Trashbin\\Events\\")):
            return ()
        if self.name.endswith(MOVES):
            return ("event.source.path", "event.target.path")
        return ("event.node.path",)


def events_of(word: str) -> tuple[Event, ...]:
    """Return the event classes a word stands for: a group, or one class by its own name."""
    return tuple(map(Event, GROUPS.get(word, (word.lstrip("\\"),))))

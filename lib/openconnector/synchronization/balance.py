"""What became of the records of a run; it has to add up."""

from dataclasses import asdict, dataclass

COUNTED = ("found", "created", "updated", "unchanged", "skipped", "invalid", "failed")


@dataclass(slots=True)
class Balance:
    """Counts of a run or of one page of it."""

    found: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    """Not selected by the conditions, or a second record with the same id."""
    invalid: int = 0
    """Refused by the target's schema, or no record at all."""
    failed: int = 0
    """Could not be mapped or written."""
    deleted: int = 0
    restored: int = 0
    """Of the updated ones, those whose object had been deleted or lost."""
    writes: int = 0
    """Write requests the target acknowledged."""

    def add(self, other: "Balance") -> None:
        """Count another balance in."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def is_closed(self) -> bool:
        """Whether every record found is accounted for."""
        return self.found == (
            self.created + self.updated + self.unchanged + self.skipped + self.invalid + self.failed
        )

    @property
    def is_clean(self) -> bool:
        """Whether every record was handled."""
        return self.invalid == 0 and self.failed == 0

    def columns(self) -> dict[str, int]:
        """Return the counts by the names of a run's columns."""
        return asdict(self)

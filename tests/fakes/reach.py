"""A `Reach` for testing one kind: the parts it is given, and nothing else."""

from typing import Any

from openconnector.kinds.reach import Reach


class Untouchable:
    """Stands in for a part that the kind under test must leave alone."""

    def __init__(self, part: str) -> None:
        self.part = part

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"The kind touched reach.{self.part}.{name}")


def reach_with(**parts: Any) -> Reach:
    """Return a reach of the given parts; touching any other one fails the test."""
    names = Reach.__dataclass_fields__
    return Reach(**{name: parts.get(name) or Untouchable(name) for name in names})

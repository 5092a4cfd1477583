"""What a mode of JsonLogic consists of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator that is a function of its evaluated arguments."""

    function: Callable[..., Any]
    least: int
    """How many arguments it needs."""
    most: int | None
    """How many it looks at; None for any number."""
    grows: bool = False
    """Whether its result can be larger than its arguments, so that it is counted."""

    def takes(self, count: int) -> bool:
        """Return whether so many arguments are enough; more than it looks at are ignored."""
        return count >= self.least

    def fitted(self, steps: list[Any]) -> list[Any]:
        """Return the arguments it looks at, with nothing in place of those it lacks."""
        lacking = [_nothing] * (self.least - len(steps))
        return [*steps[: self.most], *lacking]


def _nothing(_data: Any, _budget: Any) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogicRules:
    """What truth, text and iteration mean in a mode, and its operators."""

    is_truthy: Callable[[Any], bool]
    to_text: Callable[[Any], str]
    to_number: Callable[[Any], float]
    elements: Callable[[Any], list[Any]]
    """What `map`, `filter` and the like run over."""
    null_is_missing: bool
    """Whether `var` takes a null for absent, and gives the default."""
    iterates_objects: bool
    """Whether `map` gives an object for an object."""
    looks_into_objects: bool
    """Whether the members of an object that is no rule are rules; one with the keys 0, 1, 2 and so on is a list."""
    is_strict: bool
    """Whether too few arguments are an error."""
    operations: dict[str, Operation]

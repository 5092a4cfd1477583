"""Calling a mapping from a template: for one value, or for every element of a list."""

from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions.limits import Budget
from openconnector.expressions.paths import MISSING
from openconnector.expressions.php import members

LIST: Final = "listInput"
"""The field of the input that holds the list, when more is handed to every element."""

VALUE: Final = "value"
"""The field under which an element finds itself."""

Run = Callable[[Any, Budget], Any]
"""A compiled mapping: takes a record and the budget of the outermost one."""


def caller(run: Run) -> Callable[[Any, bool, Budget], Any]:
    """Return what a template calls for `mapping(reference, value, list)`."""

    def call(value: Any, is_list: bool, budget: Budget) -> Any:  # noqa: FBT001 - generated code passes it in order
        budget.tick()
        if not isinstance(value, (dict, list)):
            what = "nothing" if value is None or value is MISSING else type(value).__name__
            raise TypeError(f"a mapping takes an object or a list, not {what}")
        return _run_list(run, value, budget) if is_list else run(value, budget)

    return call


def _run_list(run: Run, value: dict[str, Any] | list[Any], budget: Budget) -> Any:
    """Map every element, keys kept; what stands beside `listInput` is added to each of them."""
    elements: Any = value
    extra: dict[str, Any] = {}
    if isinstance(value, dict) and LIST in value:
        elements = value[LIST]
        extra = {key: field for key, field in value.items() if key not in (LIST, VALUE)}
    if isinstance(elements, dict):
        return {key: _run_one(run, element, extra, budget) for key, element in elements.items()}
    if not isinstance(elements, list):
        return []
    return [_run_one(run, element, extra, budget) for element in elements]


def _run_one(run: Run, element: Any, extra: dict[str, Any], budget: Budget) -> Any:
    budget.tick()
    if isinstance(element, (dict, list)) and not extra:
        return run(element, budget)
    own = members(element) if isinstance(element, (dict, list)) else {"0": element}
    if element is None:
        own = {}
    return run({**own, VALUE: element, **extra}, budget)

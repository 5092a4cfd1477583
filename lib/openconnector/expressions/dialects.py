"""The two dialects of templates: what text, truth, comparison and calculation mean in each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from openconnector.expressions import php, values
from openconnector.expressions.filters import FILTERS, METHODS, Filter
from openconnector.expressions.jinja_tests import TESTS
from openconnector.expressions.twig import (
    TWIG_FILTERS,
    TWIG_FUNCTIONS,
    TWIG_METHODS,
    TWIG_OPERATORS,
    TWIG_TESTS,
    contains,
    loop_items,
    loop_pairs,
)

Bind = Callable[[str, Any], str]
"""Gives the name under which generated code finds an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectRules:
    """What a dialect means."""

    name: Literal["jinja", "twig"]
    to_text: Callable[[Any], str]
    """How a value becomes text."""
    truth: str
    """Source that tests the value in place of `{}` for truth."""
    boolean_operators: bool
    """Whether `and` and `or` give true or false rather than one of their operands."""
    keeps_values: bool
    """Whether a template that is nothing but `{{ expression }}` gives the value instead of text."""
    escapes: bool
    """Whether output is escaped and the whole decoded again, as in the predecessor."""
    loop_items: Callable[[Any], list[Any]]
    """What `for x in value` runs over."""
    loop_pairs: Callable[[Any], list[Any]]
    """What `for key, x in value` runs over."""
    shares_loop_scope: bool
    """Whether `set` in a loop changes a variable that was there before it."""
    comparisons: dict[str, str]
    """Operator -> source with `{left}`, `{right}` and, where one is called, `{function}`."""
    comparing: dict[str, Callable[[Any, Any], Any]]
    """Operator -> the function its source calls."""
    operators: dict[str, Callable[..., Any]]
    functions: dict[str, Callable[..., Any]]
    filters: dict[str, Filter]
    tests: dict[str, Callable[..., bool]]
    methods: dict[str, Filter]

    def compare(self, operator: str, bind: Bind, left: str, right: str) -> str:
        """Return the source of one comparison."""
        function = self.comparing.get(operator)
        name = "" if function is None else bind("f", function)
        return self.comparisons[operator].format(left=left, right=right, function=name)


_PYTHON_COMPARISONS: Final = {
    name: f"({{left}} {symbol} {{right}})"
    for name, symbol in {
        "eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=",
    }.items()
}  # fmt: skip
_CALLED: Final = "{function}({left}, {right})"
_PHP_COMPARISONS: Final = {
    "eq": _CALLED,
    "ne": f"(not {_CALLED})",
    "gt": f"({_CALLED} > 0)",
    "gteq": f"({_CALLED} >= 0)",
    "lt": f"({_CALLED} < 0)",
    "lteq": f"({_CALLED} <= 0)",
}
_MEMBERSHIP: Final = {"in": _CALLED, "notin": f"(not {_CALLED})"}  # codespell:ignore notin

JINJA: Final = DialectRules(
    name="jinja",
    to_text=values.to_text,
    truth="{}",
    boolean_operators=False,
    keeps_values=True,
    escapes=False,
    loop_items=values.items,
    loop_pairs=values.items,
    shares_loop_scope=False,
    comparisons=_PYTHON_COMPARISONS | _MEMBERSHIP,
    comparing=dict.fromkeys(_MEMBERSHIP, values.is_in),
    operators={
        "+": values.add,
        "-": values.subtract,
        "*": values.multiply,
        "/": values.divide,
        "//": values.divide_whole,
        "%": values.modulo,
        "**": values.power,
        "neg": values.negative,
        "pos": values.number,
    },
    functions={"range": values.numbers, "namespace": values.namespace},
    filters=FILTERS,
    tests=TESTS,
    methods=METHODS,
)
"""Values keep their type; text is JSON's."""

TWIG: Final = replace(
    JINJA,
    name="twig",
    to_text=php.to_text,
    truth="truthy({})",
    boolean_operators=True,
    keeps_values=False,
    escapes=True,
    loop_items=loop_items,
    loop_pairs=loop_pairs,
    shares_loop_scope=True,
    comparisons=_PHP_COMPARISONS | _MEMBERSHIP,
    comparing=dict.fromkeys(("eq", "ne"), php.loosely_equal)
    | dict.fromkeys(("gt", "gteq", "lt", "lteq"), php.compare)
    | dict.fromkeys(_MEMBERSHIP, contains),
    operators=TWIG_OPERATORS,
    functions=TWIG_FUNCTIONS,
    filters=TWIG_FILTERS,
    tests=TWIG_TESTS,
    methods=TWIG_METHODS,
)
"""Everything printed is text by PHP's rules; comparison and truth are PHP's."""

DIALECTS: Final[dict[str, DialectRules]] = {"jinja": JINJA, "twig": TWIG}

FUNCTIONS_VERSION: Final = 2
"""Counted up when a change of filters, casts or rules changes a result; part of every mapping's fingerprint."""

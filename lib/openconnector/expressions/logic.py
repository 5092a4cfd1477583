"""Conditions in JsonLogic (https://jsonlogic.com), compiled to closures.

A rule is an object with one key, the operator; anything else stands for itself. `var` takes a dot path, or a JSONPath
query where the rule writes one. Two modes differ in truth,
comparison and calculation: `standard` follows the JavaScript reference, `php` the library the predecessor used.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from openconnector.errors import ConfigurationError, RecordError, TemplateLimit
from openconnector.expressions import logic_standard, php
from openconnector.expressions.limits import Budget
from openconnector.expressions.logic_php import PHP
from openconnector.expressions.logic_rules import LogicRules
from openconnector.expressions.logic_standard import STANDARD
from openconnector.expressions.paths import MISSING, Getter, child, compile_path, split_path
from openconnector.expressions.query_form import has_query_form

Mode: TypeAlias = Literal["standard", "php"]

MAX_DEPTH: Final = 60
"""How deep a rule may nest."""

MAX_SIZE: Final = 5_000
"""The most values a rule may consist of."""

_FAILURES: Final = (TypeError, ValueError, ArithmeticError, RecursionError)

Step = Callable[[Any, Budget], Any]
"""A compiled part of a rule: takes the data in scope and the budget."""

_RULES: Final[dict[str, LogicRules]] = {"standard": STANDARD, "php": PHP}


def is_truthy(value: Any, mode: Mode = "standard") -> bool:
    """Return whether a result means yes: in mode `php` as the predecessor asked, `result == true`."""
    return php.is_truthy(value) if mode == "php" else logic_standard.is_truthy(value)


def compile_logic(rule: Any, mode: Mode = "standard") -> Callable[[Any], Any]:
    """Return a rule as a function of data.

    Raises `ConfigurationError` for an unknown operator, naming the known ones, and for a rule that is too large. The
    function raises `RecordError` (stage `condition`) where the rule cannot be calculated for the data.
    """
    step = _Compiler(_RULES[mode]).compile(rule, 0)

    def evaluate(data: Any) -> Any:
        try:
            return step(data, Budget())
        except TemplateLimit as error:
            raise TemplateLimit(f"The condition failed: {error}", stage="condition") from error
        except _FAILURES as error:
            raise RecordError(f"The condition failed: {error}", stage="condition") from error

    return evaluate


class _Compiler:
    def __init__(self, rules: LogicRules) -> None:
        self._rules = rules
        self._size = 0

    def compile(self, rule: Any, depth: int) -> Step:
        self._size += 1
        if depth > MAX_DEPTH or self._size > MAX_SIZE:
            raise ConfigurationError(
                f"A rule nests at most {MAX_DEPTH} deep and has at most {MAX_SIZE:,} values"
            )
        looks_into = self._rules.looks_into_objects and isinstance(rule, dict)
        if looks_into and _is_numbered(rule):
            rule = list(rule.values())
        if isinstance(rule, list):
            return _list([self.compile(element, depth + 1) for element in rule])
        if looks_into and len(rule) != 1:
            return _object({key: self.compile(member, depth + 1) for key, member in rule.items()})
        if not isinstance(rule, dict) or len(rule) != 1:
            return lambda _data, _budget: rule
        ((operator, written),) = rule.items()
        arguments = written if isinstance(written, list) else [written]
        steps = [self.compile(argument, depth + 1) for argument in arguments]
        return self._operation(operator, steps, arguments)

    def _operation(self, operator: str, steps: list[Step], arguments: list[Any]) -> Step:
        rules = self._rules
        if (build := _SPECIAL.get(operator)) is not None:
            return build(rules, steps, arguments)
        operation = rules.operations.get(operator)
        if operation is None:
            known = ", ".join(sorted([*_SPECIAL, *rules.operations]))
            raise ConfigurationError(f"No operator {operator!r} in JsonLogic; known: {known}")
        if rules.is_strict and not operation.takes(len(steps)):
            raise ConfigurationError(
                f"The operator {operator!r} cannot have {len(steps)} arguments"
            )
        return _eager(operation.function, operation.fitted(steps), counts=operation.grows)


def _is_numbered(rule: dict[str, Any]) -> bool:
    return bool(rule) and list(rule) == [str(position) for position in range(len(rule))]


def _list(steps: list[Step]) -> Step:
    return lambda data, budget: [step(data, budget) for step in steps]


def _object(steps: dict[str, Step]) -> Step:
    return lambda data, budget: {key: step(data, budget) for key, step in steps.items()}


def _eager(function: Callable[..., Any], steps: list[Step], *, counts: bool) -> Step:
    if counts:
        return lambda data, budget: budget.charge(function(*[step(data, budget) for step in steps]))
    if len(steps) == 2:  # noqa: PLR2004 - most operators have two operands
        first, second = steps
        return lambda data, budget: function(first(data, budget), second(data, budget))
    return lambda data, budget: function(*[step(data, budget) for step in steps])


def _argument(steps: list[Step], position: int) -> Step:
    return steps[position] if position < len(steps) else lambda _data, _budget: None


def lookup(rules: LogicRules, data: Any, name: Any, default: Any = None) -> Any:
    """Return what `var` finds at a dot path, the data itself for no name, or the default."""
    if name is None or name == "":
        return data
    if isinstance(name, (list, dict)):
        return default
    for key in split_path(rules.to_text(name)):
        data = child(data, key)
        if data is MISSING or (data is None and rules.null_is_missing):
            return default
    return data


def _var(rules: LogicRules, steps: list[Step], arguments: list[Any]) -> Step:
    name, default = _argument(steps, 0), _argument(steps, 1)
    has_default = len(steps) > 1
    fixed = arguments[0] if arguments and isinstance(arguments[0], str) else ""
    if has_query_form(fixed):
        return _queried(rules, compile_path(fixed), default)
    if fixed and not has_default:
        return lambda data, _budget: lookup(rules, data, fixed)
    return lambda data, budget: lookup(rules, data, name(data, budget), default(data, budget))


def _queried(rules: LogicRules, find: Getter, default: Step) -> Step:
    """Return `var` with a JSONPath query; only one that is written in the rule is taken for one."""

    def queried(data: Any, budget: Budget) -> Any:
        found = find(data)
        if found is MISSING or (found is None and rules.null_is_missing):
            return default(data, budget)
        return found

    return queried


def _absent(rules: LogicRules, data: Any, names: list[Any]) -> list[Any]:
    return [name for name in names if lookup(rules, data, name) in (None, "")]


def _missing(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    def missing(data: Any, budget: Budget) -> Any:
        names = [step(data, budget) for step in steps]
        if names and isinstance(names[0], list):
            names = names[0]
        return _absent(rules, data, budget.charge(names))

    return missing


def _missing_some(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    needed, listed = _argument(steps, 0), _argument(steps, 1)

    def missing_some(data: Any, budget: Budget) -> Any:
        names = listed(data, budget)
        names = budget.charge(names if isinstance(names, list) else [names])
        absent = _absent(rules, data, names)
        is_enough = len(names) - len(absent) >= rules.to_number(needed(data, budget))
        return [] if is_enough else absent

    return missing_some


def _if(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    def choose(data: Any, budget: Budget) -> Any:
        for position in range(0, len(steps) - 1, 2):
            if rules.is_truthy(steps[position](data, budget)):
                return steps[position + 1](data, budget)
        return steps[-1](data, budget) if len(steps) % 2 else None

    return choose


def _and(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    def conjunction(data: Any, budget: Budget) -> Any:
        value = None
        for step in steps:
            value = step(data, budget)
            if not rules.is_truthy(value):
                return value
        return value

    return conjunction


def _or(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    def disjunction(data: Any, budget: Budget) -> Any:
        value = None
        for step in steps:
            value = step(data, budget)
            if rules.is_truthy(value):
                return value
        return value

    return disjunction


def _map(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    source, body = _argument(steps, 0), _argument(steps, 1)

    def mapped(data: Any, budget: Budget) -> Any:
        elements = source(data, budget)
        if isinstance(elements, dict) and rules.iterates_objects:
            return {key: _turn(body, element, budget) for key, element in elements.items()}
        return [_turn(body, element, budget) for element in rules.elements(elements)]

    return mapped


def _turn(body: Step, element: Any, budget: Budget) -> Any:
    budget.tick()
    return budget.charge(body(element, budget))


def _filter(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    source, body = _argument(steps, 0), _argument(steps, 1)

    def filtered(data: Any, budget: Budget) -> Any:
        elements = rules.elements(source(data, budget))
        return [item for item in elements if rules.is_truthy(_turn(body, item, budget))]

    return filtered


def _reduce(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    source, body, initial = (_argument(steps, position) for position in range(3))

    def reduced(data: Any, budget: Budget) -> Any:
        accumulator = initial(data, budget)
        for element in rules.elements(source(data, budget)):
            accumulator = _turn(body, {"current": element, "accumulator": accumulator}, budget)
        return accumulator

    return reduced


def _all(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    source, body = _argument(steps, 0), _argument(steps, 1)

    def every(data: Any, budget: Budget) -> Any:
        elements = rules.elements(source(data, budget))
        return bool(elements) and all(
            rules.is_truthy(_turn(body, element, budget)) for element in elements
        )

    return every


def _some(rules: LogicRules, steps: list[Step], _arguments: list[Any]) -> Step:
    source, body = _argument(steps, 0), _argument(steps, 1)

    def some(data: Any, budget: Budget) -> Any:
        elements = rules.elements(source(data, budget))
        return any(rules.is_truthy(_turn(body, element, budget)) for element in elements)

    return some


def _none(rules: LogicRules, steps: list[Step], arguments: list[Any]) -> Step:
    some = _some(rules, steps, arguments)
    return lambda data, budget: not some(data, budget)


_SPECIAL: Final[dict[str, Callable[[LogicRules, list[Step], list[Any]], Step]]] = {
    "var": _var,
    "missing": _missing,
    "missing_some": _missing_some,
    "if": _if,
    "?:": _if,
    "and": _and,
    "or": _or,
    "map": _map,
    "filter": _filter,
    "reduce": _reduce,
    "all": _all,
    "some": _some,
    "none": _none,
}
"""Operators that look at the data, or do not evaluate all of their arguments."""

"""Casts that need nothing but the value: what each makes of it is its docstring.

The names and the results are those of the predecessor (PHP's conversions), because mappings carry them over. Each
raises `ValueError` or `TypeError` for a value it cannot take.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from openconnector.expressions import encoding, php
from openconnector.expressions.json_texts import write_php_json
from openconnector.expressions.php_numbers import format_number


def to_bool(value: Any) -> bool:
    """Return true for 1, numbers and texts that begin with 1 as an integer, `true` and `yes`; else false.

    Example:
        >>> "YES" | bool
        true
        >>> "ja" | bool
        false
    """
    if php.to_int(value) == 1:
        return True
    return php.to_text(value).lower() in ("true", "yes")


def to_optional_bool(value: Any) -> bool | None:
    """Return the same as `bool`, and null for null.

    Example:
        >>> null | ?bool
        null
        >>> 1 | ?bool
        true
    """
    return None if value is None else to_bool(value)


def to_list(value: Any) -> Any:
    """Return a list or object as it is, null as an empty list, anything else as a list of one.

    Example:
        >>> "a" | array
        ["a"]
        >>> null | array
        []
    """
    if isinstance(value, (list, dict)):
        return value
    return [] if value is None else [value]


def to_float(value: Any) -> float:
    """Return the number a text begins with. Raises `ValueError` for one that is too large.

    Example:
        >>> "1.5kg" | float
        1.5
    """
    number = php.to_float(value)
    if math.isinf(number):
        raise ValueError("the number is too large")
    return number


def json_to_value(value: Any) -> Any:
    r"""Return what JSON text stands for; lists and objects stay, and text that is no JSON becomes null.

    Entities are decoded first, as the predecessor did; where that breaks valid JSON, they stay.

    Example:
        >>> "{\"a\": [1, 2]}" | jsonToArray
        {"a": [1, 2]}
        >>> "no JSON" | jsonToArray
        null
    """
    if isinstance(value, (list, dict)):
        return value
    text = php.to_text(value)
    decoded = php.decode_entities(text)
    found = encoding.read_json(decoded)
    return encoding.read_json(text) if found is None and decoded != text else found


def null_text_to_null(value: Any) -> Any:
    """Return null for the text `null`, anything else as it is.

    Example:
        >>> "null" | nullStringToNull
        null
    """
    return None if value == "null" else value


def coordinates(value: Any) -> Any:
    """Return `x y x y` as a list of pairs of texts; a single pair is not wrapped.

    Example:
        >>> "4.9 52.4 5.1 52.1" | coordinateStringToArray
        [["4.9", "52.4"], ["5.1", "52.1"]]
        >>> "4.9 52.4" | coordinateStringToArray
        ["4.9", "52.4"]
    """
    if isinstance(value, (list, dict)) or value is None:
        raise TypeError("coordinates are a text of numbers with a blank between")
    numbers = php.to_text(value).split(" ")
    pairs = [numbers[at : at + 2] for at in range(0, len(numbers), 2)]
    return pairs if len(pairs) > 1 else pairs[0]


def money_to_int(value: Any) -> int:
    """Return an amount as a number of cents: `1.234,56` is 123456.

    Example:
        >>> "1.234,56" | moneyStringToInt
        123456
    """
    if isinstance(value, (list, dict)):
        return php.to_int(value)
    return php.to_int(php.to_text(value).replace(".", "").replace(",", ""))


def int_to_money(value: Any) -> str:
    """Return a number of cents as an amount: 123456 is `1.234,56`.

    Example:
        >>> 123456 | intToMoneyString
        "1.234,56"
    """
    return format_number(php.to_number(value) / 100, 2, ",", ".")


def to_string(value: Any) -> str:
    """Return a value as text: true is 1, false and null are empty.

    Example:
        >>> 1.0 | string
        "1"
        >>> false | string
        ""
    """
    return php.to_text(value)


def to_int(value: Any) -> int:
    """Return the whole number a text begins with, 0 where it begins with none.

    Example:
        >>> "12abc" | int
        12
        >>> "1e3" | int
        1000
    """
    return php.to_int(value)


def to_form(value: Any) -> str:
    """Return a text as in a query string, with `+` for a blank.

    Example:
        >>> "a b&c" | url
        "a+b%26c"
    """
    return encoding.form_encode(php.to_text(value))


def from_form(value: Any) -> str:
    """Return a query string's text as plain text.

    Example:
        >>> "a+b%26c" | urlDecode
        "a b&c"
    """
    return encoding.form_decode(php.to_text(value))


def to_percents(value: Any) -> str:
    """Return a text percent-encoded for an address (RFC 3986).

    Example:
        >>> "a b/c" | rawurl
        "a%20b%2Fc"
    """
    return encoding.percent_encode(php.to_text(value))


def from_percents(value: Any) -> str:
    """Return percent-encoded text as plain text; `+` stays.

    Example:
        >>> "a%20b+c" | rawurlDecode
        "a b+c"
    """
    return encoding.percent_decode(php.to_text(value))


def to_entities(value: Any) -> str:
    """Return a text with every character that has a name in HTML written as an entity.

    Example:
        >>> "<é>" | html
        "&lt;&eacute;&gt;"
    """
    return php.encode_named_entities(php.to_text(value))


def from_entities(value: Any) -> str:
    """Return a text with its HTML entities decoded.

    Example:
        >>> "&lt;&eacute;&gt;" | htmlDecode
        "<é>"
    """
    return php.decode_entities(php.to_text(value))


def to_base64(value: Any) -> str:
    """Return a text's UTF-8 bytes in base64.

    Example:
        >>> "één" | base64
        "w6nDqW4="
    """
    return encoding.base64_encode(php.to_text(value))


def from_base64(value: Any) -> str:
    """Return the text that base64 stands for.

    Example:
        >>> "w6nDqW4=" | base64Decode
        "één"
    """
    return encoding.base64_decode(php.to_text(value))


def to_json(value: Any) -> str:
    r"""Return a value as JSON text, as PHP writes it: slashes and all but ASCII escaped, empty objects as lists.

    Example:
        >>> {"a": [1, "é"]} | json
        "{\"a\":[1,\"\\u00e9\"]}"
    """
    return write_php_json(value)


def to_ascii(value: Any) -> str:
    """Return a text in ASCII letters; what has no counterpart becomes `?`.

    Example:
        >>> "Ünïcødé" | utf8
        "Unicode"
    """
    return encoding.to_ascii(php.to_text(value))


PLAIN: Final[dict[str, Callable[[Any], Any]]] = {
    "string": to_string,
    "bool": to_bool,
    "boolean": to_bool,
    "?bool": to_optional_bool,
    "?boolean": to_optional_bool,
    "int": to_int,
    "integer": to_int,
    "float": to_float,
    "array": to_list,
    "url": to_form,
    "urlDecode": from_form,
    "rawurl": to_percents,
    "rawurlDecode": from_percents,
    "html": to_entities,
    "htmlDecode": from_entities,
    "base64": to_base64,
    "base64Decode": from_base64,
    "json": to_json,
    "jsonToArray": json_to_value,
    "utf8": to_ascii,
    "nullStringToNull": null_text_to_null,
    "coordinateStringToArray": coordinates,
    "moneyStringToInt": money_to_int,
    "intToMoneyString": int_to_money,
}
"""Casts that need nothing but the value."""

"""What pydantic finds wrong, as sentences that can be told in every language."""

from collections.abc import Mapping
from typing import Any

from openconnector.messages import Message, t

SENTENCES: Mapping[str, tuple[Message, ...]] = {
    "missing": (t("Field required"),),
    "extra_forbidden": (t("Extra inputs are not permitted"),),
    "string_type": (t("Input should be a valid string"),),
    "string_too_short": (
        t("String should have at least {min_length} character"),
        t("String should have at least {min_length} characters"),
    ),
    "string_too_long": (
        t("String should have at most {max_length} character"),
        t("String should have at most {max_length} characters"),
    ),
    "string_pattern_mismatch": (t("String should match pattern '{pattern}'"),),
    "int_type": (t("Input should be a valid integer"),),
    "int_parsing": (t("Input should be a valid integer, unable to parse string as an integer"),),
    "int_from_float": (t("Input should be a valid integer, got a number with a fractional part"),),
    "float_type": (t("Input should be a valid number"),),
    "float_parsing": (t("Input should be a valid number, unable to parse string as a number"),),
    "finite_number": (t("Input should be a finite number"),),
    "int_parsing_size": (t("Unable to parse input string as an integer, exceeded maximum size"),),
    "datetime_type": (t("Input should be a valid datetime"),),
    "datetime_parsing": (t("Input should be a valid datetime, {error}"),),
    "datetime_from_date_parsing": (t("Input should be a valid datetime or date, {error}"),),
    "datetime_object_invalid": (t("Invalid datetime object, got {error}"),),
    "timezone_aware": (t("Input should have timezone info"),),
    "none_required": (t("Input should be None"),),
    "bool_type": (t("Input should be a valid boolean"),),
    "bool_parsing": (t("Input should be a valid boolean, unable to interpret input"),),
    "list_type": (t("Input should be a valid list"),),
    "dict_type": (t("Input should be a valid dictionary"),),
    "model_type": (t("Input should be a valid dictionary or instance of {class_name}"),),
    "model_attributes_type": (
        t("Input should be a valid dictionary or object to extract fields from"),
    ),
    "literal_error": (t("Input should be {expected}"),),
    "greater_than_equal": (t("Input should be greater than or equal to {ge}"),),
    "greater_than": (t("Input should be greater than {gt}"),),
    "less_than_equal": (t("Input should be less than or equal to {le}"),),
    "less_than": (t("Input should be less than {lt}"),),
    "too_short": (
        t(
            "{field_type} should have at least {min_length} item after validation, not {actual_length}"
        ),
        t(
            "{field_type} should have at least {min_length} items after validation, not {actual_length}"
        ),
    ),
    "too_long": (
        t(
            "{field_type} should have at most {max_length} item after validation, not {actual_length}"
        ),
        t(
            "{field_type} should have at most {max_length} items after validation, not {actual_length}"
        ),
    ),
    "union_tag_not_found": (t("Unable to extract tag using discriminator {discriminator}"),),
    "union_tag_invalid": (
        t(
            "Input tag '{tag}' found using {discriminator} does not match any of the expected tags: {expected_tags}"
        ),
    ),
    "value_error": (t("Value error, {error}"),),
}
"""By pydantic's name for the finding; more than one where its English has a plural."""


def worded(finding: Mapping[str, Any]) -> str:
    """Return what is wrong: pydantic's own sentence, as a `Message` where it is one of those above."""
    said = str(finding["msg"])
    arguments = {name: _plain(value) for name, value in (finding.get("ctx") or {}).items()}
    for sentence in SENTENCES.get(finding["type"], ()):
        try:
            made = Message(sentence.template, arguments)
        except (KeyError, IndexError):
            continue
        if made == said:
            return made
    return said


def _plain(value: Any) -> Any:
    """Return an argument; of an error that a validator of ours raised, its message with its own translations."""
    return value.args[0] if isinstance(value, ValueError) and value.args else value

"""The constants of PHP that a template may read: none that tells of the machine."""

import math
import sys
from typing import Any, Final

from openconnector.expressions import php
from openconnector.expressions.moment_forms import FORMS

CONSTANTS: Final[dict[str, Any]] = {
    "PHP_EOL": "\n",
    "PHP_INT_MAX": php.MAX_INT,
    "PHP_INT_MIN": php.MIN_INT,
    "PHP_INT_SIZE": 8,
    "PHP_FLOAT_DIG": sys.float_info.dig,
    "PHP_FLOAT_EPSILON": sys.float_info.epsilon,
    "PHP_FLOAT_MAX": sys.float_info.max,
    "PHP_FLOAT_MIN": sys.float_info.min,
    "M_PI": math.pi,
    "M_E": math.e,
    "M_SQRT2": math.sqrt(2),
    "M_LN2": math.log(2),
    "M_LN10": math.log(10),
    "M_LOG2E": math.log2(math.e),
    "M_LOG10E": math.log10(math.e),
    "DIRECTORY_SEPARATOR": "/",
    "JSON_HEX_TAG": 1,
    "JSON_HEX_AMP": 2,
    "JSON_HEX_APOS": 4,
    "JSON_HEX_QUOT": 8,
    "JSON_FORCE_OBJECT": 16,
    "JSON_NUMERIC_CHECK": 32,
    "JSON_UNESCAPED_SLASHES": 64,
    "JSON_PRETTY_PRINT": 128,
    "JSON_UNESCAPED_UNICODE": 256,
    "JSON_PARTIAL_OUTPUT_ON_ERROR": 512,
    "JSON_PRESERVE_ZERO_FRACTION": 1024,
    "JSON_UNESCAPED_LINE_TERMINATORS": 2048,
    "JSON_OBJECT_AS_ARRAY": 1,
    "JSON_BIGINT_AS_STRING": 2,
    "JSON_INVALID_UTF8_IGNORE": 1_048_576,
    "JSON_INVALID_UTF8_SUBSTITUTE": 2_097_152,
    "JSON_THROW_ON_ERROR": 4_194_304,
    **{f"DATE_{name}": form for name, form in FORMS.items()},
    **{
        f"{kind}::{name}": form
        for kind in ("DateTimeInterface", "DateTime", "DateTimeImmutable")
        for name, form in FORMS.items()
    },
}
"""Name to value. What is missing here does not exist for a template."""

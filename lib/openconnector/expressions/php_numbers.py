"""Numbers as PHP rounds them and writes them with decimals."""

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from openconnector.errors import TemplateLimit
from openconnector.expressions import php

MAX_DECIMALS: Final = 100
"""How many decimals a number may be written with."""

MAX_SEPARATOR: Final = 100
"""The longest text that parts thousands."""

SIGNIFICANT: Final = 15
"""PHP rounds to so many significant digits first, so that 1.005 becomes 1.01."""

_WIDE: Final = Context(prec=500)
"""Enough digits for the largest float with the most decimals."""


def round_half(value: float, places: int) -> float:
    """Return a number rounded half away from zero, as PHP's `round`; places below zero are tens, hundreds and so on."""
    places = min(max(places, -MAX_DECIMALS), MAX_DECIMALS)
    if not math.isfinite(value) or value == 0:
        return value
    exact = Decimal(value)
    if exact.adjusted() + places >= SIGNIFICANT:
        return value  # it holds no decimals worth rounding
    if exact.adjusted() + places < SIGNIFICANT - 1:
        exact = Decimal(f"{value:.{SIGNIFICANT - 1}e}")
    return float(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE))


def format_number(
    number: float | Decimal, decimals: int = 0, point: str = ".", thousands: str = ","
) -> str:
    """Return a number with so many decimals, rounded half away from zero, thousands parted.

    Raises `TemplateLimit` for more decimals than there is a use for.
    """
    decimals = max(decimals, 0)
    if decimals > MAX_DECIMALS:
        raise TemplateLimit(f"a number has at most {MAX_DECIMALS} decimals")
    if isinstance(number, float) and not math.isfinite(number):
        return php.float_to_text(number).lower()
    rounded = round_half(float(number), decimals)
    if len(thousands) > MAX_SEPARATOR:
        raise TemplateLimit(f"what parts thousands has at most {MAX_SEPARATOR} characters")
    whole, _, fraction = f"{abs(rounded):,.{decimals}f}".partition(".")
    sign = "-" if rounded < 0 else ""
    return sign + whole.replace(",", thousands) + (point + fraction if decimals else "")

"""What another system says about its refusal."""

from typing import Any

import httpx
import orjson

SHOWN_LENGTH = 300
"""How much of what the target says against a record is kept."""

SAYING = ("detail", "message", "reason", "description", "error", "errors", "invalidParams", "title")
"""Where refusals keep their message, the clearest first."""


def told_in(response: httpx.Response) -> str:
    """Return the detail of a problem (RFC 9457), or the first message of other JSON; empty where there is none."""
    try:
        return _message_in(orjson.loads(response.content))[:SHOWN_LENGTH]
    except ValueError:
        return ""


def _message_in(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return _message_in(value[0]) if value else ""
    if not isinstance(value, dict):
        return ""
    said = (_message_in(value[name]) for name in SAYING if name in value)
    return next(filter(None, said), "")

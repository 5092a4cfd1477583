"""Addresses and headers as fields of a kind, checked when the configuration is."""

from typing import Annotated

from pydantic import AfterValidator

from openconnector.errors import ConfigurationError
from openconnector.http import urls
from openconnector.http.headers import checked_name, checked_value
from openconnector.messages import t

RESERVED_HEADERS = frozenset(
    {
        "authorization", "proxy-authorization", "cookie", "host", "content-length", "transfer-encoding",
        "connection", "upgrade", "te", "trailer", "accept-encoding",
    }
)  # fmt: skip
"""What belongs to the authentication or to the transport."""


def _checked_location(text: str) -> str:
    try:
        urls.location(text)
    except ConfigurationError as error:
        raise ValueError(*error.args) from error
    return text


def _checked_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        checked_value(value)
        if checked_name(name).lower() in RESERVED_HEADERS:
            raise ValueError(
                t("{name} cannot be set here; credentials belong in the authentication", name=name)
            )
    return headers


Location = Annotated[str, AfterValidator(_checked_location)]
"""A base address, http or https."""

Headers = Annotated[dict[str, str], AfterValidator(_checked_headers)]
"""Headers a user may set: none that carries credentials or belongs to the transport."""

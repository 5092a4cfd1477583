"""Bearer tokens (RFC 6750)."""

import binascii
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import Annotated, Literal

import httpx
import orjson
from pydantic import AfterValidator, SecretStr
from typing_extensions import override

from openconnector.http import headers
from openconnector.kinds.auth import Auth
from openconnector.ports import Http, Tokens


class BearerAuth(Auth):
    """A fixed token.

    Sent with every request in the Authorization header, after the word `Bearer`.

    Example:
        {"kind": "bearer", "token": "3f9a1c"}
    """

    kind: Literal["bearer"] = "bearer"
    token: Annotated[SecretStr, AfterValidator(headers.checked_secret)]
    """The token, without the word `Bearer`."""

    @property
    @override
    def expires_at(self) -> datetime | None:
        return _expiry(self.token.get_secret_value())

    @override
    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        request.headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"


def _expiry(token: str) -> datetime | None:
    """Return when a token expires that is a JWT (RFC 7519) and says so; whether it is a good one is not looked at."""
    parts = token.split(".")
    try:
        claims = orjson.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, binascii.Error):
        return None

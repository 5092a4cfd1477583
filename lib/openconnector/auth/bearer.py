"""Bearer tokens (RFC 6750)."""

from typing import Annotated, Literal

import httpx
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

    @override
    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        request.headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"

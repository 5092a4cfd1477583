"""Basic authentication (RFC 7617)."""

from base64 import b64encode
from typing import Annotated, Literal

import httpx
from pydantic import Field, SecretStr
from typing_extensions import override

from openconnector.kinds.auth import Auth
from openconnector.ports import Http, Tokens


class BasicAuth(Auth):
    """User name and password.

    Sent with every request in the Authorization header; use it over https only.

    Example:
        {"kind": "basic", "username": "import", "password": "correct horse"}
    """

    kind: Literal["basic"] = "basic"
    username: Annotated[str, Field(pattern=r"^[^:\x00-\x1f\x7f]*$")]
    """The user name; it cannot hold a colon."""
    password: SecretStr
    """The password, or an app password where the other side has those."""

    @override
    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        credentials = f"{self.username}:{self.password.get_secret_value()}".encode()
        request.headers["Authorization"] = f"Basic {b64encode(credentials).decode('ascii')}"

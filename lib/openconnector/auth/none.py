"""No credentials."""

from typing import Literal

import httpx
from typing_extensions import override

from openconnector.kinds.auth import Auth
from openconnector.ports import Http, Tokens


class NoAuth(Auth):
    """No authentication.

    For public APIs, which answer everybody.

    Example:
        {"kind": "none"}
    """

    kind: Literal["none"] = "none"

    @override
    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        return

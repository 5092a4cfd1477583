"""API keys in a header or in the query."""

from typing import Annotated, Literal

import httpx
from pydantic import AfterValidator, SecretStr
from typing_extensions import override

from openconnector.http import headers, urls
from openconnector.kinds.auth import Auth
from openconnector.ports import Http, Tokens


class ApiKeyAuth(Auth):
    """An API key.

    Sent with every request, in a header or, where the other side knows no better, in the address. Logs never show it.

    Example:
        {"kind": "api_key", "name": "X-API-Key", "key": "3f9a1c"}
    """

    kind: Literal["api_key"] = "api_key"
    name: Annotated[str, AfterValidator(headers.checked_name)] = "X-API-Key"
    """The name of the header or query parameter that holds the key."""
    key: Annotated[SecretStr, AfterValidator(headers.checked_secret)]
    """The key, with whatever word the other side wants in front of it (`Token 3f9a1c`)."""
    sent_in: Literal["header", "query"] = "header"
    """Where the key goes; a header, unless the other side only reads it from the address."""

    @override
    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        key = self.key.get_secret_value()
        if self.sent_in == "header":
            request.headers[self.name] = key
        else:
            request.url = urls.with_parameter(request.url, self.name, key)

"""OAuth 2.0 client credentials (RFC 6749, section 4.4)."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote_plus

import httpx
import orjson
from pydantic import AfterValidator, SecretStr
from typing_extensions import override

from openconnector.errors import ConfigurationError, CredentialsRejected, MalformedAnswer
from openconnector.http import urls
from openconnector.kinds.auth import Auth
from openconnector.messages import t
from openconnector.ports import Http, HttpLimits, Tokens

TOKEN = re.compile(r"[\x21-\x7e]+")
ERROR_CODE = re.compile(r"[a-z_]{1,60}")
"""What we repeat of a token server's refusal: its error code, if it looks like one."""
SECONDS = re.compile(r"[0-9]{1,10}")
LIMITS = HttpLimits(max_bytes=1024 * 1024)
SCHEME = "Bearer "


def _checked_url(text: str) -> str:
    try:
        urls.location(text)
    except ConfigurationError as error:
        raise ValueError(str(error)) from None
    return text


class OAuth2ClientCredentialsAuth(Auth):
    """OAuth 2.0 with client credentials.

    A token server gives a token for the client id and secret. The token is kept until shortly before it ends, shared
    by all runs, and asked for anew once when the other side rejects it.

    Example:
        {"kind": "oauth2_client_credentials", "tokenUrl": "https://login.example.org/token",
         "clientId": "connector", "clientSecret": "correct horse", "scope": "cases.read"}
    """

    uses: ClassVar[frozenset[str]] = frozenset({"http", "tokens"})

    kind: Literal["oauth2_client_credentials"] = "oauth2_client_credentials"
    token_url: Annotated[str, AfterValidator(_checked_url)]
    """The address of the token server; the network policy of the source holds for it too."""
    client_id: str
    """The name the token server knows us by."""
    client_secret: SecretStr
    """The secret that goes with the client id."""
    credentials_in: Literal["header", "body"] = "header"
    """Where client id and secret go: the Authorization header, which every server must read, or the form itself."""
    scope: str | None = None
    """What the token is asked for, as names with spaces between; leave empty for the server's own choice."""
    audience: str | None = None
    """Which API the token is for, where the token server wants to know."""
    parameters: Mapping[str, str] = {}
    """Further fields of the token request, such as `resource`."""

    @property
    @override
    def is_renewable(self) -> bool:
        return True

    @property
    @override
    def hosts(self) -> tuple[str, ...]:
        return (httpx.URL(self.token_url).host,)

    @override
    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        async def obtain() -> tuple[str, float | None]:
            # A token request changes nothing at the other side, so it may be repeated.
            answer = await http.send(self._token_request(), limits=LIMITS, idempotent=True)
            return _token_in(answer)

        last = request.headers.get("Authorization", "").removeprefix(SCHEME)
        token = await tokens.get(self._key(), obtain, rejected=last if rejected else None)
        request.headers["Authorization"] = f"{SCHEME}{token}"

    def _key(self) -> str:
        """Return a name that changes with every field, so that a changed secret never finds the old token."""
        fields = [self.token_url, self.client_id, self.client_secret.get_secret_value()]
        fields += [self.credentials_in, self.scope or "", self.audience or ""]
        fields += [part for item in sorted(self.parameters.items()) for part in item]
        return f"{self.kind}:{hashlib.sha256(orjson.dumps(fields)).hexdigest()}"

    def _token_request(self) -> httpx.Request:
        form = {"grant_type": "client_credentials", **self.parameters}
        form |= {"scope": self.scope} if self.scope else {}
        form |= {"audience": self.audience} if self.audience else {}
        secret = self.client_secret.get_secret_value()
        headers = {"Accept": "application/json"}
        if self.credentials_in == "body":
            form |= {"client_id": self.client_id, "client_secret": secret}
        else:
            # Both parts are form-encoded first (RFC 6749, section 2.3.1).
            pair = f"{quote_plus(self.client_id)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode('ascii')}"
        return httpx.Request("POST", urls.location(self.token_url), data=form, headers=headers)


def _token_in(answer: httpx.Response) -> tuple[str, float | None]:
    subject = f"The token server ({urls.public_url(answer.request.url)})"
    body = _fields_of(answer)
    if answer.status_code in {400, 403}:
        code = body.get("error")
        named = code if isinstance(code, str) and ERROR_CODE.fullmatch(code) else "no reason given"
        raise CredentialsRejected(
            t(
                "{subject} answered {status}: {named}",
                subject=subject,
                status=answer.status_code,
                named=named,
            )
        )
    token = body.get("access_token")
    if not answer.is_success or not isinstance(token, str) or not TOKEN.fullmatch(token):
        raise MalformedAnswer(
            t(
                "{subject} answered {status} without a usable token",
                subject=subject,
                status=answer.status_code,
            )
        )
    return token, _seconds(body.get("expires_in"))


def _fields_of(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(value: Any) -> float | None:
    # Some servers write the number as a string.
    if isinstance(value, str) and SECONDS.fullmatch(value):
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

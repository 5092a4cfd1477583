"""Calls to Nextcloud's OCS interfaces, signed as AppAPI wants them."""

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson

from ex_app.settings import Settings
from openconnector.errors import (
    AccessDenied,
    ConfigurationError,
    CredentialsRejected,
    MalformedAnswer,
    MaybeSent,
    NotFound,
    NotSent,
    RateLimited,
    Unavailable,
)
from openconnector.messages import t
from openconnector.ports import HostRequest, HttpLimits, OcsAnswer

HTTP_STATUSES = {996: 500, 997: 401, 998: 404}
"""What `meta.statuscode` means where it is no HTTP status; v1 answers 200 to everything else."""

GOOD = frozenset({100, 200})

ERRORS = range(400, 600)
"""Numbers that are HTTP statuses themselves."""

TIMEOUT_SECONDS = 30.0

LOGIN_AGENT = "OpenConnector"
"""What an app password is called in the list of its owner."""


class Nextcloud:
    """The Nextcloud that installed us."""

    def __init__(
        self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url = settings.nextcloud_url
        self._secret = settings.app_secret.get_secret_value()
        self.app_id = settings.app_id
        self._names = {"EX-APP-ID": settings.app_id, "EX-APP-VERSION": settings.app_version}
        if settings.aa_version:
            self._names["AA-VERSION"] = settings.aa_version
        headers = self._names | {"OCS-APIRequest": "true", "Accept": "application/json"}
        self._http = httpx.AsyncClient(
            base_url=settings.nextcloud_url,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            transport=transport or _network(),
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ocs(
        self,
        method: str,
        path: str,
        *,
        user: str = "",
        json: dict[str, Any] | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Any:
        """Return the ``data`` of an OCS answer; the call is made as ``user``, or as the app itself.

        Raises `CredentialsRejected` (secret, app or user not accepted), `AccessDenied`, `NotFound` (also: this
        server has no such interface), `TransientError` (later it may work) or `MalformedAnswer`.
        """
        with sorted_failures():
            response = await self._http.request(
                method,
                path,
                headers={"AUTHORIZATION-APP-API": self._signature(user)},
                json=json,
                timeout=timeout_seconds,
            )
        call = f"{method} {path}"
        return data_of(opened(response, call), call, response.headers.get("Retry-After", ""))

    async def visit(self, path: str) -> httpx.Response:
        """Return what an anonymous visitor gets to see. Raises `NotSent` or `MaybeSent`."""
        with sorted_failures():
            return await self._http.get(path)

    async def ocs_with(
        self, login: tuple[str, str], method: str, path: str, client_address: str = ""
    ) -> OcsAnswer:
        """Call an OCS interface as whoever has this name and password; raises what the way to Nextcloud does.

        Nextcloud counts wrong passwords by address: where we are a trusted proxy, by the client's.
        """
        headers = {"User-Agent": LOGIN_AGENT}
        if client_address:
            headers["X-Forwarded-For"] = client_address
        with sorted_failures():
            response = await self._http.request(method, path, headers=headers, auth=login)
        return opened(response, f"{method} {path}")

    async def begin(self, request: HostRequest, *, user: str, limits: HttpLimits) -> httpx.Response:
        """Send once as ``user`` and return an answer whose body is still to be read; the caller closes it.

        Raises `NotSent` or `MaybeSent`.
        """
        content = request.content
        signed = self._http.build_request(
            request.method,
            request.path,
            params=request.query or None,
            headers={**request.headers, **self.signed_as(user), "Accept-Encoding": "identity"},
            content=content if isinstance(content, bytes) else content(),
            timeout=httpx.Timeout(limits.timeout_seconds, connect=limits.connect_seconds),
        )
        with sorted_failures():
            return await self._http.send(signed, stream=True)

    def signed_as(self, user: str) -> dict[str, str]:
        """Return the headers that make a request one of this user. Raises `ConfigurationError` when nobody is named."""
        if not user:
            raise ConfigurationError(
                t("Nextcloud is never asked in nobody's name; set `actingUser`")
            )
        return self._names | {"AUTHORIZATION-APP-API": self._signature(user)}

    def _signature(self, user: str) -> str:
        return base64.b64encode(f"{user}:{self._secret}".encode()).decode()


@contextmanager
def sorted_failures() -> Iterator[None]:
    """Turn what breaks on the way to Nextcloud into `NotSent` or `MaybeSent`."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise NotSent(
            t("Nextcloud cannot be reached: {error}", error=type(error).__name__)
        ) from error
    except httpx.TransportError as error:
        raise MaybeSent(
            t("Nextcloud did not answer: {error}", error=type(error).__name__)
        ) from error


def _network() -> httpx.AsyncBaseTransport:
    """Return connections that trust the system's certificates: AppAPI puts Nextcloud's own among them."""
    return httpx.AsyncHTTPTransport(verify=ssl.create_default_context(), trust_env=False)


def opened(response: httpx.Response, call: str) -> OcsAnswer:
    """Take an answer out of its envelope. Raises `MalformedAnswer` for a success without one."""
    status = response.status_code
    try:
        envelope = orjson.loads(response.content)["ocs"]
        meta = envelope["meta"]
        code, message, data = (
            int(meta["statuscode"]),
            str(meta.get("message", "")),
            envelope["data"],
        )
    except (ValueError, KeyError, TypeError, OverflowError):
        if response.is_success or response.is_redirect:
            raise MalformedAnswer(
                t(
                    "{call} was answered with {status} but without an OCS envelope; a login page or a proxy "
                    "may stand in between",
                    call=call,
                    status=status,
                )
            ) from None
        return OcsAnswer(status=status, code=status, message="", data=None)
    if response.is_success and code not in GOOD:  # v1 says 200 to nearly everything
        status = HTTP_STATUSES.get(code, code if code in ERRORS else httpx.codes.BAD_REQUEST)
    return OcsAnswer(status=status, code=code, message=message, data=data)


def data_of(answer: OcsAnswer, call: str, retry_after: str = "") -> Any:
    """Return the data of a good answer. Raises what a bad one means when all depends on it, like `Nextcloud.ocs`."""
    status = answer.status
    if answer.is_good:
        return answer.data
    if status == httpx.codes.UNAUTHORIZED:
        raise CredentialsRejected(
            t("Nextcloud does not accept our signature for {call}", call=call)
        )
    if status == httpx.codes.FORBIDDEN:
        raise AccessDenied(t("Nextcloud does not allow {call}", call=call))
    if status in {httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED}:
        raise NotFound("interface or entry of Nextcloud", call)
    seconds = float(retry_after) if retry_after.isdecimal() else None
    message = f"Nextcloud answered {call} with {status}"
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise RateLimited(message, retry_after_seconds=seconds)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Unavailable(message, retry_after_seconds=seconds)
    raise MalformedAnswer(message)

"""Calls to Nextcloud's OCS interfaces, signed as AppAPI wants them."""

import base64
import ssl
from typing import Any

import httpx

from ex_app.settings import Settings
from openconnector.errors import (
    AccessDenied,
    CredentialsRejected,
    MalformedAnswer,
    MaybeSent,
    NotFound,
    NotSent,
    OpenConnectorError,
    RateLimited,
    Unavailable,
)

HTTP_STATUSES = {996: 500, 997: 401, 998: 404}
"""What `meta.statuscode` means where it is no HTTP status; v1 answers 200 to everything else."""

GOOD = frozenset({100, 200})

TIMEOUT_SECONDS = 30.0


class Nextcloud:
    """The Nextcloud that installed us."""

    def __init__(
        self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._secret = settings.app_secret.get_secret_value()
        headers = {
            "EX-APP-ID": settings.app_id,
            "EX-APP-VERSION": settings.app_version,
            "OCS-APIRequest": "true",
            "Accept": "application/json",
        }
        if settings.aa_version:
            headers["AA-VERSION"] = settings.aa_version
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
        signature = base64.b64encode(f"{user}:{self._secret}".encode()).decode()
        try:
            response = await self._http.request(
                method,
                path,
                headers={"AUTHORIZATION-APP-API": signature},
                json=json,
                timeout=timeout_seconds,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent(f"Nextcloud cannot be reached: {type(error).__name__}") from error
        except httpx.TransportError as error:
            raise MaybeSent(f"Nextcloud did not answer: {type(error).__name__}") from error
        return _data(response, f"{method} {path}")


def _network() -> httpx.AsyncBaseTransport:
    """Return connections that trust the system's certificates: AppAPI puts Nextcloud's own among them."""
    return httpx.AsyncHTTPTransport(verify=ssl.create_default_context(), trust_env=False)


def _data(response: httpx.Response, call: str) -> Any:
    status, data = response.status_code, None
    try:
        envelope = response.json()["ocs"]
        code = int(envelope["meta"]["statuscode"])
        status, data = HTTP_STATUSES.get(code, code), envelope["data"]
    except (ValueError, KeyError, TypeError):
        if response.is_success:
            raise MalformedAnswer(
                f"{call} was answered with {status} but without an OCS envelope; "
                "a login page or a proxy may stand in between"
            ) from None
    if status not in GOOD:
        raise _error(status, call, response.headers.get("Retry-After", ""))
    return data


def _error(status: int, call: str, retry_after: str) -> OpenConnectorError:
    if status == httpx.codes.UNAUTHORIZED:
        return CredentialsRejected(f"Nextcloud does not accept our signature for {call}")
    if status == httpx.codes.FORBIDDEN:
        return AccessDenied(f"Nextcloud does not allow {call}")
    if status in {httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED}:
        return NotFound("interface or entry of Nextcloud", call)
    seconds = float(retry_after) if retry_after.isdecimal() else None
    message = f"Nextcloud answered {call} with {status}"
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited(message, retry_after_seconds=seconds)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Unavailable(message, retry_after_seconds=seconds)
    return MalformedAnswer(message)

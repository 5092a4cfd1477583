"""Calls to Open Register's API and what its answers mean.

The facts are those observed on v1.0.0 and v0.2.14: plain JSON below `/index.php/apps/openregister/api`, three shapes of
validation error, HTML where PHP gave up, and 200 with an empty list for a caller it does not know.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import httpx
import orjson
from httpx import codes

from openconnector.errors import CredentialsRejected, MalformedAnswer, NotFound
from openconnector.http import urls
from openconnector.messages import t
from openconnector.ports import AuthFlow, Http, HttpLimits

API = "index.php/apps/openregister/api"
IDENTITY = "ocs/v2.php/cloud/user"
REASON_LENGTH = 500
IDS_PER_CALL = 100
IDS_LENGTH = 6_000
"""Characters of ids in one address, so that it stays below 8 kB."""

LIMITS = HttpLimits(timeout_seconds=60)
BULK_LIMITS = HttpLimits(timeout_seconds=180)
"""A bulk write echoes every row, and on a small server 500 rows take their time."""


class OpenRegisterApi:
    """Sends calls to one Nextcloud as one user."""

    def __init__(self, http: Http, base_url: str, auth: AuthFlow | None) -> None:
        self._http = http
        self._base_url = base_url
        self._auth = auth

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> httpx.Response:
        """Read something; a list can be read by any caller, so an empty one proves nothing by itself."""
        return await self._send(httpx.Request("GET", self._url(f"{API}/{path}", query)))

    async def post(self, path: str, body: Any, *, is_bulk: bool = False) -> httpx.Response:
        """Write something whose id is in the body, so that it may be repeated.

        A bulk call is sent once: v1.0.0 answers each with 500, which says nothing about the server's state.
        """
        request = httpx.Request(
            "POST",
            self._url(f"{API}/{path}"),
            content=orjson.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        limits = BULK_LIMITS if is_bulk else LIMITS
        return await self._send(request, limits, idempotent=not is_bulk)

    async def delete(self, path: str) -> httpx.Response:
        """Delete something."""
        return await self._send(httpx.Request("DELETE", self._url(f"{API}/{path}")))

    async def confirm_identity(self) -> None:
        """Ask Nextcloud who we are. Raises `CredentialsRejected` when it does not know."""
        response = await self._send(httpx.Request("GET", self._url(IDENTITY, {"format": "json"})))
        body = decoded(response)
        envelope = body.get("ocs") if isinstance(body, dict) else None
        data = envelope.get("data") if isinstance(envelope, dict) else None
        if response.status_code != codes.OK or not isinstance(data, dict) or not data.get("id"):
            raise CredentialsRejected(
                t(
                    "{host} does not know who we are: our requests count as anonymous, so what they do not "
                    "see may still be there",
                    host=self._url(IDENTITY).host,
                )
            )

    def _url(self, path: str, query: Mapping[str, str] | None = None) -> httpx.URL:
        return urls.join(self._base_url, path, query)

    async def _send(
        self,
        request: httpx.Request,
        limits: HttpLimits = LIMITS,
        *,
        idempotent: bool | None = None,
    ) -> httpx.Response:
        request.headers["OCS-APIRequest"] = "true"
        request.headers["Accept"] = "application/json"
        response = await self._http.send(
            request, auth=self._auth, limits=limits, idempotent=idempotent
        )
        if response.is_redirect:
            raise MalformedAnswer(
                t(
                    "{subject} answered {status}, a redirect; is this the address of the Nextcloud itself?",
                    subject=urls.subject(request),
                    status=response.status_code,
                )
            )
        return response


def decoded(response: httpx.Response) -> Any:
    """Return the answer's JSON. Raises `MalformedAnswer` when it is something else, a login page for one."""
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        kind = response.headers.get("content-type", "no content type")
        raise MalformedAnswer(
            t(
                "{subject} answered {status} with {kind} where JSON should be",
                subject=urls.subject(response.request),
                status=response.status_code,
                kind=kind,
            )
        ) from None


def decoded_object(response: httpx.Response) -> dict[str, Any]:
    """Return the answer's JSON object. Raises `MalformedAnswer` when it is something else."""
    body = decoded(response)
    if isinstance(body, dict):
        return body
    raise MalformedAnswer(
        t(
            "{subject} answered {body} where an object should be",
            subject=urls.subject(response.request),
            body=type(body).__name__,
        )
    )


def reason(response: httpx.Response) -> str:
    """Return why a record was refused, in Open Register's own words where it has any."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    said = "; ".join(dict.fromkeys(_sentences(body))) or "it did not say why"
    return f"Open Register answered {response.status_code}: {said}"[:REASON_LENGTH]


def _sentences(body: Any) -> list[str]:
    """Return the sentences in an error of any shape: a bare string, `error`, `errors`, `blockers`."""
    if isinstance(body, str):
        return [body]
    if isinstance(body, list):
        return [sentence for one in body for sentence in _sentences(one)]
    if not isinstance(body, dict):
        return []
    texts = [body[name] for name in ("error", "message", "lockedBy") if body.get(name)]
    several = [body[name] for name in ("errors", "blockers") if isinstance(body.get(name), list)]
    return [str(text) for text in texts] + _sentences(several)


def answered(response: httpx.Response, what: str, key: str) -> dict[str, Any]:
    """Return the object in an answer to a GET. Raises `NotFound` on 404."""
    if response.status_code == codes.NOT_FOUND:
        raise NotFound(what, key)
    if response.status_code != codes.OK:
        raise MalformedAnswer(reason(response))
    return decoded_object(response)


def results_in(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of a list. Raises `MalformedAnswer` when it has none."""
    results = body.get("results")
    if isinstance(results, list) and all(isinstance(row, dict) for row in results):
        return results
    raise MalformedAnswer(t("Open Register answered a list without `results`"))


def batches(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield the ids, each once, in portions that one address can hold."""
    batch: list[str] = []
    length = 0
    for one in dict.fromkeys(ids):
        if len(batch) == IDS_PER_CALL or length + len(one) > IDS_LENGTH:
            yield batch
            batch, length = [], 0
        batch.append(one)
        length += len(one) + 3  # a comma is three characters long in an address
    if batch:
        yield batch

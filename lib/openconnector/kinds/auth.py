"""How our requests prove who we are."""

import httpx

from openconnector.kinds.base import Kind
from openconnector.ports import Http, Tokens


class Auth(Kind):
    """Puts credentials on a request. It holds no state: obtained tokens live in `Tokens`."""

    kind: str

    @property
    def is_renewable(self) -> bool:
        """Whether fresh credentials can be had after a 401, so that one more try makes sense."""
        return False

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that are asked for credentials."""
        return ()

    async def authenticate(
        self, request: httpx.Request, tokens: Tokens, http: Http, *, rejected: bool
    ) -> None:
        """Put the credentials on ``request``; ``rejected`` says that the last ones were answered with 401."""
        raise NotImplementedError

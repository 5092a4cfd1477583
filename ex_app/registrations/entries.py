"""What a registration is, the usual kind of it, and how many are made or taken away at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from typing_extensions import override

from ex_app.nextcloud.appapi import APP_API
from ex_app.nextcloud.client import Nextcloud
from openconnector.errors import NotFound, OpenConnectorError, TransientError

log = structlog.get_logger(__name__)


class Registration(Protocol):
    """Something Nextcloud knows of us while we are enabled. Both ways may be taken again and again."""

    @property
    def label(self) -> str:
        """What stands for it in the log."""

    async def register(self, nextcloud: Nextcloud) -> None:
        """Make it, or bring it up to date. Raises like `Nextcloud.ocs`; `NotFound`: this server has no such thing."""

    async def unregister(self, nextcloud: Nextcloud) -> None:
        """Take it away. Raises like `Nextcloud.ocs`; `NotFound`: there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppApiEntry(Registration):
    """A registration that AppAPI keeps: posted to make it or to bring it up to date, deleted to take it away."""

    path: str
    """The interface below AppAPI's own, for one `ui/top-menu`."""
    entry: dict[str, Any]
    """What is posted."""
    identity: dict[str, Any]
    """The part AppAPI finds it again by, sent to delete it."""

    @property
    @override
    def label(self) -> str:
        return f"{self.path} {' '.join(map(str, self.identity.values()))}"

    @override
    async def register(self, nextcloud: Nextcloud) -> None:
        await nextcloud.ocs("POST", f"{APP_API}/api/v1/{self.path}", json=self.entry)

    @override
    async def unregister(self, nextcloud: Nextcloud) -> None:
        await nextcloud.ocs("DELETE", f"{APP_API}/api/v1/{self.path}", json=self.identity)


async def register_all(
    nextcloud: Nextcloud, registrations: Iterable[Registration]
) -> list[Registration]:
    """Make each of them, whatever becomes of the others; returns those that may work later."""
    return [entry for entry in registrations if not await _is_registered(nextcloud, entry)]


async def unregister_all(nextcloud: Nextcloud, registrations: Iterable[Registration]) -> None:
    """Take each of them away, whatever becomes of the others; failures are noted and end nothing."""
    for registration in reversed(list(registrations)):
        try:
            await registration.unregister(nextcloud)
        except NotFound:
            log.debug("was not registered", registration=registration.label)
        except OpenConnectorError as error:
            log.warning("not unregistered", registration=registration.label, reason=str(error))
        except Exception:
            log.exception("not unregistered", registration=registration.label)


async def _is_registered(nextcloud: Nextcloud, registration: Registration) -> bool:
    """Try, and return whether nothing is left to be tried: it worked, or it never will."""
    try:
        await registration.register(nextcloud)
    except TransientError as error:
        log.warning("not registered yet", registration=registration.label, reason=str(error))
        return False
    except NotFound:
        log.warning("this server offers no such registration", registration=registration.label)
    except OpenConnectorError as error:
        log.warning("not registered", registration=registration.label, reason=str(error))
    except Exception:
        log.exception("not registered", registration=registration.label)
    return True

"""How the installation is, for administrators."""

from dataclasses import asdict

from fastapi import APIRouter
from pydantic import Field

from openconnector import health
from openconnector.api.requests import Route
from openconnector.api.rights import Right, needs
from openconnector.api.sessions import Parts
from openconnector.health import Finding
from openconnector.languages import told
from openconnector.synchronization.shown import Shown


class ShownFinding(Shown):
    """What one check found."""

    check: str
    """storage, keys, secrets, clock or worker."""
    state: str
    """ok, warn (look after it) or fail (something does not work)."""
    message: str
    remedy: str | None
    """How to mend it."""


class Health(Shown):
    """What the checks found; `openconnector doctor` asks the sources too."""

    results: list[ShownFinding] = Field(description="One for each check.")


routes = APIRouter(prefix="/health", tags=["settings"], route_class=Route)


@routes.get("")
@needs(Right.ADMINISTER)
async def read_health(engine: Parts) -> Health:
    """Return what is found of storage, keys, secrets, clock and worker; no other system is asked."""
    found = [
        *health.around(engine),
        *[one async for one in health.within(engine, is_thorough=False)],
    ]
    return Health(results=[_shown(finding) for finding in found])


def _shown(finding: Finding) -> ShownFinding:
    words = {
        "message": told(finding.message),
        "remedy": None if finding.remedy is None else told(finding.remedy),
    }
    return ShownFinding(**{**asdict(finding), **words})

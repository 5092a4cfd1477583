"""The PHP app of our name, which may be installed beside us while things move from it to us."""

from ex_app.nextcloud.client import Nextcloud
from openconnector.errors import OpenConnectorError

PROBE = "/index.php/apps/openconnector/api/endpoint/is-the-php-app-there"
"""An address that app answers to everybody, without doing anything: it has no such endpoint."""

MARK = "No matching endpoint found"
"""How it says so; Nextcloud itself says it in other words where the app is not enabled."""

REMEDY = (
    "The PHP app openconnector is enabled in this Nextcloud, too. What both of them synchronize is written twice: "
    "switch off there the jobs of what you have taken over, and `occ app:disable openconnector` when nothing is left"
)


async def is_enabled_too(nextcloud: Nextcloud) -> bool:
    """Return whether the PHP app is enabled; False also when that cannot be found out."""
    try:
        answer = await nextcloud.visit(PROBE)
    except OpenConnectorError:
        return False
    return MARK in answer.text

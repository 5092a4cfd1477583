"""The engine built for Nextcloud, for the web process and the worker alike."""

import httpx

from ex_app import kinds
from ex_app.nextcloud.accounts import NextcloudAccess
from ex_app.nextcloud.client import Nextcloud
from ex_app.nextcloud.notifications import NextcloudNotifications
from ex_app.nextcloud.profiles import NextcloudAccounts
from ex_app.settings import Settings
from openconnector.engine import Engine, Ports, SystemClock
from openconnector.engine import Settings as EngineSettings


def built(
    settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None
) -> tuple[Engine, Nextcloud]:
    """Return the engine and its connections to Nextcloud, which the caller closes.

    ``transport`` replaces the network between us and Nextcloud. Raises `ConfigurationError` for a broken storage.
    """
    kinds.register()
    nextcloud, clock = Nextcloud(settings, transport=transport), SystemClock()
    notifications = NextcloudNotifications(nextcloud, settings.app_id)
    host = NextcloudAccess(nextcloud, clock=clock)
    ports = Ports(
        clock=clock,
        host=host,
        accounts=NextcloudAccounts(nextcloud, host),
        notifications=notifications,
    )
    return Engine(engine_settings(settings), ports), nextcloud


def engine_settings(settings: Settings) -> EngineSettings:
    """Return what the engine has to know of the ExApp's environment."""
    secret = settings.database_url
    return EngineSettings(
        storage=settings.app_persistent_storage,
        database_url=secret.get_secret_value() if secret else None,
        allowed_networks=settings.allowed_networks,
        trusted_addresses=(settings.nextcloud_url,),
        is_open_register_around=settings.open_register,
        previews=settings.previews,
    )

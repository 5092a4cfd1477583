import httpx
import pytest

from ex_app.app import create_app
from ex_app.nextcloud.client import Nextcloud
from tests.fakes.exapp import FakeEngine, client_for, settings_for
from tests.fakes.nextcloud import FakeNextcloud


@pytest.fixture
def nextcloud() -> FakeNextcloud:
    """A Nextcloud in which the app is installed and enabled."""
    return FakeNextcloud(is_registered=True, is_enabled=True)


@pytest.fixture
def client_to_nextcloud(nextcloud: FakeNextcloud) -> Nextcloud:
    return Nextcloud(settings_for(nextcloud), transport=httpx.ASGITransport(nextcloud))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def exapp(nextcloud: FakeNextcloud, engine: FakeEngine) -> httpx.AsyncClient:
    """The ExApp, called directly."""
    settings, transport = settings_for(nextcloud), httpx.ASGITransport(nextcloud)
    return client_for(create_app(settings, engine.hosted, transport=transport))

"""The settings and the form in Nextcloud: what was changed last counts, on either side."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import httpx
import pytest

from ex_app.mirroring import LOOK_SECONDS, WHO, Mirror
from ex_app.nextcloud.appconfig import AppConfig
from ex_app.nextcloud.client import Nextcloud
from ex_app.registrations.settings_form import FORM_ID, SETTINGS_FORM
from openconnector.definitions.audit import every
from openconnector.definitions.installation import InstallationSettings
from openconnector.engine import Engine, Ports, Settings
from tests.fakes.clocks import SteppedClock
from tests.fakes.exapp import settings_for
from tests.fakes.nextcloud import FakeNextcloud
from tests.fakes.workers import until


@pytest.fixture
async def engine(migrated_sqlite_url: str, tmp_path: Path) -> AsyncIterator[Engine]:
    settings = Settings(storage=tmp_path, database_url=migrated_sqlite_url)
    async with Engine(settings, Ports(clock=SteppedClock())) as opened:
        yield opened


@pytest.fixture
async def nextcloud() -> FakeNextcloud:
    return FakeNextcloud(is_registered=True, is_enabled=True)


@pytest.fixture
async def client(nextcloud: FakeNextcloud) -> AsyncIterator[Nextcloud]:
    opened = Nextcloud(settings_for(nextcloud), transport=httpx.ASGITransport(nextcloud))
    await SETTINGS_FORM.register(opened)
    yield opened
    await opened.aclose()


@pytest.fixture
async def mirror(engine: Engine, client: Nextcloud) -> Mirror:
    return Mirror(engine, AppConfig(client))


async def decide(engine: Engine, **fields: object) -> None:
    async with engine.database.writing() as session:
        await engine.installation.change(session, fields, "admin")


async def settings_of(engine: Engine) -> InstallationSettings:
    async with engine.database.reading() as session:
        return await engine.installation.refresh(session)


async def test_the_form_shows_the_settings_and_what_is_changed_here(engine, nextcloud, mirror):
    await mirror.exchange()
    first = nextcloud.configuration.shown(FORM_ID)
    await decide(engine, editorGroups=["staff", "it"], notifies=False)

    await mirror.exchange()

    assert (first["exapp_notifies"], first["exapp_keep_runs_days"]) == ("1", "90")
    shown = nextcloud.configuration.shown(FORM_ID)
    assert (shown["exapp_editor_groups"], shown["exapp_notifies"]) == ("staff, it", "")


async def test_what_is_changed_on_the_form_is_taken_over_and_audited(engine, nextcloud, mirror):
    await mirror.exchange()
    nextcloud.configuration.fill_in(FORM_ID, "exapp_editor_groups", "staff,it")
    nextcloud.configuration.fill_in(FORM_ID, "exapp_notifies", value=False)
    nextcloud.configuration.fill_in(FORM_ID, "exapp_keep_runs_days", 7)

    await mirror.exchange()

    settings = await settings_of(engine)
    assert settings.editor_groups == ["staff", "it"]
    assert (settings.notifies, settings.keep_runs_days) == (False, 7)
    assert {entry.who async for entry in every(engine.database)} == {WHO}


async def test_the_form_is_looked_at_again_and_again(engine, nextcloud, mirror):
    async def is_taken_over() -> bool:
        engine.clock.move(LOOK_SECONDS)
        return (await settings_of(engine)).viewer_groups == [group]

    mirror.start()
    for group in ("staff", "everyone", "it"):
        nextcloud.configuration.fill_in(FORM_ID, "exapp_viewer_groups", group)
        await until(is_taken_over)
    await mirror.stop()


class Meanwhile(AppConfig):
    """The form, on which somebody saves a field just after it was looked at."""

    def __init__(self, nextcloud: Nextcloud, save: Callable[[], None]) -> None:
        super().__init__(nextcloud)
        self._saves = [save]

    async def read(self, keys: Sequence[str]) -> dict[str, str]:
        found = await super().read(keys)
        while self._saves:
            self._saves.pop()()
        return found


@pytest.mark.parametrize("decided", [{}, {"viewerGroups": ["it"]}], ids=["usual", "decided before"])
async def test_what_is_saved_on_the_form_while_it_is_first_filled_is_not_lost(
    engine, nextcloud, client, decided
):
    await decide(engine, **decided)
    saved = ("exapp_viewer_groups", "everyone")
    mirror = Mirror(
        engine, Meanwhile(client, lambda: nextcloud.configuration.fill_in(FORM_ID, *saved))
    )

    await mirror.exchange()
    await mirror.exchange()

    assert (await settings_of(engine)).viewer_groups == ["everyone"]
    assert nextcloud.configuration.shown(FORM_ID)["exapp_viewer_groups"] == "everyone"


async def test_a_wrong_value_is_put_back_and_spoils_no_other(engine, nextcloud, mirror):
    await mirror.exchange()
    nextcloud.configuration.fill_in(FORM_ID, "exapp_keep_runs_days", "many")
    nextcloud.configuration.fill_in(FORM_ID, "exapp_allowed_networks", "10.0.0.0/99")
    nextcloud.configuration.fill_in(FORM_ID, "exapp_log_level", "error")

    await mirror.exchange()

    settings = await settings_of(engine)
    assert (settings.keep_runs_days, settings.allowed_networks) == (90, [])
    assert settings.log_level == "error"
    assert nextcloud.configuration.values["exapp_keep_runs_days"] == "90"
    assert nextcloud.configuration.values["exapp_allowed_networks"] == ""


async def test_what_did_not_change_is_neither_written_nor_audited(engine, nextcloud, mirror):
    await mirror.exchange()
    before = len(nextcloud.calls)

    await mirror.exchange()

    assert [call.path.rpartition("/")[2] for call in nextcloud.calls[before:]] == ["get-values"]
    assert [entry async for entry in every(engine.database)] == []


async def test_what_nextcloud_kept_of_an_earlier_installation_is_taken_over(
    engine, nextcloud, mirror
):
    nextcloud.configuration.values = {"exapp_viewer_groups": "everyone", "retention": "{}"}

    await mirror.exchange()

    assert (await settings_of(engine)).viewer_groups == ["everyone"]
    assert nextcloud.configuration.values["retention"] == "{}"

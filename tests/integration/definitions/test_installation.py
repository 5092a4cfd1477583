"""The settings of the installation: saved, audited, and at work in every process."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import structlog

from openconnector.db import settings as rows
from openconnector.db.database import Database
from openconnector.db.definitions import count_change
from openconnector.definitions.audit import every
from openconnector.definitions.installation import Installation, InstallationSettings
from openconnector.definitions.models import SourceDefinition
from openconnector.engine import Engine, Ports, Settings
from openconnector.errors import InvalidInput, StaleVersion
from openconnector.http.guard import AllowedNetwork
from openconnector.logs import log_as_json
from openconnector.ports import HttpLimits
from openconnector.testing import FakeClock


def engine_on(url: str, folder: Path) -> Engine:
    return Engine(Settings(storage=folder, database_url=url), Ports(clock=FakeClock()))


async def save(engine: Engine, who: str = "admin", **fields: object) -> InstallationSettings:
    async with engine.database.writing() as session:
        return await engine.installation.change(session, fields, who)


async def seen(installation: Installation, database: Database) -> InstallationSettings:
    async with database.reading() as session:
        await installation.refresh(session)
    return installation.settings


async def test_what_one_process_saves_another_works_by(migrated_url: str, tmp_path: Path):
    async with (
        engine_on(migrated_url, tmp_path) as web,
        engine_on(migrated_url, tmp_path) as worker,
    ):
        await save(web, allowedNetworks=["10.0.0.0/8:443"], maxRequestSeconds=5)

        await seen(worker.installation, worker.database)

        assert AllowedNetwork.named("10.0.0.0/8:443") in worker.policy().allowed
        assert worker.installation.settings.ceiling.timeout_seconds == 5


async def test_a_process_keeps_up_by_itself(migrated_url: str, tmp_path: Path):
    async with (
        engine_on(migrated_url, tmp_path) as web,
        engine_on(migrated_url, tmp_path) as worker,
    ):
        heard = asyncio.Event()
        worker.installation.listen(lambda _settings: heard.set())

        await save(web, keepRunsDays=7)

        await asyncio.wait_for(heard.wait(), 20)
        assert worker.installation.settings.keep_runs_days == 7


async def test_every_change_is_audited_with_what_was_and_what_is(migrated_url: str, tmp_path: Path):
    async with engine_on(migrated_url, tmp_path) as engine:
        await save(engine, "anna", editorGroups=["staff"])
        await save(engine, "bert", editorGroups=["staff"])  # changes nothing
        await save(engine, "bert", editorGroups=["staff"], logLevel="debug")

        entries = [entry async for entry in every(engine.database)]

    assert [(entry.who, entry.subject, entry.revision) for entry in entries] == [
        ("anna", "settings", 1),
        ("bert", "settings", 2),
    ]
    assert entries[1].details == {"changed": {"logLevel": {"before": "info", "after": "debug"}}}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"keepRunsDays": 0}, ["keepRunsDays"]),
        ({"keepRunsDays": 3651, "logLevel": "loud"}, ["keepRunsDays", "logLevel"]),
        ({"allowedNetworks": ["10.0.0.0/99"]}, ["allowedNetworks.0"]),
        ({"editorGroups": [""]}, ["editorGroups.0"]),
        ({"editorGroup": ["x"]}, ["editorGroup"]),
        ({"maxRequestSeconds": "5"}, ["maxRequestSeconds"]),
        ({"notifies": 1}, ["notifies"]),
    ],
)
async def test_wrong_settings_are_refused_field_by_field(
    migrated_sqlite_url: str, tmp_path: Path, fields: dict[str, Any], wrong: list[str]
):
    async with engine_on(migrated_sqlite_url, tmp_path) as engine:
        with pytest.raises(InvalidInput) as caught:
            await save(engine, **fields)

        assert [problem.field for problem in caught.value.problems] == wrong
        assert await seen(engine.installation, engine.database) == InstallationSettings()


async def test_what_another_version_stored_is_taken_as_far_as_it_is_understood(
    migrated_url: str, tmp_path: Path
):
    async with engine_on(migrated_url, tmp_path) as engine:
        await save(engine, keepRunsDays=7, logLevel="error")
        async with engine.database.writing() as session:
            row = await rows.get(session)
            assert row is not None
            row.value = row.value | {"logLevel": "shout", "toCome": 1}
            await count_change(session)

        settings = await seen(engine.installation, engine.database)

    assert (settings.keep_runs_days, settings.log_level) == (7, "info")


async def test_a_change_based_on_old_settings_is_refused(migrated_url: str, tmp_path: Path):
    async with engine_on(migrated_url, tmp_path) as engine:
        await save(engine, keepRunsDays=7)
        with pytest.raises(StaleVersion, match="revision 1, not 0"):
            async with engine.database.writing() as session:
                await engine.installation.change(session, {}, "bert", based_on=0)


@pytest.mark.usefixtures("logs_as_before")
async def test_the_level_of_the_log_changes_at_once(migrated_sqlite_url: str, tmp_path: Path):
    log_as_json()
    async with engine_on(migrated_sqlite_url, tmp_path) as engine:
        await save(engine, logLevel="error")
        await seen(engine.installation, engine.database)

        assert not structlog.get_logger("any").is_enabled_for(30)
        assert structlog.get_logger("any").is_enabled_for(40)


async def test_a_database_that_is_not_there_yet_is_waited_for_and_not_made(tmp_path: Path):
    engine = Engine(Settings(storage=tmp_path))
    stop = asyncio.Event()
    following = asyncio.create_task(engine.installation.follow(stop))
    await asyncio.sleep(0)
    stop.set()
    await following
    await engine.database.close()

    assert engine.database.file is not None
    assert not engine.database.file.exists()


def test_no_request_goes_beyond_the_ceiling():
    ceiling = InstallationSettings(max_request_seconds=20, max_answer_megabytes=1).ceiling

    assert HttpLimits(timeout_seconds=60, attempts=1).within(ceiling) == HttpLimits(
        timeout_seconds=20, max_bytes=1024 * 1024, attempts=1
    )
    assert HttpLimits(timeout_seconds=10).within(ceiling).timeout_seconds == 10


async def test_networks_of_the_environment_the_settings_and_the_source_add_up(
    migrated_sqlite_url: str, tmp_path: Path
):
    settings = Settings(
        storage=tmp_path, database_url=migrated_sqlite_url, allowed_networks=("10.0.0.1",)
    )
    configuration = {"kind": "rest", "location": "https://api.test"}
    source = SourceDefinition.model_validate(
        {"name": "S", "configuration": configuration, "allowedNetworks": ["10.0.0.3"]}
    )
    async with Engine(settings) as engine:
        await save(engine, allowedNetworks=["10.0.0.2"])
        await seen(engine.installation, engine.database)

        networks = engine.policy(source).allowed

    assert networks == tuple(map(AllowedNetwork.named, ("10.0.0.1", "10.0.0.2", "10.0.0.3")))

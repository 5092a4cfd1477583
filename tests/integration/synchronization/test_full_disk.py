"""What a full disk and an unreadable key file get (issue 2): a clear problem, and nothing committed is lost."""

from pathlib import Path

import pytest
from sqlalchemy import text

from openconnector.db import runs
from openconnector.engine import Engine, Settings
from openconnector.errors import ConfigurationError, StorageFailed
from tests.fakes.installation import Installation, pages, records


async def limit_pages(installed: Installation, spare: int) -> None:
    """Leave the database room for so many more pages of 4 kB."""
    async with installed.engine.database.writing() as session:
        used = await session.scalar(text("PRAGMA page_count"))
        await session.execute(text(f"PRAGMA max_page_count = {used + spare}"))


@pytest.mark.parametrize("spare", [0, 1, 4, 40])
async def test_a_full_disk_fails_the_run_and_loses_nothing_that_was_committed(
    installed: Installation, spare: int
):
    given = [dict(record, pad="y" * 300) for record in records(*range(400))]
    good = pages(*(given[start : start + 20] for start in range(0, 400, 20)))
    installed.mapping["pad"] = "pad"
    await installed.run(*good[:1])
    await limit_pages(installed, spare)

    row = await installed.run(*good)
    kept, contracts = set(await installed.names()), set(await installed.contracts())
    await limit_pages(installed, 10_000)
    again = await installed.run(*good)

    assert (row.state, row.error_code) == ("failed", "storage-failed")
    assert "its allowed size is full" in (row.error_message or "")
    assert kept == contracts == {str(code) for code in range(max(20, row.found))}
    assert row.pages * 20 == row.found
    assert (again.state, again.created, again.unchanged) == (
        "succeeded",
        400 - len(kept),
        len(kept),
    )


async def test_a_disk_without_room_for_a_line_of_the_log_has_room_for_the_end_of_the_run(
    installed: Installation,
):
    before = await installed.run(*pages(records(1)))
    await limit_pages(installed, 0)
    line = {"run_id": before.id, "at": installed.clock.now(), "level": "info", "event": "", "fields": {}}  # fmt: skip
    with pytest.raises(StorageFailed):
        while True:
            async with installed.engine.database.writing() as session:
                await runs.add_log(session, [line])

    row = await installed.run(*pages(records(1), records(2)))

    assert (row.state, row.error_code) == ("failed", "storage-failed")
    assert await installed.log(row.id) == []


@pytest.mark.parametrize("kind", ["no key in it", "not readable"])
async def test_a_key_file_that_cannot_be_read_is_refused_by_name(tmp_path: Path, kind: str):
    file = tmp_path / "keys.json"
    if kind == "not readable":
        file.mkdir()
    else:
        file.write_text("{}")

    with pytest.raises(ConfigurationError) as refused:
        Engine(Settings(storage=tmp_path))

    assert f"The key file {file} cannot be read" in str(refused.value)
    assert "restore it from the backup" in str(refused.value)

"""A mapping's own output schema in runs: what breaks it is no object."""

from typing import Any

from tests.fakes.installation import Installation, balance, page, records

SHORT = {"properties": {"name": {"maxLength": 3}}}
SECRET = "Johanna Jansen"
WRONG = {"code": 2, "name": SECRET}


def hold_to(installed: Installation, schema: dict[str, Any] | None) -> None:
    """Let the synchronization map by a mapping with this output schema."""
    fields = {"code": "code", "name": "name"}
    mapping = {"slug": "held", "name": "Held", "mapping": fields, "outputSchema": schema}
    installed.more = {"mappings": [mapping]}
    installed.synchronization = {"sourceTargetMapping": "held"}


async def test_a_result_that_breaks_the_schema_is_invalid_and_told_without_its_values(
    installed: Installation,
):
    hold_to(installed, SHORT)

    row = await installed.run(page([*records(1), WRONG]))

    [failure] = await installed.failures(row.id)
    assert balance(row) == {"found": 2, "created": 1, "invalid": 1}
    assert (failure.origin_id, failure.verdict, failure.stage) == ("2", "invalid", "validate")
    assert "output schema of the mapping: name: the value is longer" in failure.reason
    assert SECRET not in failure.reason
    assert SECRET not in str([entry.fields for entry in await installed.log(row.id)])


async def test_a_record_that_broke_the_schema_is_replayed_once_the_schema_allows_it(
    installed: Installation,
):
    hold_to(installed, SHORT)
    row = await installed.run(page([*records(1), WRONG]))
    hold_to(installed, {"properties": {"name": {"maxLength": 50}}})
    await installed.configure()

    replayed = await installed.replay(row.id)

    assert balance(replayed) == {"found": 1, "created": 1}
    assert await installed.names() == {"1": "n1", "2": SECRET}


async def test_a_dry_run_shows_what_breaks_the_schema(installed: Installation):
    hold_to(installed, SHORT)

    row = await installed.run(page([*records(1), WRONG]), mode="dry_run")

    [failure] = await installed.failures(row.id)
    assert balance(row) == {"found": 2, "created": 1, "invalid": 1}
    assert (failure.origin_id, failure.stage) == ("2", "validate")


async def test_a_stricter_schema_is_applied_to_records_that_did_not_change_and_keeps_their_objects(
    installed: Installation,
):
    hold_to(installed, None)
    source = page([*records(1), WRONG])
    await installed.run(source)
    recognised = await installed.run(source)
    hold_to(installed, SHORT)

    stricter = await installed.run(source)
    again = await installed.run(source)
    hold_to(installed, None)
    wider = await installed.run(source)

    assert balance(recognised) == balance(wider) == {"found": 2, "unchanged": 2}
    assert balance(stricter) == balance(again) == {"found": 2, "unchanged": 1, "invalid": 1}
    assert (stricter.writes, wider.writes) == (0, 0)
    assert await installed.names() == {"1": "n1", "2": SECRET}

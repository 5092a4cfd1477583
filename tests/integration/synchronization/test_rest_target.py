"""Whole runs into a REST API over the network."""

import json
from typing import Any

from openconnector.db import runs
from openconnector.synchronization.keeping import opened
from tests.fakes.hostile_server import Act, answer
from tests.fakes.installation import Installation, balance, page, records

TARGET = {"kind": "rest", "source": "remote", "endpoint": "things", "concurrency": 1}


def said(body: Any, status: int = 200) -> Act:
    return answer(status, json.dumps(body).encode(), content_type="application/json")


async def differences(installed: Installation, run_id: str) -> list[Any]:
    async with installed.engine.database.reading() as session:
        found = await runs.changes(session, run_id)
    return [opened(installed.engine.keys, one) for one in found]


async def test_a_target_that_answers_every_creation_with_one_id_never_gets_two_contracts_on_it(
    installed: Installation,
):
    installed.synchronization["target"] = TARGET
    installed.api.play("/things", *[said({"id": "same"}, 201)] * 6)

    first = await installed.run(page(records(1, 2, 3)))
    second = await installed.run(page(records(1, 2, 3, 4)))

    assert (first.state, balance(first)) == ("partial", {"found": 3, "created": 1, "failed": 2})
    assert (second.state, balance(second)) == ("partial", {"found": 4, "unchanged": 1, "failed": 3})
    assert {key: one.target_id for key, one in (await installed.contracts()).items()} == {
        "1": "same"
    }
    reasons = {failure.reason for failure in await installed.failures(second.id)}
    assert all("'same'" in reason and "record '1'" in reason for reason in reasons)


async def test_a_dry_run_shows_the_fields_that_would_change_where_an_object_can_be_read(
    installed: Installation,
):
    installed.synchronization["target"] = TARGET | {"readEndpoint": "things/{{ targetId }}"}
    installed.api.play("/things", said({"id": "t1"}, 201))
    await installed.run(page(records(1)))
    installed.api.play("/things/t1", said({"code": 1, "name": "n1"}))

    row = await installed.run(page(records(1, name="new")), mode="dry_run")

    assert await differences(installed, row.id) == [
        [{"path": "name", "before": "n1", "after": "new1"}]
    ]
    assert "differences unknown" not in [line.event for line in await installed.log(row.id)]


async def test_a_dry_run_says_where_an_object_cannot_be_read(installed: Installation):
    installed.synchronization["target"] = TARGET
    installed.api.play("/things", said({"id": "t1"}, 201))
    await installed.run(page(records(1)))

    row = await installed.run(page(records(1, name="new")), mode="dry_run")

    assert row.state == "succeeded"
    assert "differences unknown" in [line.event for line in await installed.log(row.id)]

"""What the app promises in a Nextcloud, tried through Nextcloud's own addresses alone."""

import asyncio
import os
import time
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import PROXY, Place, Workshop

pytestmark = pytest.mark.nextcloud

SECONDS = float(os.environ.get("NEXTCLOUD_SECONDS", "10"))
"""What registering may take."""

CSV = "id,name\n1,Ada\n2,Grace\n"


async def command(*words: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode(errors="replace")


async def data(nextcloud: httpx.AsyncClient, path: str) -> Any:
    """Return what an OCS interface of Nextcloud answers."""
    answer = await nextcloud.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
    return answer.json()["ocs"]["data"]


async def test_the_app_is_there_in_time(place: Place, nextcloud: httpx.AsyncClient):
    started = time.monotonic()
    found = await nextcloud.get(f"{PROXY}/openapi.json")
    if found.status_code == 404 and place.register:
        code, printed = await command(*place.register)
        assert code == 0, printed
        found = await nextcloud.get(f"{PROXY}/openapi.json")

    assert found.status_code == 200, "the app is not registered or not enabled"
    assert time.monotonic() - started < SECONDS
    assert (await nextcloud.get(f"{PROXY}/api/v1/kinds")).status_code == 200


async def test_the_menu_has_its_entry_with_an_icon(nextcloud: httpx.AsyncClient):
    entries = await data(nextcloud, "/ocs/v2.php/core/navigation/apps")

    [entry] = [one for one in entries if "/embedded/openconnector/" in one["href"]]
    icon = await nextcloud.get(f"{PROXY}/img/app.svg")
    assert entry["icon"].endswith("/proxy/openconnector/img/app.svg")
    assert (icon.status_code, icon.headers["Content-Type"][:13]) == (200, "image/svg+xml")


@pytest.mark.parametrize("path", ["init", "enabled?enabled=0", "heartbeat", "_internal/occ/x"])
async def test_no_internal_path_is_reached(nextcloud: httpx.AsyncClient, path: str):
    assert (await nextcloud.get(f"{PROXY}/{path}")).status_code == 404


async def test_accounts_become_records(workshop: Workshop):
    run = await workshop.run(await workshop.synchronize({"kind": "nextcloud_users"}))

    assert run["state"] == "succeeded", run
    assert workshop.user in [one["id"] for one in await workshop.objects()]


async def test_a_list_of_files_becomes_records_and_a_second_run_writes_nothing(workshop: Workshop):
    await workshop.upload("a.txt", "some text")
    source = {"kind": "nextcloud_files", "folder": f"/{workshop.name}"}
    synchronization = await workshop.synchronize(source)

    first = await workshop.run(synchronization)
    second = await workshop.run(synchronization)

    assert first["state"] == second["state"] == "succeeded", (first, second)
    [file] = await workshop.objects()
    assert (file["path"], file["size"]) == (f"/{workshop.name}/a.txt", 9)
    assert second["balance"]["unchanged"] == 1


async def test_what_is_in_a_file_becomes_objects(workshop: Workshop):
    await workshop.upload("people.csv", CSV)
    source = {"kind": "nextcloud_files", "folder": f"/{workshop.name}", "reads": "content"}

    run = await workshop.run(await workshop.synchronize(source))

    assert run["state"] == "succeeded", run
    assert sorted(one["name"] for one in await workshop.objects()) == ["Ada", "Grace"]


async def test_a_written_file_starts_a_run(workshop: Workshop, nextcloud: httpx.AsyncClient):
    """Nextcloud delivers webhooks with its background jobs, so this waits for them, five minutes at most."""
    await workshop.upload("first.txt", "x")
    source = {"kind": "nextcloud_files", "folder": f"/{workshop.name}"}
    wakes = [{"event": "files", "path": f"/{workshop.name}"}]
    synchronization = await workshop.synchronize(source, wakeOn=wakes)

    for second in range(300):
        if second % 5 == 0:  # the webhook is there some seconds after the synchronization was saved
            await workshop.upload(f"{second}.txt", "written before or after that")
            await nextcloud.get("/cron.php")
        listed = await workshop.ask("GET", f"runs?synchronizationId={synchronization}")
        if any(run["trigger"] == "webhook" for run in listed.json()["results"]):
            return
        await asyncio.sleep(1)
    raise AssertionError("no run was started by a webhook; is the app `webhook_listeners` enabled?")


async def test_a_command_of_nextcloud_answers(place: Place):
    if not place.occ:
        pytest.skip("Nextcloud's command line is not at hand: set NEXTCLOUD_OCC")

    code, printed = await command(*place.occ, "openconnector:status")

    assert (code, bool(printed.strip())) == (0, True), printed


async def test_other_apps_are_answered_in_the_envelope_of_ocs(nextcloud: httpx.AsyncClient):
    answer = await nextcloud.get(f"{PROXY}/ocs/v2.php/cloud/capabilities?format=json")

    assert answer.status_code == 200, answer.text
    assert "openconnector" in answer.json()["ocs"]["data"]["capabilities"]


async def test_the_settings_have_a_form_among_nextclouds_own(nextcloud: httpx.AsyncClient):
    forms = await data(nextcloud, "/ocs/v2.php/settings/api/declarative/forms")

    assert "openconnector" in {form["app"] for form in forms}


async def test_a_failed_run_is_told(workshop: Workshop, nextcloud: httpx.AsyncClient):
    nowhere = {"kind": "rest", "location": "http://127.0.0.1:9/"}
    run = await workshop.run(await workshop.synchronize(nowhere))

    assert run["state"] == "failed"
    for _ in range(60):
        told = await data(nextcloud, "/ocs/v2.php/apps/notifications/api/v2/notifications")
        if any(one["app"] == "openconnector" for one in told):
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"the administrator was not told of the run: {told}")


async def test_an_account_sees_itself(workshop: Workshop):
    answer = await workshop.ask("GET", "user/me")

    assert answer.status_code == 200, answer.text
    assert workshop.user in {answer.json().get("uid"), answer.json().get("id")}

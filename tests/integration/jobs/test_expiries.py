"""People are told in time what expires: certificates of other systems, tokens that are stored."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from openconnector.jobs.expiries import AGAIN
from openconnector.synchronization.attention import SOON, Attention, situation
from tests.fakes.hostile_server import answer
from tests.fakes.inbox import Inbox
from tests.fakes.installation import Installation, installation, page, records
from tests.fakes.ways import ON_ONE_DATABASE

DAY = timedelta(days=1)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def installed(migrated_url: str, tmp_path: Path, inbox: Inbox) -> AsyncIterator[Installation]:
    async with installation(migrated_url, tmp_path, notifications=inbox) as opened:
        yield opened


def shows(installed: Installation, host: str, expiry: datetime) -> None:
    """Let a host have shown a certificate that expires then."""
    shown = {"notAfter": expiry.strftime("%b %d %H:%M:%S %Y GMT")}
    installed.engine.http.certificates.note(host, shown)


def jwt(claims: object) -> str:
    parts = [{"alg": "none"}, claims]
    coded = [urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, "x"])


async def run(installed: Installation, inbox: Inbox) -> list[tuple[str, str, str]]:
    """Run it and return what people are told then."""
    inbox.told.clear()
    await installed.run(page(records(1)))
    await installed.engine.notices.send(inbox)
    return list(inbox.told)


async def test_a_certificate_that_expires_soon_is_told_once_a_week(installed, inbox):
    expiry = installed.clock.now() + SOON - DAY
    shows(installed, "127.0.0.1", expiry)

    first, second = await run(installed, inbox), await run(installed, inbox)
    installed.clock.moment += AGAIN
    later = await run(installed, inbox)

    said = f"The certificate of 127.0.0.1 expires on {expiry.date()}"
    assert first == later == [("admin", "expires", said)]
    assert second == []


async def test_a_certificate_needs_attention_until_a_new_one_is_shown(installed, inbox):
    expiry = installed.clock.now() + SOON - DAY
    shows(installed, "127.0.0.1", expiry)
    await run(installed, inbox)
    [needed] = await attention(installed)
    shows(installed, "127.0.0.1", expiry + 90 * DAY)
    await run(installed, inbox)

    assert (needed.kind, needed.moment, needed.host) == (
        "certificate_expiring",
        expiry,
        "127.0.0.1",
    )
    assert await attention(installed) == []


async def attention(installed: Installation) -> list[Attention]:
    async with installed.engine.database.reading() as session:
        return (await situation(session, installed.clock.now())).needs_attention()


async def test_what_is_good_for_longer_or_of_another_host_is_not_told(installed, inbox):
    shows(installed, "127.0.0.1", installed.clock.now() + SOON + DAY)
    shows(installed, "other.example", installed.clock.now() + DAY)

    assert await run(installed, inbox) == []


async def test_a_new_certificate_ends_it(installed, inbox):
    shows(installed, "127.0.0.1", installed.clock.now() + DAY)
    await run(installed, inbox)
    installed.clock.moment += AGAIN
    shows(installed, "127.0.0.1", installed.clock.now() + 90 * DAY)

    assert await run(installed, inbox) == []


async def test_a_token_that_says_when_it_expires_is_told(installed, inbox):
    expiry = installed.clock.now() + DAY
    token = jwt({"exp": int(expiry.timestamp())})
    installed.configuration = {"auth": {"kind": "bearer", "token": token}}

    [(_, kind, said)] = await run(installed, inbox)

    assert (kind, said) == ("expires", f"The token of the source Remote expires on {expiry.date()}")
    assert token not in said


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    "token", ["plain", "a.b.c", jwt({"exp": "soon"}), jwt([]), jwt({"exp": 1e300}), jwt({})]
)
async def test_a_token_that_does_not_say_when_it_expires_is_no_trouble(installed, inbox, token):
    installed.configuration = {"auth": {"kind": "bearer", "token": token}}

    assert await run(installed, inbox) == []


async def test_what_expires_does_not_count_as_trouble_that_is_over(installed, inbox):
    shows(installed, "127.0.0.1", installed.clock.now() + DAY)
    await installed.run(answer(404))
    await installed.engine.notices.send(inbox)
    told = inbox.kinds

    after = await run(installed, inbox)

    assert told == ["failed", "expires"]
    assert [kind for _, kind, _ in after] == ["works"]
    assert await run(installed, inbox) == []


async def test_nothing_is_told_where_nobody_wants_to_be_told(installed, inbox):
    shows(installed, "127.0.0.1", installed.clock.now() + DAY)
    async with installed.engine.database.writing() as session:
        await installed.engine.installation.change(session, {"notifies": False}, "admin")
    async with installed.engine.database.reading() as session:
        await installed.engine.installation.refresh(session)

    assert await run(installed, inbox) == []

import asyncio

import pytest

from openconnector.errors import CredentialsRejected
from openconnector.http.tokens import ProcessTokens
from openconnector.testing import FakeClock


class Issuer:
    """Gives t1, t2, ... when it is let."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.given = 0
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def obtain(self) -> tuple[str, float | None]:
        self.given += 1
        self.asked.set()
        token = f"t{self.given}"
        await self.open.wait()
        return token, self.seconds


@pytest.mark.parametrize(
    ("life", "kept_for"), [(3600, 3540), (100, 90), (None, 10**9), (600, 540), (60, 54)]
)
async def test_a_token_is_kept_until_shortly_before_its_end(life, kept_for):
    clock, issuer = FakeClock(), Issuer(life)
    tokens = ProcessTokens(clock)
    await tokens.get("k", issuer.obtain)
    await clock.sleep(kept_for - 1)

    assert await tokens.get("k", issuer.obtain) == "t1"

    await clock.sleep(1)
    again = await tokens.get("k", issuer.obtain)
    assert again == ("t1" if life is None else "t2")


async def test_a_token_that_ends_at_once_is_asked_for_each_time():
    issuer = Issuer(0)
    tokens = ProcessTokens(FakeClock())

    assert [await tokens.get("k", issuer.obtain) for _ in range(2)] == ["t1", "t2"]


async def test_another_key_never_gets_the_token():
    issuer = Issuer(3600)
    tokens = ProcessTokens(FakeClock())

    assert [await tokens.get(key, issuer.obtain) for key in ("a", "b", "a")] == ["t1", "t2", "t1"]


async def test_many_who_ask_at_once_share_one_request():
    issuer = Issuer(3600)
    tokens = ProcessTokens(FakeClock())

    got = await asyncio.gather(*(tokens.get("k", issuer.obtain) for _ in range(20)))

    assert set(got) == {"t1"}
    assert issuer.given == 1


async def test_a_rejected_token_is_replaced_once_for_all_who_had_it():
    issuer = Issuer(3600)
    tokens = ProcessTokens(FakeClock())
    old = await tokens.get("k", issuer.obtain)

    got = [await tokens.get("k", issuer.obtain, rejected=old) for _ in range(3)]

    assert got == ["t2", "t2", "t2"]


async def test_one_who_gives_up_does_not_take_the_token_from_the_others():
    issuer = Issuer(3600)
    issuer.open.clear()
    tokens = ProcessTokens(FakeClock())
    first = asyncio.create_task(tokens.get("k", issuer.obtain))
    second = asyncio.create_task(tokens.get("k", issuer.obtain))
    await issuer.asked.wait()
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    issuer.open.set()

    assert await second == "t1"
    assert first.cancelled()


async def test_a_failure_reaches_all_who_wait_and_is_not_kept():
    asked = 0

    async def refuse() -> tuple[str, float | None]:
        nonlocal asked
        asked += 1
        raise CredentialsRejected("no")

    tokens = ProcessTokens(FakeClock())

    got = await asyncio.gather(*(tokens.get("k", refuse) for _ in range(3)), return_exceptions=True)

    assert [type(error) for error in got] == [CredentialsRejected] * 3
    assert asked == 1
    assert await tokens.get("k", Issuer(60).obtain) == "t1"

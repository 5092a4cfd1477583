"""Previews are calculated in processes of their own: one that goes wild costs one request."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from openconnector.errors import InvalidInput, TemplateLimit
from openconnector.mapping.spec import MappingSpec
from openconnector.previews.pool import PreviewLimits, Previews

LIMITS = PreviewLimits(processes=2, seconds=0.6, memory_mib=256)
TWO_HUNDRED_THOUSAND_STEPS = (
    "{% for i in range(10000) %}{% for j in range(19) %}{% endfor %}{% endfor %}"
)
FOUR_MEGABYTES = "{% for i in range(9000) %}" + "\N{OCTOPUS}" * 110 + "{% endfor %}"


@pytest.fixture
async def previews() -> AsyncIterator[Previews]:
    pool = Previews(LIMITS)
    yield pool
    await pool.close()


def argument(mapping: Mapping[str, Any], record: Any = None) -> dict[str, Any]:
    spec = MappingSpec(mapping=dict(mapping)).model_dump(mode="json", by_alias=True)
    return {"spec": spec, "record": record or {}, "schema": None}


async def nothing_saved(key: str) -> None:
    return None


async def explained(previews: Previews, mapping: Mapping[str, Any], record: Any = None) -> Any:
    found = await previews.run("explain", argument(mapping, record), nothing_saved)
    return found["result"]


def many(template: str, count: int = 200) -> dict[str, str]:
    return {f"field{number}": template for number in range(count)}


async def test_nothing_is_started_before_the_first_preview_and_one_child_serves_the_next(
    previews: Previews,
):
    before = previews.idle

    for number in range(3):
        assert await explained(previews, {"a": "{{ n + 1 }}"}, {"n": number}) == {"a": number + 1}

    assert before == []
    assert len(previews.idle) == 1


async def test_what_takes_too_long_costs_one_request_while_others_are_answered(previews: Previews):
    await explained(previews, {})
    bomb = asyncio.create_task(explained(previews, many(TWO_HUNDRED_THOUSAND_STEPS)))
    await asyncio.sleep(0)

    others = [await explained(previews, {"a": "n"}, {"n": number}) for number in range(20)]
    with pytest.raises(TemplateLimit, match=r"more than 0\.6 seconds"):
        await bomb

    assert others == [{"a": number} for number in range(20)]
    assert await explained(previews, {"a": "b"}, {"b": 1}) == {"a": 1}


async def test_what_takes_too_much_memory_costs_one_request():
    previews = Previews(PreviewLimits(seconds=60, memory_mib=256))

    with pytest.raises(TemplateLimit, match="more than 256 MiB"):
        await explained(previews, many(FOUR_MEGABYTES))

    assert await explained(previews, {"a": "b"}, {"b": 1}) == {"a": 1}
    await previews.close()


async def test_a_result_too_large_to_be_shown_is_refused():
    previews = Previews(PreviewLimits(seconds=60))

    with pytest.raises(TemplateLimit, match="larger than 16 MiB"):
        await explained(previews, many(FOUR_MEGABYTES, 5))

    assert len(previews.idle) == 1
    await previews.close()


async def test_a_killed_child_is_replaced(previews: Previews):
    await explained(previews, {})
    [killed] = previews.idle
    os.kill(killed, signal.SIGKILL)

    answers = await asyncio.gather(
        *(explained(previews, {"a": "b"}, {"b": 1}) for _ in range(3)), return_exceptions=True
    )

    assert answers.count({"a": 1}) >= 2
    assert killed not in previews.idle


async def test_a_child_killed_at_work_costs_its_request(previews: Previews):
    await explained(previews, {})
    [killed] = previews.idle
    bomb = asyncio.create_task(explained(previews, many(TWO_HUNDRED_THOUSAND_STEPS)))
    await asyncio.sleep(0)
    assert previews.idle == []
    os.kill(killed, signal.SIGKILL)

    with pytest.raises(TemplateLimit):
        await bomb

    assert await explained(previews, {"a": "b"}, {"b": 1}) == {"a": 1}


async def test_a_preview_given_up_in_the_middle_leaves_nothing_behind(previews: Previews):
    async def given_up(key: str) -> None:
        raise asyncio.CancelledError

    mapping = {"a": "{{ mapping('inner', b) }}"}
    with pytest.raises(asyncio.CancelledError):
        await previews.run("explain", argument(mapping), given_up)

    assert previews.idle == []
    assert await explained(previews, {"a": "b"}, {"b": 1}) == {"a": 1}


async def test_closing_ends_every_child(previews: Previews):
    await asyncio.gather(explained(previews, {}), explained(previews, {}))
    children = previews.idle

    await previews.close()

    assert len(children) == 2
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []


async def test_a_child_does_not_see_the_environment(previews: Previews):
    await explained(previews, {})

    [child] = previews.idle
    variables = Path(f"/proc/{child}/environ").read_text().split("\0")

    names = {variable.partition("=")[0] for variable in variables} - {""}
    assert names == {"PYTHONPATH", "PYTHONSAFEPATH"}


async def test_a_mapping_that_calls_another_gets_it_from_what_is_saved(previews: Previews):
    asked = []

    async def saved(key: str) -> Mapping[str, Any] | None:
        asked.append(key)
        inner = MappingSpec(mapping={"inner": "v"}).model_dump(mode="json", by_alias=True)
        return inner if key == "inner" else None

    mapping = {"a": "{{ mapping('inner', b) }}"}
    found = await previews.run("explain", argument(mapping, {"b": {"v": 1}}), saved)
    with pytest.raises(InvalidInput, match="No mapping has the id, slug or reference 'other'"):
        await previews.run("explain", argument({"a": "{{ mapping('other', b) }}"}), saved)

    assert found["result"] == {"a": {"inner": 1}}
    assert set(asked) == {"inner", "other"}

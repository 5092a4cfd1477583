"""What bad input gets (issue 2): a clear problem, and nothing lost. Whole runs over a remote API that misbehaves."""

from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from openconnector.synchronization.keeping import opened as opened_record
from tests.fakes.hostile_server import Act, answer, bomb, endless, hang_up, raw
from tests.fakes.installation import Installation, balance, page, pages, records

LIMIT = 100_000
"""Bytes an answer may have here."""

MANY = 50
"""Pages at which a read that would not end is ended, so that a test does."""

A_SECOND_BEFORE = 1
"""How far the clock moves before a run is queued."""

LOGIN = b"<!DOCTYPE html><html><form><input type=password name=p></form></html>"


@dataclass(frozen=True)
class Bad:
    """An answer that is no page, and what the run has to say of it."""

    name: str
    act: Act
    code: str
    says: str


TRIES = 4
"""How often one request is tried before the run waits."""

CUT = b'HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"results": [{"code": 3, "na'


def said(body: bytes, content_type: str = "application/json") -> Act:
    return answer(body=body, content_type=content_type)


MALFORMED, TOO_LARGE = "malformed-answer", "limit-exceeded"

BAD = [
    Bad("cut JSON", said(b'{"results": [{"code": 1'), MALFORMED, "should be JSON"),
    Bad("NaN", said(b'{"results": [{"code": 1, "name": NaN}]}'), MALFORMED, "should be JSON"),
    Bad("nothing", said(b""), MALFORMED, "it is empty"),
    Bad("login page", said(LOGIN, "text/html"), MALFORMED, "login page"),
    Bad("no list", said(b'{"message": "ok"}'), MALFORMED, "no list at 'results'"),
    Bad("list is text", said(b'{"results": "none"}'), MALFORMED, "no list at 'results'"),
    Bad("no HTTP", raw(b"220 smtp ready\r\n\r\n"), MALFORMED, "not valid HTTP"),
    Bad("endless body", endless(), TOO_LARGE, f"larger than the {LIMIT} bytes"),
    Bad(
        "10 GB announced",
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n{"),
        TOO_LARGE,
        f"larger than the {LIMIT} bytes",
    ),
    Bad("gzip bomb", bomb(50_000_000), TOO_LARGE, f"larger than the {LIMIT} bytes"),
]


async def test_an_answer_that_is_no_page_stops_the_read_and_deletes_nothing(
    installed: Installation, subtests: pytest.Subtests
):
    installed.configuration = {"maxBytes": LIMIT, "timeoutSeconds": 10}
    good = pages(records(1, 2), records(3))
    await installed.run(*good)

    for bad in BAD:
        with subtests.test(bad.name):
            at_once = await installed.run(bad.act)
            later = await installed.run(good[0], bad.act)
            again = await installed.run(*good)

            assert (at_once.state, later.state) == ("failed", "partial")
            assert (balance(at_once), balance(later)) == ({}, {"found": 2, "unchanged": 2})
            for row in (at_once, later):
                message = row.error_message or ""
                assert (row.error_code, row.incomplete_reason) == (bad.code, message)
                assert f"GET http://127.0.0.1:{installed.api.port}/records" in message
                assert bad.says in message
            assert (again.state, balance(again)) == ("succeeded", {"found": 3, "unchanged": 3})


async def test_pages_before_a_bad_one_are_kept_and_the_next_run_adds_the_rest(
    installed_on_both: Installation,
):
    installed = installed_on_both
    good = pages(records(1, 2), records(3))

    row = await installed.run(good[0], said(b'{"results": [NaN]}'))
    between = await installed.names()
    again = await installed.run(*good)

    assert (row.state, row.error_code, balance(row)) == (
        "partial", "malformed-answer", {"found": 2, "created": 2},
    )  # fmt: skip
    assert between == {"1": "n1", "2": "n2"}
    assert (again.state, balance(again)) == (
        "succeeded", {"found": 3, "created": 1, "unchanged": 2},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code"), [(401, "credentials-rejected"), (403, "credentials-rejected"), (404, "configuration")]
)  # fmt: skip
async def test_an_answer_that_refuses_the_whole_source_fails_the_run_and_deletes_nothing(
    installed: Installation, status: int, code: str
):
    good = pages(records(1), records(2))
    await installed.run(*good)

    row = await installed.run(good[0], answer(status))

    assert (row.state, row.error_code, balance(row)) == (
        "failed", code, {"found": 1, "unchanged": 1},
    )  # fmt: skip
    assert f"answered {status}" in (row.error_message or "")
    assert await installed.names() == {"1": "n1", "2": "n2"}


@pytest.mark.parametrize(
    ("paginator", "repeated"),
    [
        ({"kind": "next_url"}, page(records(1, 2), "?page=1")),
        ({"kind": "page_number"}, page(records(1, 2))),
        ({"kind": "cursor", "tokenPosition": "next", "parameter": "c"}, page(records(1, 2), "x")),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
async def test_a_page_that_repeats_for_ever_ends_the_run(
    installed: Installation, paginator: dict[str, Any], repeated: Act
):
    installed.configuration = {"paginator": paginator, "maxPages": MANY}

    row = await installed.run(repeated)

    assert (row.state, row.error_code) == ("partial", "endless-read")
    assert "`paginator`" in (row.error_message or "")
    assert len(installed.api.seen) <= 3
    assert await installed.names() == {"1": "n1", "2": "n2"}


async def test_two_pages_that_name_each_other_end_the_run(installed: Installation):
    installed.configuration = {"maxPages": MANY}
    first, second = page(records(1), "?page=2"), page(records(2), "?page=1")

    row = await installed.run(first, *[second, first] * MANY)

    assert (row.state, row.error_code) == ("partial", "endless-read")
    assert len(installed.api.seen) <= 4
    assert await installed.names() == {"1": "n1", "2": "n2"}


@pytest.mark.parametrize("record", [{"name": "nobody"}, {"code": None}, {"code": {"a": 1}}, "text"])
async def test_a_record_without_an_id_is_kept_as_invalid_and_the_rest_goes_on(
    installed: Installation, record: Any
):
    await installed.run(*pages(records(1, 2, 3)))

    row = await installed.run(*pages([*records(1), record], records(4)))

    assert (row.state, row.error_code, balance(row)) == (
        "partial", "incomplete-read", {"found": 3, "created": 1, "unchanged": 1, "invalid": 1},
    )  # fmt: skip
    assert "without an id" in (row.error_message or "")
    assert set(await installed.names()) == {"1", "2", "3", "4"}
    (failure,) = await installed.failures(row.id)
    assert (failure.stage, failure.verdict, failure.origin_id) == ("select", "invalid", None)


async def test_of_two_records_with_one_id_the_first_counts_and_the_log_names_it(
    installed: Installation,
):
    twice = {"code": 2, "name": "second"}

    row = await installed.run(*pages([*records(1, 2), twice], [twice, *records(3)]))

    assert (row.state, balance(row)) == ("succeeded", {"found": 5, "created": 3, "skipped": 2})
    assert await installed.names() == {"1": "n1", "2": "n2", "3": "n3"}
    noted = [line.fields for line in await installed.log(row.id) if line.event == "duplicate ids"]
    assert noted == [{"count": 1, "originIds": ["2"]}] * 2


async def test_an_id_is_the_same_as_number_and_as_text(installed: Installation):
    mixed = [{"code": 1, "name": "number"}, {"code": "1", "name": "text"}, *records("a", 2)]

    row = await installed.run(*pages(mixed))
    again = await installed.run(*pages([{"code": "1", "name": "number"}, *records("a", "2")]))

    assert (row.state, balance(row)) == ("succeeded", {"found": 4, "created": 3, "skipped": 1})
    assert set(await installed.contracts()) == {"1", "2", "a"}
    assert (again.state, again.created, again.deleted) == ("succeeded", 0, 0)


def too_many(after: str) -> Act:
    return answer(429, retry_after=after)


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_short_pause_that_is_asked_for_is_waited_for_within_the_run(
    installed: Installation, form: str
):
    moment = installed.clock.now() + timedelta(seconds=A_SECOND_BEFORE + 7)
    after = "7" if form == "seconds" else format_datetime(moment, usegmt=True)
    first, second = pages(records(1), records(2))

    row = await installed.run(first, too_many(after), second)

    assert (row.state, balance(row)) == ("succeeded", {"found": 2, "created": 2})
    assert installed.clock.slept == [7]


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_a_long_pause_that_is_asked_for_makes_the_run_wait_and_go_on_where_it_stood(
    installed_on_both: Installation, form: str
):
    installed = installed_on_both
    wanted = installed.clock.now() + timedelta(seconds=A_SECOND_BEFORE + 3600)
    after = "3600" if form == "seconds" else format_datetime(wanted, usegmt=True)
    first, second = pages(records(1), records(2))

    waiting = await installed.run(first, too_many(after), second)
    seen = len(installed.api.seen)
    await installed.wait_until_due(waiting)
    row = await installed.finish(waiting.id)

    assert (waiting.state, waiting.error_code) == ("waiting", "rate-limited")
    assert "answered 429" in (waiting.error_message or "")
    assert waiting.due_at == wanted
    assert (row.state, row.error_code, balance(row)) == (
        "succeeded", None, {"found": 2, "created": 2},
    )  # fmt: skip
    assert [one.target for one in installed.api.seen[seen:]] == ["/records?page=2"]


async def test_a_5xx_that_passes_is_not_even_noticed(installed: Installation):
    first, second = pages(records(1), records(2))

    row = await installed.run(answer(503), first, answer(502), answer(500), second)

    assert (row.state, balance(row)) == ("succeeded", {"found": 2, "created": 2})


@pytest.mark.parametrize(
    ("broken", "code", "says"),
    [
        (answer(503), "unavailable", "answered 503"),
        (hang_up(), "maybe-sent", "no answer"),
        (hang_up(CUT), "maybe-sent", "the connection broke in the middle of the answer"),
    ],
    ids=["503", "no answer", "cut in the middle of the body"],
)
async def test_a_source_that_breaks_in_the_middle_is_gone_on_with_where_it_stood(
    installed_on_both: Installation, broken: Act, code: str, says: str
):
    installed = installed_on_both
    first, second, third = pages(records(1, 2), records(3), records(4))
    await installed.run(*pages(records(1, 9)))

    waiting = await installed.run(first, *[broken] * TRIES, second, third)
    seen = len(installed.api.seen)
    await installed.wait_until_due(waiting)
    row = await installed.finish(waiting.id)

    assert (waiting.state, waiting.error_code) == ("waiting", code)
    assert says in (waiting.error_message or "")
    assert balance(waiting) == {"found": 2, "created": 1, "unchanged": 1}
    asked = [one.target for one in installed.api.seen[seen:]]
    assert asked == ["/records?page=2", "/records?page=3"]
    assert (row.state, row.id) == ("succeeded", waiting.id)
    assert balance(row) == {"found": 4, "created": 3, "unchanged": 1, "deleted": 1}
    assert set(await installed.names()) == {"1", "2", "3", "4"}


async def test_a_source_that_stays_broken_is_given_up_and_deletes_nothing(installed: Installation):
    first, *_ = pages(records(1), records(2))
    await installed.run(*pages(records(1, 2)))

    row = await installed.run(first, answer(503))
    while row.state == "waiting":
        await installed.wait_until_due(row)
        row = await installed.finish(row.id)

    assert (row.state, row.error_code) == ("partial", "unavailable")
    assert (balance(row), row.attempts) == ({"found": 1, "unchanged": 1}, 5)
    assert await installed.names() == {"1": "n1", "2": "n2"}


@pytest.mark.parametrize(
    ("count", "deletion"), [(8, {}), (200, {}), (8, {"smallShare": 1}), (25, {"maxShare": 1})]
)
async def test_a_source_that_goes_empty_asks_before_anything_is_deleted(
    installed: Installation, count: int, deletion: dict[str, Any]
):
    installed.synchronization["deletion"] = deletion
    await installed.run(*pages(records(*range(count))))

    row = await installed.run(*pages([]))

    assert (row.state, row.error_code) == ("needs_approval", "needs-approval")
    assert f"none now: {count} of {count} objects would be deleted" in (row.error_message or "")
    assert (row.deletions_pending, balance(row)) == (count, {})
    assert len(await installed.objects()) == count


LONG = "far too long a name for the schema"


@pytest.mark.parametrize("mended", ["schema", "mapping"])
async def test_the_one_record_of_a_thousand_that_a_schema_rejects_is_kept_and_replayed(
    installed_on_both: Installation, mended: str
):
    installed = installed_on_both
    given = records(*range(1_000))
    given[500]["name"] = LONG
    row = await installed.run(*pages(given[:400], given[400:]))
    (failure,) = await installed.failures(row.id)
    before = await installed.names()
    if mended == "schema":
        installed.schema = {"properties": {"name": {"type": "string", "maxLength": 40}}}
    else:
        installed.mapping["name"] = "{{ name[:7] }}"
    await installed.configure()

    replayed = await installed.replay(row.id)
    again = await installed.run(*pages(given[:400], given[400:]))

    assert (row.state, row.error_code, balance(row)) == (
        "partial", "records-failed", {"found": 1_000, "created": 999, "invalid": 1},
    )  # fmt: skip
    assert "1 records are invalid" in (row.error_message or "")
    assert (failure.origin_id, failure.verdict, failure.stage) == ("500", "invalid", "validate")
    assert "name" in failure.reason
    assert "20" in failure.reason
    assert opened_record(installed.engine.keys, failure) == given[500]
    assert (len(before), "500" in before) == (999, False)
    assert (replayed.state, replayed.parent_id, balance(replayed)) == (
        "succeeded", row.id, {"found": 1, "created": 1},
    )  # fmt: skip
    assert [one.state for one in await installed.failures(row.id)] == ["resolved"]
    assert (await installed.names())["500"] == (LONG if mended == "schema" else LONG[:7])
    assert (again.state, balance(again)) == ("succeeded", {"found": 1_000, "unchanged": 1_000})

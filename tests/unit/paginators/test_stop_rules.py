"""When each paginator stops, and when it says that it should not have to."""

import pytest

from openconnector.errors import MalformedAnswer
from openconnector.kinds.paginator import Answer, Ask, End, Paginator
from openconnector.paginators.cursor import CursorToken
from openconnector.paginators.next_url import NextUrl
from openconnector.paginators.offset import Offset
from openconnector.paginators.page_number import PageNumber


def answered(body, count: int) -> Answer:
    return Answer(url="https://api.test/cases", headers={}, body=body, count=count)


def first_ask(paginator: Paginator) -> Ask:
    ask = paginator.next(None, None)
    assert isinstance(ask, Ask)
    return ask


def after(paginator: Paginator, body, count: int) -> Ask | End:
    return paginator.next(first_ask(paginator), answered(body, count))


def test_the_size_is_sent_with_every_page():
    paginator = PageNumber(first=0, size_parameter="per_page", size=50)

    asks = [first_ask(paginator), after(paginator, [], 50)]

    assert [ask.query for ask in asks if isinstance(ask, Ask)] == [
        {"page": "0", "per_page": "50"},
        {"page": "1", "per_page": "50"},
    ]


@pytest.mark.parametrize(
    ("paginator", "count", "ends"),
    [
        (PageNumber(), 1, False),
        (PageNumber(), 0, True),
        (PageNumber(stop="short_page", size=10), 10, False),
        (PageNumber(stop="short_page", size=10), 9, True),
        (PageNumber(stop="not_found"), 1, False),
        (Offset(limit=10), 9, False),
        (Offset(limit=10), 0, True),
        (Offset(limit=10, stop="short_page"), 10, False),
        (Offset(limit=10, stop="short_page"), 9, True),
    ],
)
def test_a_short_or_empty_page_ends_the_read_as_the_rule_says(paginator, count, ends):
    assert (after(paginator, [], count) == End()) is ends


def test_a_missing_page_is_the_end_only_after_the_first_and_only_where_the_rule_says():
    paginator = PageNumber(stop="not_found")
    second = after(paginator, [], 5)
    assert isinstance(second, Ask)

    assert paginator.end_at(second, 404) == End()
    assert paginator.end_at(second, 400) is None
    assert paginator.end_at(first_ask(paginator), 404) is None
    assert PageNumber().end_at(second, 404) is None


def test_the_next_offset_follows_the_records_that_came():
    step = after(Offset(limit=1000), [], 100)

    assert isinstance(step, Ask)
    assert step.query == {"offset": "100", "limit": "1000"}


def test_a_count_from_one_is_kept():
    paginator = Offset(first=1, limit_parameter="", total_position="total")

    step = after(paginator, {"total": 11}, 10)

    assert isinstance(step, Ask)
    assert step.query == {"offset": "11"}
    assert paginator.next(step, answered({"total": 11}, 1)) == End()


@pytest.mark.parametrize(
    ("paginator", "body", "says"),
    [
        (PageNumber(total_position="total"), {"total": 9}, "Page 1 is empty, but only 0 of 9"),
        (PageNumber(pages_position="pages"), {"pages": 2}, "Page 1 is empty, but the source"),
        (Offset(total_position="total"), {"total": 9}, "only 0 of 9 records"),
    ],
)
def test_an_empty_page_before_the_counted_end_is_no_proof(paginator, body, says):
    step = after(paginator, body, 0)

    assert isinstance(step, End)
    assert says in str(step.incomplete)


def test_a_token_that_is_announced_and_missing_is_no_proof():
    paginator = CursorToken(token_position="next", parameter="c", more_position="more")

    assert after(paginator, {"more": False, "next": "x"}, 1) == End()
    assert after(paginator, {"more": True, "next": None}, 1) == End(
        incomplete="'more' announces a next page, but no token stands at 'next'"
    )


@pytest.mark.parametrize(
    ("paginator", "body", "setting"),
    [
        (NextUrl(), {"next": 5}, "nextPosition"),
        (NextUrl(), {"next": ["/a"]}, "nextPosition"),
        (NextUrl(), {"next": "http://[broken"}, "nextPosition"),
        (CursorToken(token_position="t", parameter="c"), {"t": [1]}, "tokenPosition"),
        (CursorToken(token_position="t", parameter="c"), {"t": True}, "tokenPosition"),
        (PageNumber(total_position="total"), {}, "totalPosition"),
        (PageNumber(pages_position="p"), {"p": "many"}, "pagesPosition"),
        (PageNumber(pages_position="p"), {"p": True}, "pagesPosition"),
        (Offset(total_position="total"), {"total": {"value": 3}}, "totalPosition"),
    ],
)
def test_an_answer_that_does_not_page_as_configured_names_the_setting(paginator, body, setting):
    with pytest.raises(MalformedAnswer, match=setting):
        after(paginator, body, 1)

"""What the first answer is taken to say about paging."""

import pytest

from openconnector.kinds.paginator import Answer, Ask, End
from openconnector.paginators.auto import Auto

URL = "https://api.test/v1/cases?open=1"


def step_after(body, *, count: int = 2, link: str = "", parameter: str = "page") -> Ask | End:
    headers = {"link": link} if link else {}
    answer = Answer(url=URL, headers=headers, body=body, count=count)
    return Auto(parameter=parameter).next(Ask(), answer)


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ({"next": "https://api.test/v1/cases?page=2"}, "https://api.test/v1/cases?page=2"),
        ({"next": "?page=2"}, "https://api.test/v1/cases?page=2"),
        ({"next": "cases?page=2"}, "https://api.test/v1/cases?page=2"),
        ({"links": {"next": "/v1/cases?page=2"}}, "https://api.test/v1/cases?page=2"),
        ({"_links": {"next": {"href": "/c?p=2"}}}, "https://api.test/c?p=2"),
        ({"links": {"next": {"href": "/c?p=2", "meta": {}}}}, "https://api.test/c?p=2"),
        ({"@odata.nextLink": "https://api.test/c?$skip=2"}, "https://api.test/c?$skip=2"),
        ({"meta": {"pagination": {"next": "/c?p=2"}}}, "https://api.test/c?p=2"),
        ({"paging": {"next": "/c?p=2", "cursors": {"after": "x"}}}, "https://api.test/c?p=2"),
        ({"hydra:view": {"hydra:next": "/c?page=2"}}, "https://api.test/c?page=2"),
        ({"next_page_url": "https://api.test/c?page=2", "total": 9}, "https://api.test/c?page=2"),
    ],
)
def test_a_link_in_the_body_is_followed(body, url):
    step = step_after(body)

    assert isinstance(step, Ask)
    assert step.url == url


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({"next_cursor": "abc"}, {"cursor": "abc"}),
        ({"next_cursor": 17}, {"cursor": "17"}),
        ({"nextPageToken": "abc"}, {"pageToken": "abc"}),
        ({"response_metadata": {"next_cursor": "abc"}}, {"cursor": "abc"}),
        ({"paging": {"next": {"after": "5", "link": "?after=5"}}}, {"after": "5"}),
        ({"pageInfo": {"endCursor": "e", "hasNextPage": True}}, {"after": "e"}),
        ({"continuationToken": "c/d+e=="}, {"continuationToken": "c/d+e=="}),
        ({"next": "opaque"}, {"cursor": "opaque"}),
        ({"meta": {"next_page": 2}}, {"page": "2"}),
        ({"page": 1, "pages": 3}, {"page": "2"}),
        ({"current_page": 4, "last_page": 9}, {"page": "5"}),
        ({"page": {"number": 0, "totalPages": 2}}, {"page": "1"}),
        ({"totalPages": "3"}, {"page": "2"}),
        ({"offset": 0, "limit": 2, "total": 5}, {"offset": "2", "limit": "2"}),
        ({"skip": 10, "limit": 50}, {"skip": "12", "limit": "50"}),
        ({"startAt": 0, "maxResults": 50, "total": 3}, {"startAt": "2", "maxResults": "50"}),
        ({"total": 3}, {"page": "2"}),
        ({"has_more": True}, {"page": "2"}),
        ({"results": []}, {"page": "2"}),
        ([1, 2], {"page": "2"}),
    ],
)
def test_a_token_or_counter_asks_for_the_next_page(body, query):
    step = step_after(body)

    assert isinstance(step, Ask)
    assert step.query == query


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"next": None, "count": 2}, 2),
        ({"next": "", "previous": "/x"}, 2),
        ({"links": {"self": "/a", "first": "/a", "last": "/a"}}, 2),
        ({"next_cursor": 0}, 2),
        ({"has_more": False, "next_cursor": "still there"}, 2),
        ({"page": 3, "pages": 3}, 2),
        ({"page": 1, "pages": 0}, 0),
        ({"offset": 0, "limit": 10, "total": 2}, 2),
        ({"total": 2}, 2),
        ({"hasNextPage": False}, 2),
        ({"results": []}, 0),
        ([], 0),
    ],
)
def test_the_end_is_seen_at_once(body, count):
    assert step_after(body, count=count) == End()


def test_a_link_header_comes_first():
    step = step_after({"next": "/other"}, link='</v1/cases?p=2>; rel="next"')

    assert isinstance(step, Ask)
    assert step.url == "https://api.test/v1/cases?p=2"


def test_a_link_header_without_a_next_page_is_the_end():
    assert step_after([1, 2], link='</v1/cases?p=1>; rel="prev"') == End()


def test_page_numbers_go_where_the_user_says():
    step = step_after([1, 2], parameter="_page")

    assert isinstance(step, Ask)
    assert step.query == {"_page": "2"}


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"nextThing": {"a": 1}, "items": [1]}, "nextThing"),
        ({"info": {"scrollId": "x"}, "items": [1]}, "scrollId"),
        ({"link": [{"relation": "next", "url": "/b"}], "entry": [1]}, "link"),
        ({"links": [{"rel": "next", "href": "/b"}], "items": [1]}, "links"),
    ],
)
def test_what_speaks_of_more_and_is_not_understood_leaves_the_read_incomplete(body, hint):
    step = step_after(body)
    assert isinstance(step, Ask)

    refused, repeated = Auto().end_at(step, 400), Auto().end_at(step, 200)

    assert refused == repeated
    assert refused is not None
    assert repr(hint) in str(refused.incomplete)


def test_a_counted_total_that_does_not_come_leaves_the_read_incomplete():
    step = step_after({"total": 5})
    assert isinstance(step, Ask)

    end = Auto().next(step, Answer(url=URL, headers={}, body={"total": 5}, count=0))

    assert end == End(incomplete="Page 2 is empty, but only 2 of 5 records have come")


def test_a_refusal_of_what_the_source_announced_is_no_end():
    step = step_after({"page": 1, "pages": 3})
    assert isinstance(step, Ask)

    assert Auto().end_at(step, 404) is None
    assert Auto().end_at(Ask(), 404) is None

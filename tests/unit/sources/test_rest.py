"""What a REST source asks, what it takes for a page, and what it refuses."""

import json

import httpx
import pytest
from pydantic import SecretStr

from openconnector.auth.api_key import ApiKeyAuth
from openconnector.auth.bearer import BearerAuth
from openconnector.errors import (
    ConfigurationError,
    CredentialsRejected,
    EndlessRead,
    InvalidInput,
    LimitExceeded,
    MalformedAnswer,
    OpenConnectorError,
    RateLimited,
    Unavailable,
)
from openconnector.paginators.auto import Auto
from openconnector.paginators.next_url import NextUrl
from openconnector.paginators.page_number import PageNumber
from openconnector.paginators.single_page import SinglePage
from openconnector.ports import SourceCall
from openconnector.records import Page
from openconnector.sources import SOURCES
from openconnector.sources.rest import RestSource
from openconnector.testing import http_for
from tests.fakes.reach import reach_with

LOCATION = "https://api.test/v1"


def rest(**fields) -> RestSource:
    return RestSource.model_validate({"location": LOCATION, "paginator": SinglePage(), **fields})


async def read(source: RestSource, api, cursor=None) -> list[Page]:
    reach = reach_with(http=http_for(api))
    return [page async for page in source.read(reach, cursor)]


class Recorder:
    """An API that always gives the same answer and remembers what it was asked."""

    def __init__(self, answer=None, **response) -> None:
        self.response = response or {"json": [] if answer is None else answer}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(**{"status_code": 200, **self.response})


async def test_a_request_has_the_endpoint_query_headers_and_credentials():
    api = Recorder()
    source = rest(
        endpoint="/cases",
        query={"status": "open & new"},
        headers={"accept": "application/geo+json", "Crs": "EPSG:28992"},
        auth=BearerAuth(token=SecretStr("t0ken")),
    )

    await read(source, api)

    request = api.asked[0]
    assert str(request.url) == "https://api.test/v1/cases?status=open%20%26%20new"
    assert request.headers["accept"] == "application/geo+json"
    assert request.headers["crs"] == "EPSG:28992"
    assert request.headers["authorization"] == "Bearer t0ken"


async def test_a_search_is_sent_as_json_by_post():
    api = Recorder()

    await read(rest(method="POST", body={"filter": {"open": True}}), api)

    assert api.asked[0].method == "POST"
    assert api.asked[0].content == b'{"filter":{"open":true}}'


@pytest.mark.parametrize(
    ("body", "position", "records"),
    [
        ([1, 2], "", [1, 2]),
        ([1, 2], "_root", [1, 2]),
        ({"items": [1], "results": [2]}, "", [1]),
        ({"result": {"total": 1, "records": [3]}}, "", [3]),
        ({"type": "FeatureCollection", "features": [4]}, "", [4]),
        ({"data": {"items": [5]}}, "", [5]),
        ({"_embedded": {"zaken": [6]}}, "", [6]),
        ({"a": {"b": [7]}, "items": [8]}, "a.b", [7]),
        ({"items": None}, "items", []),
        ({"id": 9}, "_object", [{"id": 9}]),
        ([{"id": 9}], "_object", [{"id": 9}]),
        ({"items": [{"id": 1}, "text", None, 3]}, "", [{"id": 1}, "text", None, 3]),
    ],
)
async def test_records_are_found_at_their_position(body, position, records):
    pages = await read(rest(resultsPosition=position), Recorder(body))

    assert pages == [Page(records=records, is_end=True)]


@pytest.mark.parametrize(
    ("body", "position", "what"),
    [
        ({"message": "x", "cases": {}}, "", "the keys 'message', 'cases'"),
        ({"items": None}, "", "the keys 'items'"),
        ({"items": [1]}, "cases", "no list at 'cases'"),
        ({"items": {"1": 2}}, "items", "no list at 'items'"),
        ({"_embedded": {"a": [], "b": []}}, "", "the keys '_embedded'"),
        ({"items": [1]}, "_root", "the keys 'items'"),
        ("text", "", "it is text"),
        (None, "", "it is null"),
        ({}, "", "an empty object"),
    ],
)
async def test_a_page_without_its_list_is_malformed(body, position, what):
    with pytest.raises(MalformedAnswer) as failure:
        await read(rest(resultsPosition=position), Recorder(content=json.dumps(body)))

    assert what in str(failure.value)
    assert "resultsPosition" in str(failure.value)
    assert "GET https://api.test/v1" in str(failure.value)


async def test_no_content_is_an_empty_end():
    assert await read(rest(), Recorder(status_code=204)) == [Page(records=[], is_end=True)]


@pytest.mark.parametrize(
    ("status", "error", "says"),
    [
        (400, ConfigurationError, "answered 400"),
        (401, CredentialsRejected, "answered 401"),
        (403, CredentialsRejected, "answered 403"),
        (404, ConfigurationError, "nothing is there"),
        (410, ConfigurationError, "nothing is there"),
        (422, ConfigurationError, "answered 422"),
        (302, ConfigurationError, "redirect"),
        (429, RateLimited, "answered 429"),
        (500, Unavailable, "answered 500"),
        (501, Unavailable, "answered 501"),
        (503, Unavailable, "answered 503"),
    ],
)
async def test_a_status_says_what_to_do_and_never_a_query_value(status, error, says):
    api = Recorder(status_code=status, headers={"Location": "/login"}, json=[{"id": 1}])

    with pytest.raises(OpenConnectorError) as failure:
        await read(rest(query={"token": "s3cret"}), api)

    assert type(failure.value) is error
    assert says in str(failure.value)
    assert "s3cret" not in str(failure.value)


async def test_rejected_credentials_are_never_the_end_of_the_pages():
    def api(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403 if request.url.query else 200, json=[{"id": 1}])

    with pytest.raises(CredentialsRejected):
        await read(rest(paginator=Auto()), api)


async def test_a_login_page_under_200_stops_the_run():
    api = Recorder(html="<!doctype html><html><form><input type=password></form></html>")

    with pytest.raises(MalformedAnswer, match="looks like a login page"):
        await read(rest(), api)


async def test_a_page_that_repeats_for_ever_ends_the_read():
    api = Recorder([{"id": 1}, {"id": 2}])
    source = rest(paginator=PageNumber())
    pages = []

    with pytest.raises(EndlessRead, match="the same records as the page before"):
        async for page in source.read(reach_with(http=http_for(api))):
            pages.append(page)  # noqa: PERF401 - the pages before the error count

    assert len(pages) == 1
    assert len(api.asked) == 2


async def test_links_that_lead_in_a_circle_end_the_read():
    def api(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", 0))
        return httpx.Response(200, json={"next": f"?page={(page + 1) % 3}", "items": [page]})

    with pytest.raises(EndlessRead, match="in a circle"):
        await read(rest(paginator=NextUrl()), api)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v1?page=2",
        "//evil.test/v1?page=2",
        "https://api.test:8443/v1?page=2",
        "http://169.254.169.254/latest",
        "https://user@api.test/v1",
        "ftp://api.test/v1",
    ],
)
async def test_a_link_to_another_origin_is_not_followed(link):
    api = Recorder({"next": link, "items": [1]})

    with pytest.raises(MalformedAnswer):
        await read(rest(paginator=NextUrl(), auth=BearerAuth(token=SecretStr("t"))), api)

    assert len(api.asked) == 1


async def test_credentials_in_the_query_go_along_with_a_followed_link():
    api = Recorder({"items": [1], "next": None})
    source = rest(
        paginator=NextUrl(), auth=ApiKeyAuth(name="key", key=SecretStr("k"), sent_in="query")
    )
    cursor = {"step": {"url": f"{LOCATION}/cases?page=2"}, "pages": 1, "records": 1, "before": ""}

    await read(source, api, cursor)

    assert str(api.asked[0].url) == "https://api.test/v1/cases?page=2&key=k"


async def test_a_cursor_with_another_origin_is_refused():
    cursor = {"step": {"url": "https://evil.test/"}, "pages": 1, "records": 1, "before": ""}
    api = Recorder()

    with pytest.raises(MalformedAnswer, match="another origin"):
        await read(rest(paginator=NextUrl()), api, cursor)

    assert api.asked == []


async def test_repaired_links_stay_at_the_source_and_keep_its_query():
    def api(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        follows = "page" not in request.url.params
        link = "http://backend:8080/v1/cases?page=2" if follows else None
        return httpx.Response(200, json={"next": link, "items": [len(asked)]})

    asked: list[str] = []
    source = rest(
        endpoint="cases", query={"open": "true"}, paginator=NextUrl(), nextLinks="repaired"
    )

    await read(source, api)

    assert asked == [
        "https://api.test/v1/cases?open=true",
        "https://api.test/v1/cases?page=2&open=true",
    ]


async def test_the_page_cap_leaves_the_read_incomplete_with_a_cursor_to_go_on():
    def api(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return httpx.Response(200, json=[{"id": page}] if page <= 5 else [])

    source = rest(paginator=PageNumber(), maxPages=3)

    first = await read(source, api)
    second = await read(source, api, first[-1].cursor)

    assert [page.records for page in first] == [[{"id": 1}], [{"id": 2}], [{"id": 3}]]
    assert first[-1].incomplete == (
        "The limit of 3 pages (`maxPages`) is reached and more may follow"
    )
    assert not first[-1].is_end
    assert [page.records for page in second] == [[{"id": 4}], [{"id": 5}], []]
    assert second[-1].is_end


async def test_the_page_cap_holds_across_a_resumed_read():
    def api(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[{"id": int(request.url.params["page"])}])

    source = rest(paginator=PageNumber(), maxPages=3)
    first = await read(source, api)

    rest_of_it = await read(source, api, first[0].cursor)

    assert [page.records for page in rest_of_it] == [[{"id": 2}], [{"id": 3}]]
    assert rest_of_it[-1].incomplete


async def test_the_record_cap_leaves_the_read_incomplete():
    def api(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return httpx.Response(200, json=[{"id": page}, {"id": -page}])

    pages = await read(rest(paginator=PageNumber(), maxRecords=3), api)

    assert sum(len(page.records) for page in pages) == 4
    assert pages[-1].incomplete == "The limit of 3 records (`maxRecords`) is reached"


async def test_one_object_is_read_without_paging():
    api = Recorder({"id": 1, "next": "https://api.test/v1?page=2"})

    pages = await read(rest(paginator=NextUrl(), resultsPosition="_object"), api)

    assert len(api.asked) == 1
    assert pages[0].is_end


def test_a_selection_adds_to_query_and_headers_and_replaces_the_rest():
    source = rest(
        endpoint="all", query={"a": "1", "b": "1"}, headers={"Accept": "a/b", "X-One": "1"}
    )

    narrowed = source.narrowed(
        {"endpoint": "cases", "query": {"b": "2"}, "headers": {"accept": "c/d"}, "maxPages": 5}
    )

    assert narrowed.endpoint == "cases"
    assert narrowed.query == {"a": "1", "b": "2"}
    assert narrowed.headers == {"X-One": "1", "accept": "c/d"}
    assert narrowed.max_pages == 5
    assert source.query == {"a": "1", "b": "1"}


def test_a_selection_keeps_the_secrets_of_the_source():
    source = rest(auth=BearerAuth(token=SecretStr("t0ken")))

    narrowed = source.narrowed({"paginator": {"kind": "offset"}})

    assert narrowed.auth == source.auth
    assert narrowed.paginator.kind == "offset"


@pytest.mark.parametrize(
    "selection",
    [
        {"location": "https://evil.test"},
        {"auth": {"kind": "none"}},
        {"nextLinks": "repaired"},
        {"headers": {"Authorization": "Bearer mine"}},
        {"headers": {"cookie": "a=b"}},
        {"headers": {"X": "a\r\nY: b"}},
        {"endpoint": "../../admin"},
        {"query": "a=b"},
        {"unknown": 1},
    ],
)
def test_a_selection_cannot_redirect_the_credentials(selection):
    with pytest.raises(InvalidInput):
        rest(auth=BearerAuth(token=SecretStr("t"))).narrowed(selection)


@pytest.mark.parametrize(
    "fields",
    [
        {"location": "ftp://api.test"},
        {"location": "https://user:password@api.test"},
        {"location": ""},
        {"endpoint": "a/../../b"},
        {"headers": {"Host": "other"}},
        {"headers": {"Bad Name": "x"}},
        {"body": {"a": 1}},
        {"resultsPosition": "$.items["},
        {"maxPages": 0},
        {"paginator": {"kind": "page_number", "stop": "short_page"}},
        {"paginator": {"kind": "page_number", "sizeParameter": "size"}},
        {"paginator": {"kind": "cursor"}},
    ],
)
def test_a_wrong_configuration_is_refused(fields):
    with pytest.raises(InvalidInput):
        SOURCES.load({"kind": "rest", "location": LOCATION, **fields})


async def test_a_call_has_the_address_credentials_headers_and_query_of_the_source():
    api = Recorder(status_code=201, json={"id": 7})
    source = rest(
        endpoint="cases",
        headers={"Crs": "a"},
        query={"v": "1"},
        auth=BearerAuth(token=SecretStr("t")),
    )
    call = SourceCall(
        method="POST", path="zaken/1", query={"w": "2"}, headers={"crs": "b"}, json={"x": 1}
    )

    response = await source.call(reach_with(http=http_for(api)), call)

    request = api.asked[0]
    assert response.status_code == 201
    assert (request.method, str(request.url)) == ("POST", "https://api.test/v1/zaken/1?v=1&w=2")
    assert request.headers["crs"] == "b"
    assert request.headers["authorization"] == "Bearer t"
    assert request.content == b'{"x":1}'


async def test_a_call_cannot_leave_the_source():
    with pytest.raises(ConfigurationError):
        await rest().call(
            reach_with(http=http_for(Recorder())), SourceCall(method="GET", path="../admin")
        )


async def test_an_api_that_answers_with_xml_is_asked_for_it_and_read():
    api = Recorder(content=b"<r><item><id>1</id></item><item/></r>")
    source = rest(decoder={"kind": "xml"}, resultsPosition="item")

    [page] = await read(source, api)

    assert page.records == [{"id": {"#text": "1"}}, []]
    assert api.asked[0].headers["accept"] == "application/xml, text/xml;q=0.9"


async def test_a_query_that_looks_at_too_much_ends_the_read_with_its_limit():
    api = Recorder([[[[0] * 40] * 40] * 40] * 10)

    with pytest.raises(LimitExceeded, match=r"api\.test.*looks at more than"):
        await read(rest(resultsPosition="$..*..*..*"), api)


async def test_an_api_that_answers_with_a_table_is_read_row_by_row():
    api = Recorder(content="naam;n\nAda;1\nJosé;2\n".encode("cp1252"))

    [page] = await read(rest(decoder={"kind": "csv"}), api)

    assert page.records == [{"naam": "Ada", "n": "1"}, {"naam": "José", "n": "2"}]
    assert api.asked[0].headers["accept"].startswith("text/csv")

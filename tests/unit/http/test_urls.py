from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.errors import ConfigurationError, MalformedAnswer
from openconnector.http import urls


@pytest.mark.parametrize(
    ("base", "path", "query", "whole"),
    [
        ("https://api.test", "", {}, "https://api.test/"),
        ("https://api.test/v1", "", {}, "https://api.test/v1"),
        ("https://api.test/v1", "cases", {}, "https://api.test/v1/cases"),
        ("https://api.test/v1/", "/cases/", {}, "https://api.test/v1/cases/"),
        ("https://api.test:8443/v1", "/cases", {}, "https://api.test:8443/v1/cases"),
        ("https://api.test/v1", "c?x=1", {"y": "2"}, "https://api.test/v1/c?x=1&y=2"),
        ("https://api.test/v1?t=7", "c", {"y": "2"}, "https://api.test/v1/c?t=7&y=2"),
        (
            "https://api.test",
            "a b",
            {"q": "a b&c=é"},
            "https://api.test/a%20b?q=a%20b%26c%3D%C3%A9",
        ),
        ("https://api.test", "a%20b", {}, "https://api.test/a%20b"),
        ("https://api.test", "100%", {}, "https://api.test/100%25"),
        ("https://api.test", "a#b", {}, "https://api.test/a%23b"),
        ("https://api.test", "u/me@x.nl", {}, "https://api.test/u/me@x.nl"),
        ("https://api.test", "http:/evil.test", {}, "https://api.test/http:/evil.test"),
        ("https://api.test/#part", "c", {}, "https://api.test/c"),
        ("http://[2606:2800::1]/v1", "c", {}, "http://[2606:2800::1]/v1/c"),
    ],
)
def test_a_path_and_a_query_go_below_the_base(base, path, query, whole):
    assert str(urls.join(base, path, query)) == whole


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../admin",
        "a/../../admin",
        "./a",
        "a/.",
        "%2e%2e/admin",
        "%2E./admin",
        "%252e%252e/admin",
        "..%2fadmin",
        "..%5cadmin",
        "..;/admin",
        "a/..;v=1/b",
        "..\\admin",
        "a\\b",
        "//evil.test/x",
        "a//b",
        "a\r\nHost: evil.test",
        "a\x00b",
        "a%00b",
        "a%0d%0ab",
        "x" * 9000,
    ],
)
def test_a_path_cannot_leave_the_base_or_break_the_request(path):
    with pytest.raises(ConfigurationError):
        urls.join("https://api.test/v1", path)


def test_a_base_cannot_hold_credentials_and_the_error_does_not_repeat_them():
    with pytest.raises(ConfigurationError, match="authentication") as caught:
        urls.location("https://user:t0ps3cret@api.test/")

    assert "t0ps3cret" not in str(caught.value)


@given(st.text(max_size=30), st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3))
def test_whatever_is_joined_stays_below_the_base(path, query):
    try:
        url = urls.join("https://api.test/v1", path, query)
    except ConfigurationError:
        return

    assert urls.origin(url) == "https://api.test:443"
    assert url.path == "/v1" or url.path.startswith("/v1/")
    assert url.userinfo == b""
    assert list(query.items()) == parse_qsl(
        urls.encoded_query(query.items()), keep_blank_values=True
    )
    assert str(url).endswith(urls.encoded_query(query.items()))


@given(st.text(max_size=20))
def test_a_value_put_into_a_path_stays_one_part_of_it(value):
    try:
        url = urls.join("https://api.test", f"cases/{urls.segment(value)}/notes")
    except ConfigurationError:
        return

    assert url.raw_path.count(b"/") == 3
    assert httpx.URL(url).path == f"/cases/{value}/notes"


@pytest.mark.parametrize(
    ("reference", "whole"),
    [
        ("?page=2", "https://api.test/v1/cases?page=2"),
        ("/v2/cases?page=2", "https://api.test/v2/cases?page=2"),
        ("more", "https://api.test/v1/more"),
        ("https://api.test/v1/cases?p=%2B", "https://api.test/v1/cases?p=%2B"),
        ("https://API.test:443/x#top", "https://api.test/x"),
        ("http://api.test/v1/cases?page=2", "https://api.test/v1/cases?page=2"),
    ],
)
def test_a_next_page_is_followed_on_the_same_origin(reference, whole):
    current = httpx.URL("https://api.test/v1/cases?page=1")

    assert urls.is_same_origin(urls.follow(current, reference), httpx.URL(whole))
    assert urls.follow(current, reference).raw_path == httpx.URL(whole).raw_path


@pytest.mark.parametrize(
    "reference",
    [
        "https://evil.test/v1/cases",
        "//evil.test/v1",
        "https://api.test:8443/v1",
        "http://api.test:8080/v1",
        "https://api.test@evil.test/",
        "https://evil.test\\@api.test/",
        "file:///etc/passwd",
        "https://[::1/",
        "https://api.test/\r\nX: y",
        "https://api.test/" + "x" * 9000,
    ],
)
def test_a_next_page_elsewhere_is_not_followed(reference):
    with pytest.raises(MalformedAnswer):
        urls.follow(httpx.URL("https://api.test/v1/cases"), reference)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:secret@api.test/a?key=secret&page=2#secret", "https://api.test/a?key&page"),
        ("https://api.test:8443/a?secret", "https://api.test:8443/a"),
        ("http://[2606:2800::1]:80/", "http://[2606:2800::1]/"),
        ("https://api.test/a%2Fb", "https://api.test/a%2Fb"),
    ],
)
def test_an_address_for_logs_holds_no_values(url, shown):
    assert urls.public_url(httpx.URL(url)) == shown


def test_a_parameter_is_set_once_and_the_others_stay_as_they_were():
    url = httpx.URL("https://api.test/a?q=%20x+y&key=old")

    once = urls.with_parameter(url, "key", "a&b=c")

    assert once.query == b"q=%20x+y&key=a%26b%3Dc"
    assert urls.with_parameter(once, "key", "a&b=c") == once

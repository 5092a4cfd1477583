"""Sources of the predecessor: the same requests, their credentials where they are sealed."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from openconnector.definitions.entries import Contents
from openconnector.definitions.models import SourceDefinition
from openconnector.definitions.predecessor.options import dotted, is_secret
from openconnector.definitions.store import SOURCES, validated
from openconnector.sources.rest import RestSource
from tests.fakes.predecessor import a_source, bundled, exported, without_numbers

TakeOver = Callable[..., Contents]
SECRET = "s3cr3t-of-a-source"


def only(contents: Contents) -> tuple[SourceDefinition, RestSource]:
    assert contents.problems == []
    [entry] = contents.entries
    definition = validated(SOURCES, entry.value)
    assert isinstance(definition.configuration, RestSource)
    return definition, definition.configuration


def auth_of(contents: Contents) -> dict[str, Any]:
    """Return the authentication, its secrets in the clear."""
    auth = only(contents)[1].auth
    return {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name, value in auth
        if name in auth.model_fields_set
    }


def with_options(**options: Any) -> dict[str, Any]:
    return exported(
        "source",
        a_source(configuration={name.replace("__", "."): value for name, value in options.items()}),
    )


def test_a_source_keeps_its_address_and_what_every_request_carries(taken: TakeOver):
    options = {
        "headers.Accept": "application/json",
        "headers.Accept-Crs": ["EPSG:4326"],
        "query.size": 100,
        "query": {"only": True, "off": False, "none": None, "of": ["a", "b"], "in": {"x": 1}},
        "timeout": "12.5",
    }
    definition, source = only(
        taken(exported("source", a_source(configuration=dict(reversed(options.items())))))
    )

    assert (definition.slug, definition.is_enabled) == ("local-json-53245", True)
    assert source.location == "http://source.test"
    assert source.headers == {"Accept": "application/json", "Accept-Crs": "EPSG:4326"}
    assert source.query == {
        "only": "1", "off": "0", "of[0]": "a", "of[1]": "b", "in[x]": "1", "size": "100",
    }  # fmt: skip
    assert source.timeout_seconds == 12.5
    assert source.next_links == "repaired"


BASIC = b64encode(b"jan:geheim:1").decode()
OAUTH = {
    "authentication.grant_type": "client_credentials",
    "authentication.tokenUrl": "https://login.example/token",
    "authentication.scope": "read",
    "authentication.authentication": "body",
    "authentication.client_id": "me",
    "authentication.client_secret": SECRET,
}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"headers.X-API-KEY": SECRET}, {"kind": "api_key", "name": "X-API-KEY", "key": SECRET, "sent_in": "header"}),
        ({"headers": {"Apikey": SECRET}}, {"kind": "api_key", "name": "Apikey", "key": SECRET, "sent_in": "header"}),
        ({"query.api_key": SECRET}, {"kind": "api_key", "name": "api_key", "key": SECRET, "sent_in": "query"}),
        ({"headers.Cookie": "a=b"}, {"kind": "api_key", "name": "Cookie", "key": "a=b", "sent_in": "header"}),
        ({"headers.Authorization": f"Bearer {SECRET}"}, {"kind": "bearer", "token": SECRET}),
        ({"headers.authorization": f"bearer  {SECRET}"}, {"kind": "bearer", "token": SECRET}),
        ({"headers.Authorization": f"Basic {BASIC}"}, {"kind": "basic", "username": "jan", "password": "geheim:1"}),
        ({"headers.Authorization": "Basic ???"},
         {"kind": "api_key", "name": "Authorization", "key": "Basic ???", "sent_in": "header"}),
        ({"headers.Authorization": f"Token {SECRET}"},
         {"kind": "api_key", "name": "Authorization", "key": f"Token {SECRET}", "sent_in": "header"}),
        ({"auth.0": "jan", "auth.1": SECRET}, {"kind": "basic", "username": "jan", "password": SECRET}),
        ({"auth": ["jan", SECRET, "basic"]}, {"kind": "basic", "username": "jan", "password": SECRET}),
        ({"headers.Authorization": "Bearer {{ oauthToken(source) }}", **OAUTH},
         {"kind": "oauth2_client_credentials", "token_url": "https://login.example/token", "client_id": "me",
          "client_secret": SECRET, "credentials_in": "body", "scope": "read"}),
        ({}, {"kind": "none"}),
        (OAUTH, {"kind": "none"}),
    ],
)  # fmt: skip
def test_a_credential_becomes_an_authentication(taken: TakeOver, options: dict, expected: dict):
    found = auth_of(taken(exported("source", a_source(configuration=options))))

    assert {"kind": "none"} | found == expected
    assert not any(
        is_secret(name) for name in only(taken(a_source(configuration=options)))[1].headers
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"auth": "apikey", "apikey": SECRET, "authorizationHeader": "X-Key"},
         {"kind": "api_key", "name": "X-Key", "key": SECRET, "sent_in": "header"}),
        ({"auth": "apikey", "apikey": SECRET, "authorizationHeader": "k", "authorizationPassthroughMethod": "query"},
         {"kind": "api_key", "name": "k", "key": SECRET, "sent_in": "query"}),
        ({"auth": "username-password", "username": "jan", "password": SECRET},
         {"kind": "basic", "username": "jan", "password": SECRET}),
        ({"auth": "jwt", "jwt": SECRET}, {"kind": "bearer", "token": SECRET}),
    ],
)  # fmt: skip
def test_a_credential_that_was_kept_and_never_sent_comes_with_a_warning(
    taken: TakeOver, fields: dict, expected: dict
):
    contents = taken(exported("source", a_source(**fields)))

    assert auth_of(contents) == expected
    assert "never sent" in contents.entries[0].warnings[0]


def test_fields_of_the_source_are_filled_into_its_options(taken: TakeOver):
    options = {"headers.X-Api-Key": "{{ source.apikey }}", "headers.X-From": "{{ source.name }}"}

    contents = taken(a_source(apikey=SECRET, name="Ours", configuration=options))

    assert auth_of(contents)["key"] == SECRET
    assert only(contents)[1].headers == {"X-From": "Ours"}


def test_credentials_in_the_address_are_taken_out_of_it(taken: TakeOver):
    by_user = taken(a_source(location=f"https://jan:{SECRET}@api.example/v1"))
    by_parameter = taken(a_source(location=f"https://api.example/v1?of=1&apikey={SECRET}"))

    assert only(by_user)[1].location == "https://api.example/v1"
    assert auth_of(by_user)["password"] == SECRET
    assert only(by_parameter)[1].location == "https://api.example/v1"
    assert only(by_parameter)[1].query == {"of": "1"}
    assert auth_of(by_parameter)["key"] == SECRET


def test_a_header_that_was_removed_from_a_configuration_set_is_made_up_for_by_its_settings(
    taken: TakeOver,
):
    contents = taken(bundled(sources={"s": without_numbers(a_source(configuration=OAUTH))}))

    assert auth_of(contents)["kind"] == "oauth2_client_credentials"
    assert "removed when it was exported" in contents.entries[0].warnings[0]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"type": "soap"}, "type"),
        ({"type": "file"}, "type"),
        ({"location": None}, "location"),
        ({"location": "https://api.example?a=1&a=2"}, "location"),
        ({"configuration": "no object"}, "configuration"),
        ({"configuration": {"headers": 7}}, "configuration.headers"),
        ({"configuration": {"headers.A": {"b": {}}}}, "configuration.headers.A"),
        ({"configuration": {"verify": False}}, "configuration.verify"),
        ({"configuration": {"cert": "x"}}, "configuration.cert"),
        ({"configuration": {"json": {"a": 1}}}, "configuration.json"),
        ({"configuration": {"preRequest": {"endpoint": "/login"}}}, "configuration.preRequest"),
        ({"configuration": {"auth": ["a", "b", "digest"]}}, "configuration.auth"),
        ({"configuration": {"headers.Authorization": "Bearer {{ jwtToken(source) }}"}},
         "configuration.headers.Authorization"),
        ({"configuration": {"query.since": "{{ 'now'|date }}"}}, "configuration.query.since"),
        ({"configuration": {"headers.Authorization": SECRET, "query.apikey": SECRET}}, "configuration"),
        ({"configuration": OAUTH | {"headers.Authorization": "Bearer {{ oauthToken(source) }}",
                                    "authentication.grant_type": "password"}}, "configuration.headers.Authorization"),
    ],
)  # fmt: skip
def test_a_source_whose_requests_would_be_others_is_refused(
    taken: TakeOver, fields: dict, where: str
):
    [wrong] = taken(exported("source", a_source(**fields))).problems

    assert wrong.field == where
    assert SECRET not in wrong.message


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"configuration": {"sink": "kept.txt", "http_errors": True}}, "http_errors, sink"),
        ({"configuration": {"allow_redirects": {"max": 5}}}, "Redirects are not followed"),
        ({"configuration": {"timeout": 0}}, "the longest is taken"),
        ({"configuration": {"headers.Connection": "close"}}, "Connection"),
        ({"configuration": {"query.a": 1}, "location": "https://api.example?b=2"}, "in place of those"),
        ({"accept": "application/json", "documentation": "x"}, "accept, documentation"),
        ({"rateLimitLimit": 60, "rateLimitWindow": 60}, "limit of 60 calls"),
        ({"logRetention": 7200}, "logRetention"),
        ({"auth": "pink-jwt"}, "had no effect"),
        ({"location": "http://10.0.0.1:8080/api"}, "not a public one"),
        ({"location": "http://localhost/api"}, "not a public one"),
    ],
)  # fmt: skip
def test_what_is_merely_odd_comes_with_a_warning(taken: TakeOver, fields: dict, said: str):
    contents = taken(a_source(**fields))

    only(contents)
    assert said in contents.entries[0].warnings[0]


@pytest.mark.parametrize(
    ("given", "expected"), [(1, True), (0, False), (None, False), ("0", False)]
)
def test_a_source_that_was_switched_off_stays_off(taken: TakeOver, given: Any, *, expected: bool):
    assert only(taken(a_source(isEnabled=given)))[0].is_enabled is expected


def test_a_source_that_asks_for_xml_reads_xml(taken: TakeOver):
    found = only(taken(a_source(configuration={"headers.Accept": "application/xml"})))

    assert found[1].decoder.kind == "xml"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a.b": 1, "a.c": 2}, {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1}, "a.c": 2}, {"a": {"b": 1, "c": 2}}),
        ({"a": 1, "a.c": 2}, {"a": {"c": 2}}),
        ({"a": ["x"], "a.1": "y"}, {"a": {"0": "x", "1": "y"}}),
        ({"a": {"b.c": 1}}, {"a": {"b.c": 1}}),
    ],
)
def test_dotted_names_are_expanded_at_the_top(given: dict, expected: dict):
    assert dotted(given) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("X-API-Key", True), ("apikey", True), ("api_key", True), ("accessToken", True), ("Authorization", True),
        ("keyword", False), ("X-Total", False), ("author", False), ("pageSize", False), ("", False),
    ],
)  # fmt: skip
def test_a_secret_is_known_by_the_words_in_its_name(name: str, *, expected: bool):
    assert is_secret(name) is expected

"""Promises about what an error repeats of a wrong configuration."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from openconnector.auth import AUTH
from openconnector.errors import InvalidInput, UnknownKind
from openconnector.kinds.registry import Registry, problems_of
from openconnector.kinds.source import Source
from openconnector.sources import SOURCES
from openconnector.sources.rest import RestSource


@pytest.mark.parametrize(
    "configuration",
    [
        {"kind": "bearer", "token": 12345678},
        {"kind": "bearer", "token": "hidden\n12345678"},
        {"kind": "bearer", "tokn": "12345678", "token": "x"},
        {"kind": "basic", "username": "u", "password": [12345678]},
    ],
)
def test_an_error_never_repeats_what_may_be_a_secret(configuration: dict):
    with pytest.raises(InvalidInput) as caught:
        AUTH.load(configuration)

    assert "12345678" not in str(caught.value)
    assert all("12345678" not in repr(problem) for problem in caught.value.problems)


def test_an_error_never_repeats_an_address_with_a_password():
    with pytest.raises(InvalidInput) as caught:
        SOURCES.load({"kind": "rest", "location": "https://u:12345678@example.org"})

    assert all("12345678" not in repr(problem) for problem in caught.value.problems)


def test_every_wrong_field_is_named_at_once_with_its_value():
    with pytest.raises(InvalidInput) as caught:
        SOURCES.load(
            {"kind": "rest", "location": "https://example.org", "maxPages": 0, "method": "PUT"}
        )

    assert {(problem.field, problem.value) for problem in caught.value.problems} == {
        ("maxPages", 0),
        ("method", "PUT"),
    }


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(UnknownKind, match=r"known: .*bearer"):
        AUTH.load({"kind": "bearrer"})


def test_a_missing_kind_says_which_there_are():
    with pytest.raises(InvalidInput, match=r"one of .*bearer"):
        AUTH.load({"token": "x"})


def test_a_wrong_field_within_a_kind_is_named_as_it_was_sent():
    configuration = {
        "kind": "rest",
        "location": "https://example.org",
        "auth": {"kind": "api_key", "name": "k", "key": "x", "sentIn": "body"},
        "paginator": {"kind": "cursor"},
    }

    with pytest.raises(InvalidInput) as caught:
        SOURCES.load(configuration)

    assert sorted(problem.field for problem in caught.value.problems) == [
        "auth.sentIn",
        "paginator.parameter",
        "paginator.tokenPosition",
    ]


def test_a_kind_that_exists_only_inside_nextcloud_says_so_where_there_is_none():
    alone = Registry[Source]("source", RestSource)
    union: TypeAdapter[Source] = TypeAdapter(Annotated[Source, alone])

    with pytest.raises(UnknownKind, match="needs Nextcloud"):
        alone["nextcloud_users"]
    with pytest.raises(ValidationError) as caught:
        union.validate_python({"kind": "nextcloud_users"})
    with pytest.raises(UnknownKind, match=r"known: .*nextcloud_users"):
        SOURCES["nextcloud_usres"]

    assert "needs Nextcloud" in problems_of(caught.value)[0].message

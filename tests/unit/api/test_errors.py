"""How errors are told."""

import inspect

import orjson
import pytest

from openconnector import errors
from openconnector.api.errors import TOLD, problem, told_as
from openconnector.errors import (
    FieldProblem,
    InvalidInput,
    MaybeSent,
    OpenConnectorError,
    RateLimited,
)

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, OpenConnectorError) and kind is not OpenConnectorError
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_of_the_engine_has_a_status(kind: type[OpenConnectorError]):
    told = told_as(kind)

    assert 400 <= told.status < 600
    assert told.status != 500
    assert told.title


def test_no_status_is_told_for_an_error_that_does_not_exist():
    assert set(TOLD) <= set(KINDS)


def test_a_problem_names_every_field_and_leaves_out_absent_values():
    wrong = InvalidInput(
        [
            FieldProblem(field="a", message="is missing"),
            FieldProblem(field="b", message="x", value=0),
        ]
    )

    body = orjson.loads(problem(wrong, "/api/v1/sources").body)

    assert body == {
        "type": "urn:openconnector:problem:invalid-input",
        "title": "The request is not valid",
        "status": 400,
        "detail": "The request is not valid: a: is missing; b: x",
        "instance": "/api/v1/sources",
        "errors": [
            {"field": "a", "message": "is missing"},
            {"field": "b", "message": "x", "value": 0},
        ],
    }


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(RateLimited("wait", retry_after_seconds=42.4), "42"), (MaybeSent("cut"), "5")],
)
def test_an_error_that_passes_says_when_to_come_back(error: OpenConnectorError, seconds: str):
    answer = problem(error, "/")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, seconds)

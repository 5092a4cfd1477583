"""The OpenAPI document: what it promises holds, and it follows the Dutch API design rules.

`SCHEMATHESIS_EXAMPLES=100 pytest tests/conformance/test_openapi.py` looks as hard as a release should.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from werkzeug.test import Client

from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.engine import Engine, Settings
from tests.fakes.gateway import Gateway, gateway

TOKEN = "right"
DOCUMENT = "/openapi.json"
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
FEW = 3
"""Examples of an operation when nobody asks for more."""

LEFT_TO_OTHERS = {
    "POST /sources",  # half of all there is to ask: `test_kinds.py` looks at the fields of kinds
    "POST /synchronizations",
    "POST /schedules/preview",
    "GET /configuration",  # goes through all that was saved by then, every time
    "POST /audit/verify",
}
"""What the coverage phase passes over unless one looks hard."""

PHASES = ("examples", "coverage", "fuzzing", "stateful")

REFUSED = ["400", "401", "404", "405", "409", "412", "413", "415"]
"""What wrong data may be answered with; beside the usual ones a precondition that is wrong too."""

ACCEPTED = ["2xx", "401", "404", "409", "412"]
"""What right data may be answered with: it may name what is not there, or be based on an old revision."""

SAVES = tuple(
    f"{method} /{name}{suffix}"
    for name in ("sources", "mappings", "synchronizations", "registers", "schemas")
    for method, suffix in (("POST", ""), ("PUT", "/{key}"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Why a check is looser for some operations. No operation is left out."""

    check: str
    operations: Sequence[str]
    reason: str
    settings: Mapping[str, Any]


OFF = {"enabled": False}
BEYOND_SCHEMA = {"expected-statuses": [*ACCEPTED, "400"]}

EXCUSES = (
    Excuse(
        check="positive_data_acceptance",
        operations=SAVES,
        reason="expressions must compile, references exist, addresses be addresses: JSON Schema cannot say it",
        settings=BEYOND_SCHEMA,
    ),
    Excuse(
        check="positive_data_acceptance",
        operations=(
            "POST /mappings/test",
            "POST /sources/{key}/test",
            "POST /mappings/suggest",
            "POST /mappings/verify",
            "POST /schedules/preview",
            "POST /mappings/infer",
            "PUT /draft",
            "POST /draft/test",
            "POST /draft/mapping",
            "POST /draft/save",
            "POST /configuration/import",
        ),
        reason="the same holds for what is tried out, and whole numbers in free JSON have 64 bits",
        settings=BEYOND_SCHEMA,
    ),
    Excuse(
        check="positive_data_acceptance",
        operations=(
            "GET /objects/{register}/{schema}",
            "POST /objects/{register}/{schema}",
            "PUT /objects/{register}/{schema}/{object_id}",
        ),
        reason="a stored schema, not this document, says which properties there are",
        settings=BEYOND_SCHEMA,
    ),
    Excuse(
        check="positive_data_acceptance",
        operations=("PUT /settings", "PUT /user/me"),
        reason="networks must be networks, and Nextcloud decides what an account may be called: beyond JSON Schema",
        settings=BEYOND_SCHEMA,
    ),
    Excuse(
        check="allow_header_conformance",
        operations=tuple(
            f"POST /mappings/{name}" for name in ("test", "suggest", "verify", "infer")
        ),
        reason="a mapping with such a slug lives at the same address, with other methods",
        settings=OFF,
    ),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Gateway]:
    """The interface over an engine of its own, for whoever has the token."""
    storage = tmp_path_factory.mktemp("storage")
    shutil.copy(migrated_file, storage)
    engine = Engine(Settings(storage=storage))
    with gateway(create_api(engine, authenticate=by_token(TOKEN))) as running:
        running.call(engine.__aenter__)
        yield running
        running.call(engine.__aexit__, None, None, None)


@pytest.fixture(scope="module")
def described(served: Gateway) -> dict[str, Any]:
    """The document, as everybody gets it."""
    found: dict[str, Any] = json.loads(Client(served).get(DOCUMENT).data)
    return found


def operations(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in described["paths"].items()
        for method, operation in item.items()
    }


def passes(described: dict[str, Any]) -> dict[str, str]:
    """Return the phase that each operation goes without unless one looks hard.

    The coverage phase tries each value of each field: where a body, else the parameters, are of types that no
    operation before has. All others are fuzzed.
    """
    phases: dict[str, str] = {}
    seen: set[str] = set()
    for name, operation in operations(described).items():
        body = [json.dumps(operation.get("requestBody"))]
        parameters = [json.dumps(_type(one)) for one in operation.get("parameters", ())]
        decides = body if "requestBody" in operation else parameters
        is_covered = name not in LEFT_TO_OTHERS and not seen.issuperset(decides)
        phases[name] = "fuzzing" if is_covered else "coverage"
        seen.update([*body, *parameters] if is_covered else decides)
    return phases


def _type(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return what a parameter's values are checked by, whatever it is called and means."""
    meaning = {"title", "description", "default", "enum"}
    schema = {name: value for name, value in parameter["schema"].items() if name not in meaning}
    return {"in": parameter["in"], "schema": schema, "has_names": "enum" in parameter["schema"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a session with schemathesis brought."""

    failures: list[str]
    statuses: set[int]
    tested: set[str]


def explored(
    served: Gateway,
    *,
    examples: int,
    phases: Sequence[str],
    headers: dict[str, str],
    without: Mapping[str, str] | None = None,
) -> Findings:
    """Try every operation with right and wrong data and follow what they name; some go ``without`` a phase."""
    passed_over = without or {}
    checks: dict[str, dict[str, Any]] = {name: {} for name in passed_over}
    for excuse in EXCUSES:
        for operation in excuse.operations:
            checks.setdefault(operation, {})[excuse.check] = excuse.settings
    configuration = {
        "base-url": "http://localhost/api/v1",  # one check takes a relative server for a host
        "headers": headers,
        "generation": {
            "max-examples": examples,
            "deterministic": not EXAMPLES,
            "database": "none",
            "allow-x00": False,  # a query or body with NUL is refused, and tests of our own see to that
        },
        "phases": {name: {"enabled": name in phases} for name in PHASES},
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ACCEPTED},
            "negative_data_rejection": {"expected-statuses": REFUSED},
            "ignored_auth": OFF,  # does not run over WSGI; the test without credentials does its work
        },
        "operations": [
            {
                "include-name": name,
                "checks": loose,
                "phases": {passed_over[name]: OFF} if name in passed_over else {},
            }
            for name, loose in checks.items()
        ],
    }
    schema = schemathesis.openapi.from_wsgi(
        DOCUMENT, served, config=SchemathesisConfig.from_dict(configuration)
    )
    return _gathered(from_schema(schema).execute())


def _gathered(stream: Any) -> Findings:
    found = Findings(failures=[], statuses=set(), tested=set())
    for event in stream:
        if isinstance(event, events.NonFatalError):
            found.failures.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.ScenarioFinished):
            _note(found, event.recorder)
    return found


def _note(found: Findings, recorder: Any) -> None:
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            found.statuses.add(interaction.response.status_code)
    found.tested.update(node.value.operation.label for node in recorder.cases.values())
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info:
                label = recorder.cases[case_id].value.operation.label
                told = f"{check.failure_info.failure.title}: {check.failure_info.failure.message}"
                found.failures.append(f"{label}: {told}\n{check.failure_info.code_sample}")


@pytest.mark.slow
def test_every_operation_does_what_the_document_says(served: Gateway, described: dict[str, Any]):
    found = explored(
        served,
        examples=EXAMPLES or FEW,
        phases=PHASES,
        headers={"Authorization": f"Bearer {TOKEN}"},
        without={} if EXAMPLES else passes(described),
    )

    assert found.failures == [], "\n\n".join(found.failures)
    assert found.tested == set(operations(described))
    assert {200, 201, 400, 404, 412} <= found.statuses


def test_nobody_gets_in_without_credentials(served: Gateway, described: dict[str, Any]):
    client = Client(served)
    answered: dict[str, int] = {}
    for name in operations(described):
        method, path = re.sub(r"\{\w+\}", "1", name).split()
        answered[name] = client.open(f"/api/v1{path}", method=method, json={}).status_code

    assert answered.pop("POST /user/login") == 400  # it is there for them
    assert {name: status for name, status in answered.items() if status != 401} == {}


@pytest.mark.skipif(not EXAMPLES, reason="not asked for: SCHEMATHESIS_EXAMPLES is not set")
def test_nobody_gets_in_whatever_is_sent(served: Gateway, described: dict[str, Any]):
    found = explored(served, examples=EXAMPLES, phases=PHASES, headers={})

    assert found.failures == [], "\n\n".join(found.failures)
    assert found.tested == set(operations(described))
    # 400 and 415 by the login alone
    assert found.statuses <= {400, 401, 404, 405, 415}


def test_excuses_are_for_operations_that_exist(described: dict[str, Any]):
    excused = {operation for excuse in EXCUSES for operation in excuse.operations}

    assert excused <= set(operations(described))


def test_every_answer_names_the_version(described: dict[str, Any]):
    """/core/version-header."""
    answers = [
        answer
        for operation in operations(described).values()
        for answer in operation["responses"].values()
    ]

    assert all("$ref" in answer or "API-Version" in answer["headers"] for answer in answers)
    assert all(
        "API-Version" in answer["headers"]
        for answer in described["components"]["responses"].values()
    )


def test_every_error_is_a_problem_document(described: dict[str, Any]):
    """/core/error-handling/problem-details."""
    shared = described["components"]["responses"]
    for operation in operations(described).values():
        for status, answer in operation["responses"].items():
            if status[0] in "45d":
                assert answer == {"$ref": f"#/components/responses/{status}"}

    assert all(
        list(answer["content"]) == ["application/problem+json"] for answer in shared.values()
    )
    problem = described["components"]["schemas"]["Problem"]
    assert {"type", "title", "status", "detail"} <= set(problem["required"])


def test_wrong_input_is_answered_with_400_and_never_422(described: dict[str, Any]):
    """/core/error-handling/invalid-input."""
    statuses = [set(operation["responses"]) for operation in operations(described).values()]

    assert all("400" in told for told in statuses)
    assert not any("422" in told for told in statuses)
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_paths_are_kebab_case_without_a_trailing_slash(described: dict[str, Any]):
    """/core/path-segments-kebab-case and /core/no-trailing-slash."""
    segment = re.compile(r"[a-z0-9-]+|\{[a-z_]+\}")
    segments = [part for path in described["paths"] for part in path.removeprefix("/").split("/")]

    assert [part for part in segments if not segment.fullmatch(part)] == []


def test_query_parameters_are_camel_case(described: dict[str, Any]):
    """/core/query-keys-camel-case, save for the four of lists: those are the predecessor's names."""
    names = {
        parameter["name"]
        for operation in operations(described).values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    } - {"_search", "_sort", "_limit", "_page"}

    assert [name for name in names if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", name)] == []


def test_every_operation_has_a_name_of_its_own_and_an_explanation(described: dict[str, Any]):
    told = operations(described)
    names = [operation["operationId"] for operation in told.values()]

    assert len(set(names)) == len(names)
    assert all(operation["description"] and operation["tags"] for operation in told.values())


def test_the_document_says_where_the_major_version_is(described: dict[str, Any]):
    """/core/uri-version and /core/semver."""
    assert [urljoin(DOCUMENT, one["url"]) for one in described["servers"]] == ["/api/v1"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", described["info"]["version"])


def test_secrets_are_described_as_text_that_answers_mask(described: dict[str, Any]):
    token = described["components"]["schemas"]["BearerAuth"]["properties"]["token"]

    assert token["format"] == "password"
    assert "writeOnly" not in token

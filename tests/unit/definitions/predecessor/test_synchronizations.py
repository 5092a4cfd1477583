"""Synchronizations of the predecessor: the same records to the same place, or a reason why not."""

from collections.abc import Callable
from typing import Any

import pytest

from openconnector.definitions.entries import Contents
from openconnector.definitions.models import SynchronizationDefinition
from openconnector.definitions.store import SYNCHRONIZATIONS, validated
from openconnector.targets.rest import RestTarget
from tests.fakes.predecessor import (
    ADDRESS,
    a_mapping,
    a_source,
    a_synchronization,
    bundled,
    exported,
    without_numbers,
)

TakeOver = Callable[..., Contents]


AT_API = {"targetType": "api", "targetId": "2"}


def around(**fields: Any) -> list[dict[str, Any]]:
    """Return a synchronization with what it names."""
    return [a_synchronization(**fields), a_source(), a_source(2, slug="desk"), a_mapping()]


def only(contents: Contents) -> SynchronizationDefinition:
    assert contents.problems == []
    [value] = [entry.value for entry in contents.entries if entry.section == "synchronizations"]
    return validated(SYNCHRONIZATIONS, value)


def warnings(contents: Contents) -> str:
    return "; ".join(
        warning
        for entry in contents.entries
        if entry.section == "synchronizations"
        for warning in entry.warnings
    )


def test_the_recorded_synchronization_reads_maps_and_writes_the_same(taken: TakeOver):
    contents = taken(around())
    found = only(contents)

    assert (found.source_id, found.source_target_mapping) == (
        "local-json-53245",
        "ext-to-persoon-53245",
    )
    assert found.source_config.id_position == "id"
    assert found.source_config.selection == {
        "endpoint": "/items?n=20&limit=100",
        "resultsPosition": "results",
    }
    assert found.target.model_dump(by_alias=True) == {
        "kind": "object_store",
        "register": "4",
        "schema": "4",
    }
    assert (found.conditions, found.deletion.mode) == (None, "delete")
    assert "by their numbers in Open Register" in warnings(contents)


def test_a_configuration_set_names_everything_by_slug(taken: TakeOver):
    synchronization = a_synchronization(
        sourceId="zaken", sourceTargetMapping="zaak", targetId="zaken/zaak", followUps=["later"]
    )
    parts = {
        "sources": {"zaken": without_numbers(a_source(slug="zaken"))},
        "mappings": {"zaak": without_numbers(a_mapping(slug="zaak"))},
        "synchronizations": {
            "s": without_numbers(synchronization),
            "later": without_numbers(synchronization | {"slug": "later", "followUps": []}),
        },
    }

    contents = taken(bundled(**parts))

    assert contents.problems == []
    found = next(entry.value for entry in contents.entries if entry.value["slug"] == "sync-53245")
    assert (found["sourceId"], found["sourceTargetMapping"]) == ("zaken", "zaak")
    assert found["target"] == {"kind": "object_store", "register": "zaken", "schema": "zaak"}
    assert found["followUps"] == ["later"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"resultsPosition": "_root", "idPosition": "a.b"}, {"resultsPosition": "_root"}),
        ({"headers.Accept": "text/json", "query.of": 7}, {"headers": {"Accept": "text/json"}, "query": {"of": "7"}}),
        ({"usesPagination": "false"}, {"paginator": {"kind": "single_page"}}),
        ({"usesPagination": 0}, {"paginator": {"kind": "single_page"}}),
        ({"usesPagination": "true", "paginationQuery": "p"}, {"paginator": {"kind": "auto", "parameter": "p"}}),
        ({"maxPages": "3"}, {"maxPages": 3}),
        ({"endpoint": "/a?b=c", "query": {"d": "e"}}, {"endpoint": "/a", "query": {"d": "e"}}),
        ({"useDataAsRequestBody": False, "extraDataConfigs": [], "triggerOnlyOnEvents": "create"}, {}),
    ],
)  # fmt: skip
def test_what_is_read_is_taken_over(taken: TakeOver, config: dict, expected: dict):
    assert only(taken(around(sourceConfig=config))).source_config.selection == expected


def test_conditions_keep_the_rules_of_php(taken: TakeOver):
    rule = {"==": [{"var": "a&#46;b"}, "1"]}

    found = only(taken(around(conditions=f"{rule}".replace("'", '"'))))

    assert (found.conditions, found.conditions_mode) == (rule, "php")


def test_an_api_as_target_gets_the_same_requests_and_no_deletions(taken: TakeOver):
    config = {
        "endpoint": "http://source.test/zaken",
        "updateEndpoint": "/zaken/{{originId}}/wijzig",
        "updateMethod": "patch",
        "idposition": "data.id",
        "headers.Accept": "application/json",
        "deleteEndpoint": "/weg",
    }

    contents = taken(around(targetType="api", targetId="2", targetConfig=config))
    found = only(contents)

    assert isinstance(found.target, RestTarget)
    assert (found.target.source, found.target.endpoint) == ("desk", "/zaken")
    assert found.target.update_endpoint == "/zaken/{{ targetId }}/wijzig"
    assert (found.target.create_method, found.target.update_method) == ("POST", "PATCH")
    assert (found.target.id_position, found.target.concurrency) == ("data.id", 1)
    assert (found.target.idempotency_header, found.deletion.mode) == ("", "keep")
    assert "deleteEndpoint" in warnings(contents)


def test_what_came_in_before_is_named_by_its_address(taken: TakeOver):
    found = only(taken(exported("synchronization", a_synchronization(followUps=[9]))))

    assert found.source_id == f"{ADDRESS}/sources/1"
    assert found.source_target_mapping == f"{ADDRESS}/mappings/1"
    assert found.follow_ups == [f"{ADDRESS}/synchronizations/9"]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"sourceType": "register/schema"}, "0.sourceType"),
        ({"sourceId": None}, "0.sourceId"),
        ({"sourceId": "17"}, "0.sourceId"),
        ({"sourceTargetMapping": 17}, "0.sourceTargetMapping"),
        ({"followUps": [17]}, "0.followUps.0"),
        ({"followUps": [{}]}, "0.followUps.0"),
        ({"actions": [1, 2]}, "0.actions"),
        ({"targetType": "database"}, "0.targetType"),
        ({"targetType": None}, "0.targetType"),
        ({"targetId": "4"}, "0.targetId"),
        ({"targetId": "4/4/4"}, "0.targetId"),
        ({"sourceConfig": "x"}, "0.sourceConfig"),
        ({"sourceConfig": {"endpoint": "items"}}, "0.sourceConfig.endpoint"),
        ({"sourceConfig": {"endpoint": "/a/{{ data.id }}"}}, "0.sourceConfig.endpoint"),
        ({"sourceConfig": {"endpoint": ["/a"]}}, "0.sourceConfig.endpoint"),
        ({"sourceConfig": {"endpoint": "/a?apikey=x"}}, "0.sourceConfig.endpoint.apikey"),
        ({"sourceConfig": {"query.token": "x"}}, "0.sourceConfig.query.token"),
        ({"sourceConfig": {"headers.X-Api-Key": "x"}}, "0.sourceConfig.headers.X-Api-Key"),
        ({"sourceConfig": {"query.since": "{{ 'now'|date }}"}}, "0.sourceConfig.query.since"),
        ({"sourceConfig": {"idPosition": "$.id"}}, "0.sourceConfig.idPosition"),
        ({"sourceConfig": {"maxPages": "many"}}, "0.sourceConfig.maxPages"),
        ({"sourceConfig": {"useDataAsRequestBody": "#"}}, "0.sourceConfig.useDataAsRequestBody"),
        ({"sourceConfig": {"extraDataConfigs": [{"staticEndpoint": "/x"}]}}, "0.sourceConfig.extraDataConfigs"),
        ({"sourceConfig": {"subObjects": {"a": {}}}}, "0.sourceConfig.subObjects"),
        ({"sourceConfig": {"synchronizationType": "delete"}}, "0.sourceConfig.synchronizationType"),
        ({"conditions": {"!!": {"var": "flowToken.a"}}}, "0.conditions"),
        (AT_API | {"targetConfig": {"updateMapping": 1}}, "0.targetConfig.updateMapping"),
        (AT_API | {"targetConfig": {"endpoint": "/{{ originId }}"}}, "0.targetConfig.endpoint"),
        (AT_API | {"targetConfig": {"updateMethod": "MOVE"}}, "0.targetConfig.updateMethod"),
        (AT_API | {"targetConfig": {"json": {"a": 1}}}, "0.targetConfig.json"),
    ],
)  # fmt: skip
def test_a_synchronization_that_would_do_something_else_is_refused(
    taken: TakeOver, fields: dict, where: str
):
    assert [wrong.field for wrong in taken(around(**fields)).problems] == [where]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"targetSourceMapping": "1"}, "never used its targetSourceMapping"),
        ({"sourceConfig": {"deleteInvalidObjects": False, "sourceHashPosition": "x"}}, "sourceHashPosition"),
        ({"sourceConfig": {"maxPages": 2}}, "stops after 2 pages"),
        ({"targetConfig": {"endpoint": "/x"}}, "Not used for registers"),
    ],
)  # fmt: skip
def test_what_had_no_effect_comes_with_a_warning(taken: TakeOver, fields: dict, said: str):
    contents = taken(around(**fields))

    only(contents)
    assert said in warnings(contents)


@pytest.mark.parametrize("part", ["sourceConfig", "targetConfig"])
def test_parameters_of_the_source_take_the_place_of_those_in_an_endpoint(
    taken: TakeOver, part: str
):
    source = a_source(configuration={"query.a": 1, "headers.X-A": "1"})
    own = {part: {"endpoint": "/x?b=2", "headers.x-a": "2"}}

    contents = taken([a_synchronization() | AT_API | {"targetId": "1"} | own, source, a_mapping()])
    found = only(contents)

    assert isinstance(found.target, RestTarget)
    assert "/x" in (found.source_config.selection.get("endpoint"), found.target.endpoint)
    assert "in place of those in the endpoint" in warnings(contents)
    assert "here its own is sent: x-a" in warnings(contents)


def test_contracts_are_left_out_and_what_follows_is_said(taken: TakeOver):
    contents = taken([*around(), {"uuid": "c", "originId": "1", "targetId": "x"}])

    assert "objects of its own" in warnings(contents)
    assert [one.section for one in contents.left_out] == ["contract"]


def test_a_restricted_deletion_becomes_none(taken: TakeOver):
    assert only(taken(around(sourceConfig={"restrictDeletion": True}))).deletion.mode == "keep"


def test_a_condition_that_nests_without_end_is_no_crash(taken: TakeOver):
    rule: Any = {"var": "a"}
    for _ in range(900):
        rule = {"!": rule}

    assert taken(around(conditions=rule)).problems == []

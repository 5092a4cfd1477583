"""Promises of the target `nextcloud_files`: one file per record, and nobody's change is lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ex_app.kinds.file_making import Making
from ex_app.kinds.targets.nextcloud_files import NextcloudFilesTarget
from openconnector.errors import LimitExceeded, RecordError, TransientError
from openconnector.records import Action, Change, Outcome, Verdict
from tests.fakes.native import Made, reach_to
from tests.fakes.nextcloud import FakeNextcloud

PATHS = json.loads((Path(__file__).parents[3] / "corpora" / "unsafe_paths.json").read_text())


async def write(
    nextcloud: FakeNextcloud, *changes: Change, owners: Made | None = None, **fields: Any
) -> list[Outcome]:
    target = NextcloudFilesTarget(**{"form": "text", **fields})
    return await target.write(reach_to(nextcloud, "alice", contracts=owners or Made()), changes)


def change(action: Action, path: str = "a.txt", content: Any = "x", **more: Any) -> Change:
    target_id = more.pop("target_id", None)
    is_repeat = more.pop("is_repeat", False)
    data = None if action is Action.DELETE else {"path": path, "content": content, **more}
    return Change(action, "1", target_id, data, "key", None, is_repeat)


def create(path: str = "a.txt", content: Any = "x", **more: Any) -> Change:
    return change(Action.CREATE, path, content, **more)


def update(target_id: str | None, path: str = "a.txt", content: Any = "y", **more: Any) -> Change:
    return change(Action.UPDATE, path, content, target_id=target_id, **more)


def delete(target_id: str | None) -> Change:
    return change(Action.DELETE, target_id=target_id)


def held(nextcloud: FakeNextcloud) -> dict[str, bytes]:
    return nextcloud.files.paths("alice")


async def test_a_file_is_written_changed_and_put_into_the_trash(nextcloud):
    [made] = await write(nextcloud, create("2026/ü+&/a.txt"), folder="Cases")
    assert made.verdict is Verdict.WRITTEN
    assert held(nextcloud) == {"alice/Cases/2026/ü+&/a.txt": b"x"}

    [changed] = await write(nextcloud, update(made.target_id, "2026/ü+&/a.txt"), folder="Cases")
    assert (changed.verdict, changed.writes) == (Verdict.WRITTEN, 1)
    assert nextcloud.files.find("alice/Cases/2026/ü+&/a.txt").versions == [b"x"]
    [gone] = await write(nextcloud, delete(changed.target_id), folder="Cases")

    assert gone.verdict is Verdict.WRITTEN
    assert held(nextcloud) == {}
    assert [path for path, _ in nextcloud.files.trash] == ["alice/Cases/2026/ü+&/a.txt"]


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("text", "héé", "héé".encode()),
        ("base64", "AAEC/w==", b"\x00\x01\x02\xff"),
        ("json", {"a": [1, None]}, b'{\n  "a": [\n    1,\n    null\n  ]\n}\n'),
        ("csv", [{"a": 1, "b": "x,y"}, {"b": None, "c": [1]}], b'a,b,c\r\n1,"x,y",\r\n,,[1]\r\n'),
    ],
)
async def test_the_content_is_written_in_the_form_that_is_wanted(nextcloud, form, value, expected):
    await write(nextcloud, create(content=value), form=form)

    assert held(nextcloud) == {"alice/a.txt": expected}


async def test_a_whole_record_can_be_the_content(nextcloud):
    await write(nextcloud, create(content="x"), form="json", content="")

    assert json.loads(held(nextcloud)["alice/a.txt"]) == {"path": "a.txt", "content": "x"}


@pytest.mark.parametrize(
    ("form", "value"), [("text", 1), ("base64", "no base64!"), ("csv", {"a": 1}), ("csv", [1])]
)
async def test_content_that_does_not_fit_its_form_is_invalid(nextcloud, form, value):
    [outcome] = await write(nextcloud, create(content=value), form=form)

    assert outcome.verdict is Verdict.INVALID
    assert held(nextcloud) == {}


@pytest.mark.parametrize("case", PATHS["cases"], ids=lambda case: case["reason"])
async def test_a_path_that_may_lead_elsewhere_is_refused(nextcloud, case):
    [outcome] = await write(nextcloud, create(case["path"]), folder="safe")

    assert outcome.verdict is Verdict.INVALID
    assert held(nextcloud) == {}


@given(st.text(max_size=60))
def test_a_path_stays_below_its_folder_whatever_a_record_says(path):
    making = Making(folder="safe", form="text", path="path", content="content", tags="", shares="")
    try:
        made = making.made({"path": path, "content": ""})
    except RecordError:
        return
    assert made.path.startswith("safe/")
    assert not {"", ".", ".."} & set(made.path.split("/"))


async def test_what_somebody_changed_is_not_overwritten(nextcloud):
    [made] = await write(nextcloud, create())
    nextcloud.files.put("alice/a.txt", "somebody's")

    [outcome] = await write(nextcloud, update(made.target_id))
    assert outcome.verdict is Verdict.FAILED
    assert "changed by somebody" in (outcome.reason or "")
    [gone] = await write(nextcloud, delete(made.target_id))
    assert gone.verdict is Verdict.FAILED
    assert held(nextcloud) == {"alice/a.txt": b"somebody's"}
    [forced] = await write(nextcloud, update(made.target_id), conflicts="overwrite")

    assert forced.verdict is Verdict.WRITTEN
    assert held(nextcloud) == {"alice/a.txt": b"y"}
    assert nextcloud.files.find("alice/a.txt").versions[-1] == b"somebody's"


async def test_a_file_that_stands_in_the_way_is_not_overwritten(nextcloud):
    nextcloud.files.put("alice/a.txt", "somebody's")

    [outcome] = await write(nextcloud, create())

    assert "none of ours" in (outcome.reason or "")
    assert held(nextcloud) == {"alice/a.txt": b"somebody's"}


@pytest.mark.parametrize("conflicts", ["refuse", "overwrite"])
async def test_two_records_never_become_one_file(nextcloud, conflicts):
    first, second = create(), create()._replace(origin_id="2")

    [made, refused] = await write(nextcloud, first, second, conflicts=conflicts)
    owners = Made(**{made.target_id or "": "1"})
    [later] = await write(nextcloud, second, conflicts=conflicts, owners=owners)
    other = create("b.txt")._replace(origin_id="2")
    [moving] = await write(nextcloud, other, conflicts=conflicts, owners=owners)
    to_first = update(moving.target_id, content="x")._replace(origin_id="2")
    [moved] = await write(nextcloud, to_first, conflicts=conflicts, owners=owners)

    assert made.verdict is Verdict.WRITTEN
    for outcome in (refused, later, moved):
        assert outcome.verdict is Verdict.INVALID
        assert outcome.reason == "/a.txt was made of the record '1': two records name it"
    assert held(nextcloud) == {"alice/a.txt": b"x", "alice/b.txt": b"x"}


async def test_a_file_that_stands_in_the_way_can_be_replaced(nextcloud):
    nextcloud.files.put("alice/a.txt", "somebody's")

    [outcome] = await write(nextcloud, create(), conflicts="overwrite")

    assert outcome.verdict is Verdict.WRITTEN
    assert nextcloud.files.find("alice/a.txt").versions == [b"somebody's"]


@pytest.mark.parametrize("is_update", [False, True])
async def test_a_write_that_arrived_before_the_run_was_interrupted_is_taken_over(
    nextcloud, is_update
):
    [made] = await write(nextcloud, create(content="old"))
    node = nextcloud.files.put("alice/a.txt", "y")
    repeated = update(made.target_id) if is_update else create(content="y", is_repeat=True)

    [outcome] = await write(nextcloud, repeated)

    assert outcome == Outcome(Verdict.UNCHANGED, f"{node.fileid}-{node.etag}")


async def test_a_record_with_another_path_moves_its_file(nextcloud):
    [made] = await write(nextcloud, create("a/old.txt"))

    [outcome] = await write(nextcloud, update(made.target_id, "b/new.txt"))

    assert outcome.verdict is Verdict.WRITTEN
    assert (outcome.target_id or "").split("-")[0] == (made.target_id or "").split("-")[0]
    assert held(nextcloud) == {"alice/b/new.txt": b"y"}


async def test_a_file_that_somebody_deleted_stays_deleted_unless_told_otherwise(nextcloud):
    [made] = await write(nextcloud, create())
    nextcloud.files.remove("alice/a.txt")

    [outcome] = await write(nextcloud, update(made.target_id))
    assert "deleted" in (outcome.reason or "")
    [again] = await write(nextcloud, update(made.target_id), conflicts="overwrite")

    assert again.verdict is Verdict.WRITTEN
    assert held(nextcloud) == {"alice/a.txt": b"y"}
    [gone] = await write(nextcloud, delete(made.target_id))
    assert gone.verdict is Verdict.UNCHANGED


async def test_what_somebody_changed_is_not_moved_either(nextcloud):
    [made] = await write(nextcloud, create())
    nextcloud.files.put("alice/a.txt", "somebody's")

    [outcome] = await write(nextcloud, update(made.target_id, path="b.txt"))

    assert outcome.verdict is Verdict.FAILED
    assert held(nextcloud) == {"alice/a.txt": b"somebody's"}


async def test_a_file_gets_its_tags_and_shares_once(nextcloud):
    shares = [{"type": "user", "with": "bob", "permissions": 1}, {"type": "link"}]
    wanted: dict[str, Any] = {"tags": ["final", "2026"], "shares": shares}
    nextcloud.files.tag("final")

    [made] = await write(nextcloud, create(**wanted))
    [again] = await write(nextcloud, update(made.target_id, **wanted))

    node = nextcloud.files.find("alice/a.txt")
    assert [outcome.verdict for outcome in (made, again)] == [Verdict.WRITTEN] * 2
    assert {nextcloud.files.tags[number] for number in node.tags} == {"final", "2026"}
    shared = [
        (one["share_type"], one["share_with"], one["permissions"]) for one in nextcloud.files.shares
    ]
    assert shared == [(0, "bob", 1), (3, None, 17)]


async def test_a_share_that_cannot_be_made_fails_the_record_and_is_tried_again(nextcloud):
    shares = [{"type": "user", "with": "ghost"}]

    [outcome] = await write(nextcloud, create(shares=shares))
    assert (outcome.verdict, outcome.is_uncertain) == (Verdict.FAILED, True)
    assert "valid account" in (outcome.reason or "")
    nextcloud.groups["ghost"] = []
    [again] = await write(nextcloud, create(shares=shares, is_repeat=True))

    assert again.verdict is Verdict.UNCHANGED
    assert [one["share_with"] for one in nextcloud.files.shares] == ["ghost"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tags": "final"},
        {"tags": [1]},
        {"shares": [{"type": "everybody"}]},
        {"shares": [{"type": "user"}]},
        {"shares": [{"type": ["user"]}]},
        {"shares": [{"type": "link", "permissions": 64}]},
    ],
)
async def test_wrong_tags_and_shares_are_invalid_before_anything_is_written(nextcloud, wrong):
    [outcome] = await write(nextcloud, create(**wrong))

    assert outcome.verdict is Verdict.INVALID
    assert held(nextcloud) == {}


async def test_no_room_left_ends_the_run_with_the_reason(nextcloud):
    nextcloud.files.quota["alice"] = 3

    with pytest.raises(LimitExceeded, match="no room left"):
        await write(nextcloud, create(content="more than that"))


async def test_a_locked_file_fails_its_record_after_some_tries(nextcloud):
    [made] = await write(nextcloud, create())
    nextcloud.files.locked.add("alice/a.txt")
    nextcloud.calls.clear()

    [outcome] = await write(nextcloud, update(made.target_id))

    assert (outcome.verdict, outcome.reason) == (Verdict.FAILED, "/a.txt is locked by somebody")
    assert len(nextcloud.calls) == 4


async def test_a_server_that_is_busy_for_a_while_is_asked_again(nextcloud):
    nextcloud.failures += [503, 429]

    [outcome] = await write(nextcloud, create())

    assert outcome.verdict is Verdict.WRITTEN


async def test_a_server_that_stays_busy_makes_the_run_wait(nextcloud):
    nextcloud.failures += [503] * 10

    with pytest.raises(TransientError):
        await write(nextcloud, create())


async def test_a_name_nextcloud_refuses_is_invalid(nextcloud):
    reach = reach_to(nextcloud, "alice")
    target = NextcloudFilesTarget(form="text")

    assert await target.check(reach, {"path": "a/.htaccess", "content": "x"}) != []
    assert await target.check(reach, {"path": "a.txt", "content": "x"}) == []

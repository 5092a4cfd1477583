"""Which webhooks a synchronization asks for, and which changes of files they let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ex_app.wakes.hooks import Hook, hooks_for
from openconnector.definitions.models import WakeOn
from tests.fakes.nextcloud_webhooks import _matches

WRITTEN = "OCP\\Files\\Events\\Node\\NodeWrittenEvent"
RENAMED = "OCP\\Files\\Events\\Node\\NodeRenamedEvent"


def hook(event: str, **fields: str) -> Hook:
    found = hooks_for("s", WakeOn(**{"event": "files", **fields}))
    return next(one for one in found if one.event == event)


def lets_through(one: Hook, path: str) -> bool:
    return _matches(one.body["eventFilter"], {"event": {"node": {"path": path}}})


def test_a_group_asks_for_each_of_its_events():
    assert len(hooks_for("s", WakeOn(event="files"))) == 4
    assert {one.uri for one in hooks_for("s", WakeOn(event="calendar"))} == {"/_internal/wake/s"}


def test_an_event_of_another_app_is_asked_for_by_its_own_name():
    [one] = hooks_for("s", WakeOn(event="\\OCA\\Deck\\Event\\CardCreatedEvent"))

    assert one.event == "OCA\\Deck\\Event\\CardCreatedEvent"


@pytest.mark.parametrize(
    ("folder", "path", "is_let_through"),
    [
        ("", "/alice/files/a.txt", True),
        ("/", "/alice/files/a.txt", True),
        ("Inbox", "/alice/files/Inbox/a.txt", True),
        ("/Inbox/", "/bob/files/Inbox", True),
        ("Inbox", "/bob/files/Inbox2/a.txt", False),
        ("Inbox", "/bob/files/Other/Inbox/a.txt", False),
        ("a.b (1)", "/bob/files/a.b (1)/x", True),
        ("a.b (1)", "/bob/files/a-b (1)/x", False),
        ("Größe/$x", "/bob/files/Größe/$x/y", True),
        ("(", "/bob/files/(/y", True),
    ],
)
def test_a_folder_lets_through_what_is_in_it(folder: str, path: str, is_let_through):
    assert lets_through(hook(WRITTEN, path=folder), path) is is_let_through


def test_a_move_counts_for_both_its_places():
    condition = hook(RENAMED, path="Inbox").body["eventFilter"]

    places = [("Inbox/a", "b"), ("b", "Inbox/a"), ("b", "c")]
    found = [
        _matches(
            condition,
            {
                "event": {
                    "source": {"path": f"/u/files/{one}"},
                    "target": {"path": f"/u/files/{other}"},
                }
            },
        )
        for one, other in places
    ]

    assert found == [True, True, False]


@given(
    folder=st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=20)
)
def test_whatever_a_folder_is_called_its_filter_is_a_pattern_that_fits_it(folder: str):
    one = hook(WRITTEN, path=folder)

    assert lets_through(one, f"/u/files/{folder}/x")
    assert Hook.listed({"uri": one.uri, **one.body}) == one


def test_as_nextcloud_lists_it_a_webhook_is_recognised():
    wanted = hook(WRITTEN)

    listed = Hook.listed({**wanted.body, "eventFilter": [], "id": 7})

    assert listed == wanted

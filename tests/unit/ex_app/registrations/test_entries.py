"""Registrations are made and taken away one by one: what becomes of one is nothing to the others."""

import pytest

from ex_app.registrations.entries import AppApiEntry, register_all, unregister_all
from openconnector.errors import AccessDenied, NotFound, Unavailable


class Noted:
    """A registration that notes what is asked of it, and fails where it is told to."""

    def __init__(self, label: str, done: list[str], failure: Exception | None = None) -> None:
        self.label = label
        self._done = done
        self._failure = failure

    async def register(self, nextcloud) -> None:
        self._note("+")

    async def unregister(self, nextcloud) -> None:
        self._note("-")

    def _note(self, sign: str) -> None:
        self._done.append(sign + self.label)
        if self._failure:
            raise self._failure


FAILURES = [
    Unavailable("later"),
    NotFound("interface", "x"),
    AccessDenied("never"),
    RuntimeError("a mistake of ours"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_the_failure_of_one_stops_none_of_the_others(client_to_nextcloud, failure):
    done: list[str] = []
    registrations = [Noted("a", done), Noted("b", done, failure), Noted("c", done)]

    await register_all(client_to_nextcloud, registrations)
    await unregister_all(client_to_nextcloud, registrations)

    assert done == ["+a", "+b", "+c", "-c", "-b", "-a"]


async def test_only_what_may_work_later_is_left_to_be_tried_again(client_to_nextcloud):
    registrations = [Noted(type(failure).__name__, [], failure) for failure in FAILURES]

    left = await register_all(client_to_nextcloud, registrations)

    assert [registration.label for registration in left] == ["Unavailable"]


async def test_an_entry_is_posted_whole_and_deleted_by_its_identity(client_to_nextcloud, nextcloud):
    entry = AppApiEntry(
        path="ui/top-menu",
        entry={"name": "main", "displayName": "A name"},
        identity={"name": "main"},
    )

    await register_all(client_to_nextcloud, [entry])
    await unregister_all(client_to_nextcloud, [entry])

    assert [(call.method, call.path, call.json) for call in nextcloud.calls] == [
        ("POST", "/ocs/v1.php/apps/app_api/api/v1/ui/top-menu", entry.entry),
        ("DELETE", "/ocs/v1.php/apps/app_api/api/v1/ui/top-menu", {"name": "main"}),
    ]

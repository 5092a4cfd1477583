"""Notifications as Nextcloud takes them."""

import pytest

from ex_app.nextcloud.notifications import SENTENCES, NextcloudNotifications
from ex_app.words import translated
from openconnector.errors import CredentialsRejected, Unavailable
from openconnector.notifications import Notice

NOTICE = Notice(id="n1", kind="failed", synchronization="Cases", reason="It {broke}", run_id="r1")


@pytest.fixture
def notifications(client_to_nextcloud):
    return NextcloudNotifications(client_to_nextcloud, "openconnector")


async def test_an_account_is_told_with_a_link_to_the_run(notifications, nextcloud):
    await notifications.send("alice", NOTICE)

    [told] = nextcloud.bell.told["alice"]
    subject = told["subject_params"]
    assert told["object_id"] == "n1"
    assert subject["rich_subject"] == "The synchronization {synchronization} failed"
    assert subject["rich_subject_params"]["synchronization"]["name"] == "Cases"
    assert subject["link"] == "/apps/app_api/embedded/openconnector/main/runs/r1"
    assert subject["rich_message"] == "{reason}"
    assert subject["rich_message_params"]["reason"]["name"] == "It {broke}"


async def test_an_account_is_told_in_its_language(notifications, nextcloud):
    nextcloud.languages["alice"] = "nl"

    await notifications.send("alice", NOTICE)

    [told] = nextcloud.bell.told["alice"]
    assert (
        told["subject_params"]["rich_subject"] == "De synchronisatie {synchronization} is mislukt"
    )


@pytest.mark.parametrize("sentence", SENTENCES.values())
def test_every_sentence_is_there_in_dutch_and_names_the_same(sentence):
    dutch = translated(sentence, "nl_NL")

    assert dutch != sentence
    assert "{synchronization}" in dutch
    assert translated(sentence, "xx") == translated(sentence, "../nl") == sentence


async def test_what_was_sent_is_known(notifications):
    assert not await notifications.was_sent("alice", "n1")
    await notifications.send("alice", NOTICE)

    assert await notifications.was_sent("alice", "n1")
    assert not await notifications.was_sent("bob", "n1")


async def test_who_is_told_are_accounts_and_members_of_groups_each_once(notifications, nextcloud):
    nextcloud.groups["carol"] = ["editors"]

    assert await notifications.receivers(["alice"], []) == ["alice"]
    assert await notifications.receivers(["carol"], ["editors", "none"]) == ["carol", "bob"]
    assert await notifications.receivers([], []) == ["admin"]


async def test_administrators_are_found_whatever_they_are_called(notifications, nextcloud):
    nextcloud.groups.clear()
    nextcloud.groups |= {"a": [], "b": [], "boss": ["admin"], "chief": ["admin"]}
    nextcloud.accounts.disabled.add("a")

    assert await notifications.receivers([], []) == ["boss", "chief"]


async def test_without_an_administrator_it_is_tried_again_later(notifications, nextcloud):
    nextcloud.groups["admin"] = []

    with pytest.raises(Unavailable, match="notifiedUsers"):
        await notifications.receivers([], [])


async def test_an_account_that_is_gone_is_told_nothing(notifications):
    with pytest.raises(CredentialsRejected):
        await notifications.send("ghost", NOTICE)

"""The menu entry and the files of its page."""

import dataclasses

import pytest

from ex_app.registrations.entries import register_all, unregister_all
from ex_app.registrations.pages import MENU, SCRIPT, STYLE


@pytest.fixture
def pages(tmp_path):
    return [MENU, *(dataclasses.replace(file, package=tmp_path) for file in (SCRIPT, STYLE))]


def build(folder) -> None:
    for file in (SCRIPT.file, STYLE.file):
        (folder / file).parent.mkdir()
        (folder / file).touch()


async def test_the_menu_entry_is_for_every_account_and_has_an_icon(
    pages, client_to_nextcloud, nextcloud
):
    await register_all(client_to_nextcloud, pages)

    assert nextcloud.menu["main"]["admin_required"] == 0
    assert nextcloud.menu["main"]["icon"] == "img/app.svg"


async def test_the_page_loads_what_the_build_made_by_a_path_without_ending(
    pages, client_to_nextcloud, nextcloud, tmp_path
):
    build(tmp_path)

    await register_all(client_to_nextcloud, pages)

    assert nextcloud.resources == {
        "script": {"top_menu/main/js/openconnector-main"},
        "style": {"top_menu/main/css/openconnector-main"},
    }


async def test_what_the_build_did_not_make_is_not_asked_for(pages, client_to_nextcloud, nextcloud):
    nextcloud.resources["script"] = {"top_menu/main/js/openconnector-main"}

    await register_all(client_to_nextcloud, pages)

    assert nextcloud.resources == {"script": set(), "style": set()}


async def test_unregistering_leaves_nothing_behind(pages, client_to_nextcloud, nextcloud, tmp_path):
    build(tmp_path)
    await register_all(client_to_nextcloud, pages)

    for _ in range(2):
        await unregister_all(client_to_nextcloud, pages)

    assert nextcloud.menu == {}
    assert nextcloud.resources == {"script": set(), "style": set()}

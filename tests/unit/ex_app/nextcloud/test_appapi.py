import pytest

from ex_app.nextcloud.appapi import AppApi


@pytest.fixture
def appapi(client_to_nextcloud, tmp_path):
    return AppApi(client_to_nextcloud, bundle=tmp_path)


def build(folder) -> None:
    for file in ("js/openconnector-main.js", "css/openconnector-main.css"):
        (folder / file).parent.mkdir()
        (folder / file).touch()


async def test_the_menu_entry_is_for_administrators_and_has_an_icon(appapi, nextcloud):
    await appapi.register_pages()

    assert nextcloud.menu["main"]["admin_required"] == 1
    assert nextcloud.menu["main"]["icon"] == "img/app.svg"


async def test_the_page_loads_what_the_build_made_by_a_path_without_ending(
    appapi, nextcloud, tmp_path
):
    build(tmp_path)

    await appapi.register_pages()

    assert nextcloud.resources == {
        "script": {"top_menu/main/js/openconnector-main"},
        "style": {"top_menu/main/css/openconnector-main"},
    }


async def test_what_the_build_did_not_make_is_not_asked_for(appapi, nextcloud):
    nextcloud.resources["script"] = {"top_menu/main/js/openconnector-main"}

    await appapi.register_pages()

    assert nextcloud.resources == {"script": set(), "style": set()}


async def test_unregistering_leaves_nothing_behind(appapi, nextcloud, tmp_path):
    build(tmp_path)
    await appapi.register_pages()

    await appapi.unregister_pages()
    await appapi.unregister_pages()

    assert nextcloud.menu == {}
    assert nextcloud.resources == {"script": set(), "style": set()}


async def test_whether_we_are_enabled_is_nextclouds_word(appapi, nextcloud):
    assert await appapi.is_enabled()

    nextcloud.is_enabled = False

    assert not await appapi.is_enabled()

from ex_app.nextcloud.appapi import AppApi


async def test_whether_we_are_enabled_is_nextclouds_word(client_to_nextcloud, nextcloud):
    appapi = AppApi(client_to_nextcloud)

    assert await appapi.is_enabled()

    nextcloud.is_enabled = False

    assert not await appapi.is_enabled()

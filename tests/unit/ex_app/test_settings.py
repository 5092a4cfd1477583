import pytest
from pydantic import ValidationError

from ex_app.building import engine_settings
from ex_app.settings import Settings, read_settings
from openconnector.previews.pool import PreviewLimits
from tests.fakes.exapp import settings_for
from tests.fakes.nextcloud import FakeNextcloud


@pytest.mark.parametrize(
    "given",
    [
        "https://cloud.test",
        "https://cloud.test/",
        "https://cloud.test/index.php",
        "https://cloud.test/index.php/",
    ],
)
def test_the_address_of_nextcloud_is_the_server_whatever_the_daemon_appends(given):
    settings = settings_for(FakeNextcloud(), nextcloud_url=given)

    assert settings.nextcloud_url == "https://cloud.test"


def test_a_nextcloud_in_a_folder_keeps_its_folder():
    settings = settings_for(FakeNextcloud(), nextcloud_url="https://cloud.test/nc/index.php")

    assert settings.nextcloud_url == "https://cloud.test/nc"


@pytest.mark.parametrize("given", ["cloud.test", "ftp://cloud.test", "https://"])
def test_an_address_that_is_none_is_refused_with_an_example(given):
    with pytest.raises(ValidationError, match="such as https://"):
        settings_for(FakeNextcloud(), nextcloud_url=given)


def test_the_environment_is_read_and_an_empty_variable_counts_as_absent(monkeypatch):
    environment = {
        "APP_SECRET": "s3cret",
        "APP_VERSION": "1.2.3",
        "APP_PORT": "23456",
        "APP_PERSISTENT_STORAGE": "/data",
        "NEXTCLOUD_URL": "http://nextcloud",
        "DATABASE_URL": "",
        "HP_SHARED_KEY": "",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert (settings.app_version, settings.app_port) == ("1.2.3", 23456)
    assert settings.database_url is None
    assert settings.socket is None


def test_an_empty_secret_is_refused_since_anybody_could_sign_with_it(monkeypatch):
    monkeypatch.setenv("APP_SECRET", "")

    with pytest.raises(ValidationError, match="app_secret"):
        Settings(app_version="1", app_persistent_storage="x", nextcloud_url="http://nextcloud")


def test_an_incomplete_environment_ends_the_start_and_names_every_gap(monkeypatch):
    monkeypatch.setenv("APP_SECRET", "s3cret")
    monkeypatch.setenv("NEXTCLOUD_URL", "cloud.test?s3cret")
    monkeypatch.delenv("APP_VERSION", raising=False)
    monkeypatch.delenv("APP_PERSISTENT_STORAGE", raising=False)

    with pytest.raises(SystemExit) as end:
        read_settings()

    told = str(end.value)
    assert "APP_VERSION: Field required" in told
    assert "APP_PERSISTENT_STORAGE: Field required" in told
    assert "NEXTCLOUD_URL: Value error, has to be an address" in told
    assert "s3cret" not in told


def test_behind_harp_the_app_listens_on_a_socket_file():
    settings = settings_for(FakeNextcloud(), hp_shared_key="key", hp_exapp_sock="/run/exapp.sock")

    assert str(settings.socket) == "/run/exapp.sock"


def test_no_secret_is_shown_by_the_settings_or_by_what_is_wrong_with_them():
    given = {"app_secret": "s3cret", "database_url": "postgresql://u:s3cret@db/x"}
    settings = settings_for(FakeNextcloud(), hp_shared_key="s3cret", **given)
    with pytest.raises(ValidationError) as wrong:
        settings_for(FakeNextcloud(), nextcloud_url="s3cret")

    assert "s3cret" not in repr(settings) + str(wrong.value)


def test_the_limits_of_previews_are_read_and_reach_the_engine(monkeypatch):
    monkeypatch.setenv("OPENCONNECTOR_PREVIEW_PROCESSES", "3")
    monkeypatch.setenv("OPENCONNECTOR_PREVIEW_SECONDS", "1.5")
    monkeypatch.setenv("OPENCONNECTOR_PREVIEW_MEMORY_MIB", "300")

    limits = engine_settings(settings_for(FakeNextcloud())).previews

    assert limits == PreviewLimits(processes=3, seconds=1.5, memory_mib=300)


def test_a_limit_of_previews_that_cannot_be_is_named_as_the_variable_it_is(monkeypatch):
    monkeypatch.setenv("OPENCONNECTOR_PREVIEW_MEMORY_MIB", "100")

    with pytest.raises(SystemExit, match="OPENCONNECTOR_PREVIEW_MEMORY_MIB: Input should be"):
        read_settings()


def test_the_private_networks_are_read_and_reach_the_engine(monkeypatch):
    monkeypatch.setenv("OPENCONNECTOR_ALLOWED_NETWORKS", "10.0.0.0/8:443, 192.168.1.7")

    allowed = engine_settings(settings_for(FakeNextcloud())).allowed_networks

    assert allowed == ("10.0.0.0/8:443", "192.168.1.7")

from pathlib import Path

import pytest

from openconnector.cli.settings import TOKEN_FILE, Settings
from openconnector.errors import ConfigurationError

NAMES = (
    "APP_PERSISTENT_STORAGE",
    "DATABASE_URL",
    "OPENCONNECTOR_ALLOWED_NETWORKS",
    "OPENCONNECTOR_ADMIN_TOKEN",
)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_an_environment_everything_is_kept_in_the_folder_data():
    settings = Settings.read()

    assert settings == Settings(
        storage=Path("data"), database_url=None, allowed_networks=(), admin_token=None
    )


def test_every_variable_is_read(monkeypatch: pytest.MonkeyPatch):
    values = ("/srv/storage", "postgresql://u:p@db/x", "10.0.0.0/8:443, 192.168.1.7,", "t" * 16)
    for name, value in zip(NAMES, values, strict=True):
        monkeypatch.setenv(name, value)

    settings = Settings.read()

    assert settings.storage == Path("/srv/storage")
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:p@db/x"
    assert settings.allowed_networks == ("10.0.0.0/8:443", "192.168.1.7")
    assert settings.token() == "t" * 16


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "")

    assert Settings.read().database_url is None


def test_a_token_that_is_too_short_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENCONNECTOR_ADMIN_TOKEN", "short")

    with pytest.raises(ConfigurationError, match="OPENCONNECTOR_ADMIN_TOKEN") as refused:
        Settings.read()

    assert "short'" not in str(refused.value)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENCONNECTOR_ADMIN_TOKEN", "very-secret-token")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hidden@db/x")

    shown = repr(Settings.read())

    assert "very-secret-token" not in shown
    assert "hidden" not in shown


def test_a_token_is_made_once_and_kept_for_this_user_alone(tmp_path: Path):
    settings = Settings(storage=tmp_path / "storage")

    first, second = settings.token(), Settings(storage=tmp_path / "storage").token()

    file = tmp_path / "storage" / TOKEN_FILE
    assert first == second == file.read_text()
    assert len(first) >= 43
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_token_file_that_cannot_be_read_is_named_with_the_remedy(tmp_path: Path):
    (tmp_path / TOKEN_FILE).mkdir()

    with pytest.raises(ConfigurationError, match="delete it to get a new one"):
        Settings(storage=tmp_path).token()


def test_half_an_access_to_open_register_is_refused_with_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("OPENCONNECTOR_OPEN_REGISTER_URL", "https://cloud.example.org")

    with pytest.raises(ConfigurationError, match="_USER and _PASSWORD"):
        Settings.read()

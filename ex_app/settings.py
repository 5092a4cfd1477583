"""The environment AppAPI starts us in, read once; nothing else in `ex_app` looks at it."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from openconnector.previews.settings import Networks, PreviewSettings


def _without_front_page(url: str) -> str:
    """Return the address of the server itself; a daemon may name its front page (app_api#169)."""
    url = url.rstrip("/").removesuffix("/index.php").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("has to be an address such as https://cloud.example.org")
    return url


class Settings(PreviewSettings):
    """Every setting of the ExApp, as AppAPI or an administrator gives it."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    app_id: str = "openconnector"
    """Our id in Nextcloud's app store and in every address."""
    app_secret: SecretStr
    """What AppAPI and we prove ourselves to each other with."""
    app_version: str
    """The registered version. Sending a higher one would raise Nextcloud's record of it, so it is never guessed."""
    app_host: str = "127.0.0.1"
    """The address to listen on."""
    app_port: int = Field(default=23000, ge=1, le=65535)
    """The port to listen on, and the port of the tunnel behind HaRP."""
    app_persistent_storage: Path
    """The folder that survives updates: database, key file, backups."""
    nextcloud_url: Annotated[str, AfterValidator(_without_front_page)]
    """The server's address as this process reaches it, without a slash at its end."""
    aa_version: str | None = None
    """AppAPI's version when the app was deployed; sent back, never judged."""
    hp_shared_key: SecretStr | None = None
    """Present when HaRP's tunnel brings the requests; then we listen on a socket file."""
    hp_exapp_sock: Path = Path("/tmp/exapp.sock")  # noqa: S108  the path HaRP's tunnel is told
    """The socket file to listen on behind HaRP."""
    database_url: SecretStr | None = None
    """A PostgreSQL server to use; None for the SQLite file in the persistent storage."""
    allowed_networks: Networks = Field(
        default=(), validation_alias="OPENCONNECTOR_ALLOWED_NETWORKS"
    )
    """Private networks that every source may reach, with commas between: `10.0.0.0/8:443,192.168.1.7`."""
    open_register: bool = Field(default=False, validation_alias="OPENCONNECTOR_OPEN_REGISTER")
    """Whether Open Register of this Nextcloud keeps the objects; else they are kept in our own database."""

    @property
    def socket(self) -> Path | None:
        """The socket file to listen on; None to listen on `app_host` and `app_port`."""
        return self.hp_exapp_sock if self.hp_shared_key else None


def read_settings() -> Settings:
    """Return the settings of the environment; ends the process with the names of what is missing or wrong."""
    try:
        return Settings()
    except ValidationError as error:
        flaws = [f"{str(flaw['loc'][0]).upper()}: {flaw['msg']}" for flaw in error.errors()]
        raise SystemExit(f"The environment is not complete. {'; '.join(flaws)}") from None

"""The environment of the command line; nothing else in `cli` looks at it."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from openconnector.errors import ConfigurationError
from openconnector.previews.settings import Networks, PreviewSettings

TOKEN_FILE = "admin-token"  # noqa: S105  the name of a file
TOKEN_BYTES = 32
OWNER_ONLY = 0o600


class Settings(PreviewSettings):
    """What an administrator decides before the first command, each by one environment variable."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    storage: Path = Field(default=Path("data"), validation_alias="APP_PERSISTENT_STORAGE")
    """Folder for the key file, the token and, without a DATABASE_URL, the database."""
    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    """A PostgreSQL server; without one everything is kept in a SQLite file in the storage."""
    allowed_networks: Networks = Field(
        default=(), validation_alias="OPENCONNECTOR_ALLOWED_NETWORKS"
    )
    """Private networks that every source may reach, with commas between: `10.0.0.0/8:443,192.168.1.7`."""
    admin_token: SecretStr | None = Field(
        default=None, min_length=16, validation_alias="OPENCONNECTOR_ADMIN_TOKEN"
    )
    """What the API's caller has to show; without it one is made at the first start and kept in the storage."""

    open_register_url: str | None = Field(
        default=None, validation_alias="OPENCONNECTOR_OPEN_REGISTER_URL"
    )
    """The Nextcloud whose Open Register keeps the objects; without one they are kept in our own database."""
    open_register_user: str | None = Field(
        default=None, validation_alias="OPENCONNECTOR_OPEN_REGISTER_USER"
    )
    """The account that reads and writes there."""
    open_register_password: SecretStr | None = Field(
        default=None, validation_alias="OPENCONNECTOR_OPEN_REGISTER_PASSWORD"
    )
    """An app password of that account."""
    nextcloud_url: str | None = Field(default=None, validation_alias="NEXTCLOUD_URL")
    """The Nextcloud that installed us, reachable wherever it is; AppAPI sets it."""

    @model_validator(mode="after")
    def _is_access_whole(self) -> Self:
        parts = (self.open_register_url, self.open_register_user, self.open_register_password)
        if any(parts) and not all(parts):
            raise ValueError(
                "Open Register needs OPENCONNECTOR_OPEN_REGISTER_URL, _USER and _PASSWORD, or none of them"
            )
        return self

    @classmethod
    def read(cls) -> "Settings":
        """Return the settings. Raises `ConfigurationError` naming every variable that is wrong."""
        try:
            return cls()
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, finding['loc'])) or 'together'}: {finding['msg']}"
                for finding in error.errors(include_url=False, include_context=False)
            )
            raise ConfigurationError(f"The environment is not valid: {wrong}") from error

    @property
    def token_place(self) -> str:
        """Where people find the administrator's token."""
        if self.admin_token is not None:
            return "in OPENCONNECTOR_ADMIN_TOKEN"
        return f"in {self.storage / TOKEN_FILE}"

    def token(self) -> str:
        """Return the administrator's token, made and kept (mode 0600) when there is none yet."""
        if self.admin_token is not None:
            return self.admin_token.get_secret_value()
        file = self.storage / TOKEN_FILE
        try:
            return file.read_text().strip() if file.exists() else _made(file)
        except OSError as error:
            raise ConfigurationError(
                f"The token file {file} cannot be used: {error.strerror}. Make it readable for this "
                "user, delete it to get a new one, or set OPENCONNECTOR_ADMIN_TOKEN"
            ) from error


def variables() -> Mapping[str, str]:
    """Return the environment that configuration files may refer to."""
    return os.environ


def _made(file: Path) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError:  # another process was faster
        return file.read_text().strip()
    with os.fdopen(descriptor, "w") as opened:
        opened.write(token)
    return token

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openconnector.cli.commands import app
from tests.fakes.loopback import Loopback

Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def _logs_as_before(logs_as_before: None) -> None:
    """Every command says where logs go."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An installation of this test's own."""
    return {
        "APP_PERSISTENT_STORAGE": str(tmp_path / "storage"),
        "DATABASE_URL": "",
        "OPENCONNECTOR_ALLOWED_NETWORKS": "",
        "OPENCONNECTOR_ADMIN_TOKEN": "",
    }


@pytest.fixture
def command(environment: dict[str, str]) -> Command:
    """`openconnector` in this process."""

    def run(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(app, arguments, input=text, env=environment)

    return run


@pytest.fixture
def remote() -> Iterator[Loopback]:
    """A remote system whose answers the test decides."""
    with Loopback().serving() as system:
        yield system

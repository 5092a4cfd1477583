"""The container's first process, run with commands that only note how they are called."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "docker/start.sh"


@pytest.fixture
def run(tmp_path):
    """Run the script as a user id, with an environment; returns what was noted, one call a line."""
    commands, notes = tmp_path / "bin", tmp_path / "notes"
    commands.mkdir()
    notes.touch()

    def write(name: str, body: str) -> None:
        (commands / name).write_text(f"#!/bin/sh\n{body}\n")
        (commands / name).chmod(0o755)

    def run(user_id: int, **environment: str) -> list[str]:
        write("id", f"echo {user_id}")
        write("chown", 'echo "chown $*" >> "$NOTES"')
        write("setpriv", 'echo "setpriv $*" >> "$NOTES"')
        write("app", 'echo "app $* $HP_EXAPP_SOCK" >> "$NOTES"; while ! [ -s "$FRPC" ]; do :; done')
        write("frpc", 'echo "frpc $* $FRP_CERTIFICATES" >> "$FRPC"; exec sleep 1000')
        given = {
            "PATH": f"{commands}:{os.defpath}",
            "NOTES": str(notes),
            "FRPC": str(tmp_path / "frpc-notes"),
            "FRP_CERTIFICATES": str(tmp_path / "certificates"),
        }
        if "HP_SHARED_KEY" not in environment:
            (tmp_path / "frpc-notes").write_text("not awaited\n")
        process = subprocess.Popen(
            ["/bin/sh", SCRIPT, "app", "--flag"], env=given | environment, process_group=0
        )
        try:
            assert process.wait(timeout=20) == 0
        finally:
            with suppress(ProcessLookupError):  # no tunnel was left
                os.killpg(process.pid, signal.SIGKILL)
        return [
            *notes.read_text().splitlines(),
            *(tmp_path / "frpc-notes").read_text().splitlines(),
        ]

    return run


def test_as_root_it_makes_the_volume_ours_and_gives_root_up_before_the_app_runs(run):
    first, second, *rest = run(0, APP_PERSISTENT_STORAGE="/data")

    assert first == "chown -R openconnector: /data"
    assert second.startswith("setpriv --reuid openconnector --regid openconnector --init-groups")
    assert second.endswith("app --flag")
    assert not any(line.startswith("app") for line in rest)


def test_without_harp_it_becomes_the_app_and_starts_no_tunnel(run):
    assert run(10001) == ["app --flag ", "not awaited"]


def test_behind_harp_the_tunnel_runs_beside_the_app_and_both_know_the_socket_file(run, tmp_path):
    (tmp_path / "certificates").mkdir()

    app, tunnel = run(10001, HP_SHARED_KEY="key", FRPC_CONFIG="/etc/frpc.toml")

    assert app == "app --flag /tmp/exapp.sock"
    assert tunnel == f"frpc -c /etc/frpc.toml {tmp_path / 'certificates'}"


def test_a_harp_without_certificates_is_reached_without_them(run):
    _, tunnel = run(10001, HP_SHARED_KEY="key", FRPC_CONFIG="/etc/frpc.toml")

    assert tunnel == "frpc -c /etc/frpc.toml "

"""The Dockerfile's commands, run one by one in plain virtual environments, and the app they leave behind started.

What only Docker has is left out: the base image, the tunnel's client, accounts and the last stage's own folders. The
packages are fetched once for as long as the locks say the same: asking an index takes longer than all the rest. They
are installed by uv, which takes pip's words and a fraction of its time.
"""

import asyncio
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.hosted import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
LOCKS = [ROOT / "docker" / name for name in ("requirements.lock", "build.lock")]
TUNNEL = "frp.tar.gz"
SECONDS = 900
PIP = f"{sys.executable} -m pip"
INSTALL = f"{Path(sys.executable).with_name('uv')} pip install --quiet"


def build_stage() -> Iterator[tuple[str, str]]:
    """Give the instructions of the stage that builds, each with what follows it."""
    text = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text()))
    stage = re.search(r"(?ms)^FROM \S+ AS build\n(.*?)^FROM ", text)
    assert stage is not None
    for line in stage[1].splitlines():
        name, _, rest = line.partition(" ")
        if name in {"RUN", "COPY"} and TUNNEL not in rest:
            yield name, rest


class Stage:
    """A folder that stands for the file system of the stage."""

    def __init__(self, folder: Path, packages: Path) -> None:
        self._packages = packages
        self.app = folder / "app"
        self.build = folder / "build"
        self._dist = folder / "dist"
        self._python = folder / "python"
        self.build.mkdir()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self._python], check=True)

    def copy(self, rest: str) -> None:
        """Carry out a COPY."""
        *sources, target = [word for word in shlex.split(rest) if not word.startswith("--")]
        for source in sources:
            into = self.build / target
            if target.endswith("/"):
                into = into / Path(source).name
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "ui", "node_modules")
                shutil.copytree(ROOT / source, into, dirs_exist_ok=True, ignore=ignored)
            else:
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, into)

    def run(self, rest: str) -> None:
        """Carry out a RUN."""
        command = re.sub(r"(?<![\w.])/app\b", str(self.app), rest)
        command = re.sub(r"(?<![\w.])/dist\b", str(self._dist), command)
        command = command.replace("-m venv", "-m venv --without-pip")
        command = re.sub(r"(\S+)/bin/pip install", rf"{INSTALL} --python \1", command)
        command = re.sub(r"(?<!uv )pip install", f"{INSTALL} --python {self._python}", command)
        command = command.replace("pip wheel", f"{PIP} --python {self._python} wheel")
        path = f"{self._python / 'bin'}:{os.environ['PATH']}"
        subprocess.run(
            ["/bin/sh", "-euc", command],
            cwd=self.build,
            env={
                **os.environ,
                "PATH": path,
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "UV_OFFLINE": "1",
                "UV_NO_INDEX": "1",
                "UV_FIND_LINKS": str(self._packages),
            },
            check=True,
            timeout=SECONDS,
        )


@pytest.fixture
def packages() -> Path:
    """A folder with what the locks name, kept beside the installed packages from one session to the next."""
    named = b"".join(lock.read_bytes() for lock in LOCKS)
    folder = Path(sys.prefix, "image-packages", hashlib.sha256(named).hexdigest()[:16])
    is_whole = folder / "is-whole"
    if not is_whole.exists():
        locks = [word for lock in LOCKS for word in ("--requirement", lock)]
        fetching = ("download", "--quiet", "--no-deps", "--require-hashes", "--dest", folder)
        subprocess.run([sys.executable, "-m", "pip", *fetching, *locks], check=True)
        is_whole.touch()
    return folder


@pytest.fixture
def app(tmp_path: Path, packages: Path) -> Path:
    """The environment the image runs."""
    stage = Stage(tmp_path, packages)
    for name, rest in build_stage():
        stage.copy(rest) if name == "COPY" else stage.run(rest)
    shutil.rmtree(stage.build)  # the last stage has the environment alone
    return stage.app


def environment(app: Path, storage: Path, **more: str) -> dict[str, str]:
    return {"PATH": f"{app / 'bin'}:{os.defpath}", "APP_PERSISTENT_STORAGE": str(storage), **more}


async def test_the_image_works_and_needs_nothing_of_the_checkout(
    app: Path, tmp_path: Path, subtests: pytest.Subtests
):
    with subtests.test("what it starts answers its own health check"):
        await started_it_is_healthy(app, tmp_path / "served")
    with subtests.test("it has the command line, its example and its page's files"):
        it_has_all_its_parts(app, tmp_path / "demo")
    with subtests.test("nothing of the checkout is needed or named"):
        it_stands_alone(app)


async def started_it_is_healthy(app: Path, storage: Path) -> None:
    storage.mkdir()
    port = free_port()
    given = environment(
        app,
        storage,
        APP_ID="openconnector",
        APP_SECRET="secret",
        APP_VERSION="1.0.0",
        APP_HOST="127.0.0.1",
        APP_PORT=str(port),
        NEXTCLOUD_URL="http://127.0.0.1:9",
    )
    process = await asyncio.create_subprocess_exec(
        *(app / "bin/python", "-m", "ex_app"),
        env=given,
        cwd=storage,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(120):
            while not await listens(port):
                assert process.returncode is None
                await asyncio.sleep(0.1)
        while_it_runs = await health(app, given)
    finally:
        process.terminate()
        await process.wait()

    assert (while_it_runs, await health(app, given)) == (0, 1)


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def health(app: Path, given: dict[str, str]) -> int:
    """Return what the image's health check ends with."""
    check = await asyncio.create_subprocess_exec(
        *(app / "bin/python", "-I", ROOT / "docker/healthcheck.py"),
        env=given,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await check.wait()


def it_has_all_its_parts(app: Path, storage: Path) -> None:
    given = environment(app, storage)
    done = subprocess.run(
        [app / "bin/openconnector", "demo", "--json"], env=given, check=True, capture_output=True
    )
    [package] = app.glob("lib/python*/site-packages/ex_app")

    assert done.stdout.count(b'"succeeded"') == 2
    assert (package / "img/app.svg").is_file()
    assert (package / "l10n/nl.json").is_file()


def it_stands_alone(app: Path) -> None:
    own = [
        folder for name in ("ex_app", "openconnector*") for folder in app.glob(f"lib/*/*/{name}")
    ]
    files = [path for folder in (app / "bin", *own) for path in folder.rglob("*")]
    named = [
        path.name for path in files if path.is_file() and str(ROOT).encode() in path.read_bytes()
    ]
    told = subprocess.run(
        [app / "bin/python", "-c", "import ex_app, openconnector as o; print(ex_app, o)"],
        cwd=app,  # Python looks there first
        env={"PATH": os.defpath},
        check=True,
        capture_output=True,
        text=True,
    )

    assert len(own) == 3
    assert named == []
    assert told.stdout.count(f"from '{app}") == 2

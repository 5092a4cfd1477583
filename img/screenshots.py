"""`make screenshots`: the pictures that the app store shows, taken of a real server that has run the examples.

Nothing on them is made up but the names in `examples/`; the moments are those of the day they are taken.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
from playwright.sync_api import Page, expect, sync_playwright

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "img/screenshots"
PROGRAM: Final = str(Path(sys.executable).with_name("openconnector"))
CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TOKEN: Final = "only-for-the-screenshots"  # noqa: S105  of a server that lives for a minute
SIZE: Final = (1280, 800)
"""Width and height in pixels; the store shows pictures in this form."""

OFTEN: Final = {"schedules": [{"kind": "cron", "expression": "15 * * * *"}]}
NIGHTLY: Final = {"schedules": [{"kind": "cron", "expression": "0 3 * * *"}]}

KEPT_BY_THE_SERVER: Final = frozenset(
    {"id", "owner", "createdBy", "updatedBy", "created", "updated", "revision", "isForced"}
)

Server = httpx.Client
"""Speaks with the server, below `/api/v1/`."""

Shows = Callable[[Page, Server], None]
"""Brings the page to what a picture shows."""


def main() -> None:
    """Take every picture anew."""
    if CHROMIUM is None:
        sys.exit("There is no Chromium: install it, or set CHROMIUM to its path")
    FOLDER.mkdir(exist_ok=True)
    expect.set_options(timeout=30_000)
    with TemporaryDirectory() as storage, serving(Path(storage)) as server:
        fill(server)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            context = browser.new_context(
                base_url=str(server.base_url.join("/")),
                viewport={"width": SIZE[0], "height": SIZE[1]},
                locale="en-US",
                reduced_motion="reduce",
            )
            context.add_init_script(f"sessionStorage.setItem('openconnector-token', '{TOKEN}')")
            page = context.new_page()
            for name, shows in PICTURES.items():
                shows(page, server)
                page.mouse.move(0, 0)
                page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
            browser.close()


@contextmanager
def serving(storage: Path) -> Iterator[Server]:
    """Serve page and API, with the examples and their source, while the caller works."""
    source, port = str(free_port()), str(free_port())
    environment = {
        **os.environ,
        "APP_PERSISTENT_STORAGE": str(storage),
        "OPENCONNECTOR_ADMIN_TOKEN": TOKEN,
        "OPENCONNECTOR_ALLOWED_NETWORKS": "127.0.0.0/8",
        "EXAMPLE_PORT": source,
        "CASES_TOKEN": "secret",
        "DESK_KEY": "secret",
    }
    for example in ("earthquakes", "conditions-and-hash", "rest-to-rest"):
        configuration = str(ROOT / "examples" / example / "configuration.yaml")
        subprocess.run([PROGRAM, "import", configuration], env=environment, check=True)
    commands = [
        [PROGRAM, "serve", "--port", port],
        [sys.executable, "-m", "openconnector.cli.example_source", "--port", source],
    ]
    started = [subprocess.Popen(command, env=environment) for command in commands]
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1/",
            headers={"Authorization": f"Bearer {TOKEN}"},
            transport=httpx.HTTPTransport(retries=10),
            timeout=60,
        ) as server:
            yield server
    finally:
        for process in started:
            process.terminate()
            process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# What the pictures show


def fill(server: Server) -> None:
    """Let the examples run: the earthquakes twice, so that the second run shows that it wrote nothing."""
    for synchronization, schedule in {"earthquakes": OFTEN, "strong-earthquakes": NIGHTLY}.items():
        saved = asked(server, "GET", f"synchronizations/{synchronization}")
        own = {name: value for name, value in saved.items() if name not in KEPT_BY_THE_SERVER}
        asked(server, "PUT", f"synchronizations/{synchronization}", own | schedule)
    for synchronization in ("earthquakes", "strong-earthquakes", "earthquakes"):
        run(server, synchronization)


def run(server: Server, synchronization: str) -> None:
    """Run a synchronization to its end."""
    queued = asked(server, "POST", f"synchronizations/{synchronization}/run")
    while asked(server, "GET", f"runs/{queued['id']}")["finished"] is None:
        time.sleep(0.2)


def asked(server: Server, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """Return what the server answers."""
    answer = server.request(method, path, json=body)
    answer.raise_for_status()
    return dict(answer.json())


def at(path: str) -> Shows:
    """Return what opens an address of the page and waits until everything is there."""

    def open_it(page: Page, _server: Server) -> None:
        page.goto(path)
        page.wait_for_load_state("networkidle")

    return open_it


def mapping(page: Page, server: Server) -> None:
    """Show what a real record becomes."""
    at("/app/mappings/earthquake")(page, server)
    page.get_by_role("button", name="Load example").click()
    expect(page.get_by_role("region", name="Result as JSON")).to_contain_text("magnitude")
    page.wait_for_load_state("networkidle")


def run_with_skipped(page: Page, server: Server) -> None:
    """Show the run whose condition left most records out."""
    runs = asked(server, "GET", "runs")
    chosen = next(one for one in runs["results"] if one["balance"]["skipped"])
    at(f"/app/runs/{chosen['id']}")(page, server)


def wizard(page: Page, server: Server) -> None:
    """Show its third step, with a preview of the first records."""
    source = asked(server, "GET", "sources/usgs-earthquakes")["configuration"]
    properties = {"place": {"type": "string"}, "magnitude": {"type": "number"}}
    draft = {
        "step": 3,
        "source": {"name": "Earthquakes", "configuration": source},
        "register": {"title": "Earth"},
        "schema": {"title": "Earthquake", "properties": properties},
        "mapping": {
            "name": "Earthquake",
            "mapping": {"place": "properties.place", "magnitude": "properties.mag"},
        },
        "synchronization": {"name": "Earthquakes", "sourceConfig": {"idPosition": "id"}},
    }
    asked(server, "PUT", "draft", draft)
    at("/app/wizard/3")(page, server)
    expect(page.get_by_text("What the first 3 records become")).to_be_visible()
    page.wait_for_load_state("networkidle")


PICTURES: Final[dict[str, Shows]] = {
    "overview": at("/app"),
    "flow": at("/app/flow"),
    "mapping": mapping,
    "run": run_with_skipped,
    "wizard": wizard,
    "synchronization": at("/app/synchronizations/earthquakes"),
}
"""Name of each picture -> what brings the page there."""


if __name__ == "__main__":
    main()

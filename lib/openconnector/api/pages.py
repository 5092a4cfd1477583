"""The page for a server that stands alone, and the files of the page wherever it is shown."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

PACKAGE = Path(__file__).parents[1]
CHECKOUT = PACKAGE.parents[1]

FOLDERS = ("js", "css", "img", "l10n")
"""Folders a browser may read from; `info.xml` routes to the same."""

ONE_YEAR = 365 * 24 * 3600

LANGUAGES = ("en", "nl")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Like Nextcloud's own, so that what works in one place works in the other."""


class Assets(StaticFiles):
    """Files a browser keeps: for good where the name follows from the content; of others it asks again."""

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        is_named_for_its_content = ".chunk." in path
        response.headers["Cache-Control"] = (
            f"private, max-age={ONE_YEAR}, immutable" if is_named_for_its_content else "no-cache"
        )
        return response


def assets() -> list[BaseRoute]:
    """Return a mount for each folder of the page there is: beside the packages where installed, or in a checkout."""
    places = {
        name: _first(PACKAGE.parent / "ex_app" / name, *_checked_out(name)) for name in FOLDERS
    }
    return [
        Mount(f"/{name}", Assets(directory=folder)) for name, folder in places.items() if folder
    ]


def pages() -> list[BaseRoute]:
    """Return the routes of the page for a server that stands alone: `/`, `/app/...` and its files."""
    templates = _first(PACKAGE / "templates" / "page", CHECKOUT / "templates" / "page")
    if templates is None:
        return []
    shell = Environment(loader=FileSystemLoader(templates), autoescape=True).get_template(
        "index.html"
    )
    files = assets()
    is_built = any(_has_loader(mount) for mount in files)

    async def page(request: Request) -> Response:
        language = _language(request.headers.get("accept-language", ""))
        text = shell.render(language=language, is_built=is_built)
        headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
        return HTMLResponse(text, headers=headers)

    return [
        Route("/", page),
        Route("/app", page),
        Route("/app/{path:path}", page),
        Mount("/page", Assets(directory=templates)),
        *files,
    ]


def _checked_out(name: str) -> tuple[Path, Path]:
    return CHECKOUT / "ex_app" / name, CHECKOUT / name


def _first(*folders: Path) -> Path | None:
    return next((folder for folder in folders if folder.is_dir()), None)


def _has_loader(mount: BaseRoute) -> bool:
    files = mount.app if isinstance(mount, Mount) else None
    return isinstance(files, Assets) and bool(files.lookup_path("openconnector-main.js")[0])


def _language(accepted: str) -> str:
    """Return the first language asked for that the page speaks."""
    asked = [
        part.partition(";")[0].strip().partition("-")[0].lower() for part in accepted.split(",")
    ]
    return next((language for language in asked if language in LANGUAGES), LANGUAGES[0])

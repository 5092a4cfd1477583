"""`appinfo/info.xml` is what the store, AppAPI and HaRP want it to be."""

import os
import re
import struct
import tomllib
from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from ex_app.callers import HEARTBEAT_PATH, INTERNAL_PATHS, INTERNAL_PREFIX
from ex_app.settings import Settings
from openconnector.api.app import create_api
from openconnector.api.callers import by_token
from openconnector.api.documents import document
from openconnector.api.pages import FOLDERS
from openconnector.engine import Engine
from openconnector.engine import Settings as EngineSettings
from tests.fakes.doors import MATCHERS, Matcher, declared

ROOT = Path(__file__).parents[2]
SUITE = Path(
    os.environ.get("NEXTCLOUD_INFO_SUITE", ROOT.parent / "shared/data/suites/nextcloud-info-xsd")
)
needs_suite = pytest.mark.skipif(
    not SUITE.is_dir(), reason=f"the store's schema is not at {SUITE}; set NEXTCLOUD_INFO_SUITE"
)
INFO = etree.parse(ROOT / "appinfo/info.xml")
SCHEMA = "{http://www.w3.org/2001/XMLSchema}"
KEPT_OF_EXTERNAL_APP = ("docker-install", "scopes", "system", "environment-variables")
DROPPED = {"architecture", "sabre", "trash", "versions", "openmetrics"}


def text(path: str) -> str:
    return INFO.findtext(path) or ""


# The store's schema


def as_the_store_sees_it(info: etree._ElementTree, schema: etree._ElementTree) -> etree._Element:
    """Return what the store validates: known children in its order, and of `external-app` what it keeps."""
    known = schema.iterfind(f"{SCHEMA}element[@name='info']//{SCHEMA}sequence/{SCHEMA}element")
    rebuilt = etree.Element("info")
    for name in (element.get("name") for element in known):
        rebuilt.extend(child for child in info.findall(name or "") if name not in DROPPED)
    for external in rebuilt.findall("external-app"):
        kept = [child for name in KEPT_OF_EXTERNAL_APP for child in external.findall(name)]
        external[:] = kept
    if rebuilt.find("category") is None:
        category = etree.SubElement(rebuilt, "category")
        category.text = "tools"
        rebuilt.remove(category)
        rebuilt.find("bugs").addprevious(category)
    if rebuilt.find("summary") is None:
        summary = etree.Element("summary")
        summary.text = (rebuilt.findtext("description") or "").strip()[:128]
        rebuilt.find("description").addprevious(summary)
    return rebuilt


def flaws(path: Path) -> list[str]:
    document = etree.parse(SUITE / "info.xsd")
    schema = etree.XMLSchema(document)
    rebuilt = as_the_store_sees_it(etree.parse(path), document)
    schema.validate(etree.fromstring(etree.tostring(rebuilt)))
    return [error.message for error in schema.error_log]


@needs_suite
def test_the_store_accepts_the_manifest():
    assert flaws(ROOT / "appinfo/info.xml") == []


@needs_suite
@pytest.mark.parametrize(
    ("owner_and_name", "is_good"),
    [
        ("nextcloud__context_agent", True),
        ("nextcloud__context_chat_backend", True),
        ("nextcloud__live_transcription", True),
        ("nextcloud__llm2", True),
        ("nextcloud__stt_whisper2", True),
        ("nextcloud__talk_bot_ai", True),
        ("nextcloud__translate2", True),
        ("nextcloud__app-skeleton-python", False),
        ("nextcloud__test-deploy", False),
    ],
)
def test_the_check_agrees_with_the_store_about_published_apps(owner_and_name, is_good):
    assert (flaws(SUITE / "samples" / f"{owner_and_name}.info.xml") == []) == is_good


def test_the_children_stand_in_the_order_the_schema_wants():
    names = [child.tag for child in INFO.getroot() if isinstance(child.tag, str)]

    expected = (
        "id name summary description version licence author namespace documentation category website bugs "
        "repository screenshot dependencies external-app"
    )
    assert list(dict.fromkeys(names)) == expected.split()


def test_every_picture_of_the_store_is_there_and_of_its_size():
    """`make screenshots` takes them; the store shows what its address gives, in this form."""
    base = f"{text('repository')}/raw/main/"
    addresses = [one.text or "" for one in INFO.findall("screenshot")]
    pictures = {ROOT / address.removeprefix(base) for address in addresses}

    assert len(pictures) >= 4
    assert pictures == {*(ROOT / "img/screenshots").glob("*.png")}
    for picture in pictures:
        content = picture.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert struct.unpack(">II", content[16:24]) == (1280, 800)
        assert len(content) < 300_000


def test_the_version_is_the_packages_and_the_images():
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    as_semver = re.sub(r"\.dev(\d+)$", r"-dev.\1", package)

    assert text("version") == as_semver
    assert text("external-app/docker-install/image-tag") == as_semver


def test_the_manifest_names_the_app_its_languages_and_its_servers():
    nextcloud = INFO.find("dependencies/nextcloud")
    assert nextcloud is not None
    named = {
        tag: {child.get("lang", "en") for child in INFO.findall(tag)}
        for tag in ("name", "summary", "description")
    }

    assert text("id") == Settings.model_fields["app_id"].default
    assert (nextcloud.get("min-version"), nextcloud.get("max-version")) == ("31", "34")
    assert named == {tag: {"en", "nl"} for tag in named}


def test_its_dutch_calls_its_reader_je():
    dutch = [child.text or "" for child in INFO.getroot() if child.get("lang") == "nl"]

    assert [text for text in dutch if re.search(r"\b([Uu]|[Uu]w|uzelf)\b", text)] == []


def test_every_variable_is_one_we_read_and_none_has_an_empty_default():
    """AppAPI before 35 hands an empty default to the container as the word `Array`."""
    variables = INFO.findall("external-app/environment-variables/variable")

    names = {variable.findtext("name") for variable in variables}
    read = {
        str(one.validation_alias or name.upper()) for name, one in Settings.model_fields.items()
    }
    defaults = [default.text for default in INFO.iterfind(".//variable/default")]

    assert names <= read
    assert all(defaults)


# The routes, with the matchers of the proxies that read them

ROUTES = declared()


def levels(matcher: Matcher, method: str, path: str) -> list[str]:
    return [route.level for route in matcher(ROUTES, method, path)]


METHODS = ["GET", "POST", "PUT", "DELETE"]
OPEN_TO_ALL = {"/api/v1/user/login"}


@pytest.mark.parametrize("matcher", MATCHERS)
@pytest.mark.parametrize(
    "path",
    [
        HEARTBEAT_PATH,
        *sorted(INTERNAL_PATHS),
        f"{INTERNAL_PREFIX}occ/sync",
        f"{INTERNAL_PREFIX}api/v1/x",
    ],
)
def test_no_internal_path_is_reachable_from_outside(matcher, path):
    spellings = [path, path.upper(), f"/{path}", f"{path}/", f"{path}/api/v1/", f"{path}/img/x"]

    reached = {
        spelling
        for spelling in spellings
        for method in METHODS
        if levels(matcher, method, spelling)
    }

    assert reached == set()


@pytest.mark.parametrize("matcher", MATCHERS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sources",
        "/api/v1/runs/1/cancel",
        "/api/v1/kinds",
        "/ocs/v1.php/apps/openconnector/api/v1/kinds",
        "/ocs/v2.php/cloud/capabilities",
    ],
)
def test_every_path_of_the_api_is_reachable_for_users_and_for_nobody_else(matcher, method, path):
    assert levels(matcher, method, path) == ["USER"]


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Every method and path of the interface, with something in place of each parameter."""
    engine = Engine(EngineSettings(storage=tmp_path_factory.mktemp("storage")))
    described = document(create_api(engine, authenticate=by_token("right")))
    return [
        (method.upper(), f"/api/v1{re.sub(r'{.*?}', 'x', path)}")
        for path, item in described["paths"].items()
        for method in item
    ]


@pytest.mark.parametrize("matcher", MATCHERS)
def test_every_operation_is_reachable_for_accounts_and_for_nobody_else(matcher, operations):
    reached = {
        (method, path): levels(matcher, method, path)
        for method, path in operations
        if path not in OPEN_TO_ALL
    }

    assert len(reached) > 50
    assert {method for method, _ in reached} <= set(METHODS)
    assert {tuple(found) for found in reached.values()} == {("USER",)}


@pytest.mark.parametrize("matcher", MATCHERS)
def test_the_login_is_public_and_nothing_beside_it(matcher):
    assert levels(matcher, "POST", "/api/v1/user/login")[0] == "PUBLIC"
    for path in ("/api/v1/user/login/x", "/api/v1/user/loginx", "/api/v1/user/me"):
        assert levels(matcher, "POST", path) == ["USER"]


@pytest.mark.parametrize("matcher", MATCHERS)
@pytest.mark.parametrize("folder", FOLDERS)
def test_the_pages_files_are_reachable_for_users(matcher, folder):
    assert levels(matcher, "GET", f"/{folder}/deep/file.ext") == ["USER"]


@pytest.mark.parametrize("matcher", MATCHERS)
def test_the_description_of_the_api_is_public_and_nothing_beside_it(matcher):
    assert levels(matcher, "GET", "/openapi.json") == ["PUBLIC"]
    assert levels(matcher, "GET", "/api/v1/openapi.json")[0] == "PUBLIC"
    assert levels(matcher, "GET", "/openapi.json/x") == []
    assert levels(matcher, "GET", "/openapiXjson") == []


@pytest.mark.parametrize("matcher", MATCHERS)
@pytest.mark.parametrize("path", ["/", "/api", "/api/v2/x", "/apis/v1/x", "/x/api/v1/y", "/imgs/x"])
def test_nothing_undeclared_is_reachable(matcher, path):
    assert levels(matcher, "GET", path) == []


def test_every_level_and_verb_is_one_the_proxies_know():
    assert {route.level for route in ROUTES} <= {"PUBLIC", "USER", "ADMIN"}
    assert {verb for route in ROUTES for verb in route.verbs.split(",")} <= set(METHODS)

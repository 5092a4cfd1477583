"""Every example is a configuration that loads as it is."""

from pathlib import Path

import orjson
import pytest

from openconnector.cli.example_source import PAGE_SIZE, PATH, ExampleSource
from openconnector.crypto import KeyRing
from openconnector.db.database import Database
from openconnector.definitions import files
from openconnector.definitions.notation import read
from openconnector.definitions.registers import Registers
from openconnector.definitions.store import Definitions
from openconnector.definitions.verifying import Verifier
from openconnector.previews.pool import Previews
from openconnector.testing import FakeClock

EXAMPLES = Path(__file__).parents[2] / "examples"
CONFIGURATIONS = sorted(EXAMPLES.glob("*/*.yaml"))
SECRETS = {"CASES_TOKEN": "an-example-token", "DESK_KEY": "an-example-key"}


def test_every_folder_of_examples_holds_a_configuration():
    folders = {folder for folder in EXAMPLES.iterdir() if folder.is_dir()}

    assert {file.parent for file in CONFIGURATIONS} == folders


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.parent.name)
async def test_an_example_loads_and_begins_with_what_it_is_for(
    file: Path, migrated_sqlite_url: str
):
    database = Database(migrated_sqlite_url)
    clock = FakeClock()
    definitions = Definitions(KeyRing({b"test": bytes(32)}, b"test"), clock)
    text = file.read_text()

    saved = await files.import_documents(
        [read(text)],
        files.Destination(
            database=database,
            definitions=definitions,
            registers=Registers(clock, definitions.audit),
            verifier=Verifier(database=database, definitions=definitions, previews=Previews()),
        ),
        variables=SECRETS,
        who="test",
    )
    await database.close()

    assert text.startswith("# ")
    assert "synchronizations" in {one.section for one in saved}
    assert {one.action for one in saved} == {"created"}


def test_the_example_source_gives_every_record_once():
    source = ExampleSource()
    stored = orjson.loads((EXAMPLES / "earthquakes" / "earthquakes.json").read_bytes())["features"]
    found, path = [], f"{PATH}?page=1"

    while path:
        status, body = source.answer(*path.split("?"))
        page = orjson.loads(body)
        assert (status, len(page["features"]) <= PAGE_SIZE) == (200, True)
        found += page["features"]
        path = page["next"]

    assert found == stored
    assert len(found) == len(source) == len({feature["id"] for feature in found}) > 1_000


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=1.5"])
def test_the_example_source_refuses_pages_that_cannot_be(query: str):
    assert ExampleSource().answer(PATH, query)[0] == 404

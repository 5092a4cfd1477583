"""The example, ready to be saved: what it configures, and whether that is here already."""

from openconnector.db import definitions as definition_rows
from openconnector.db import registers as register_rows
from openconnector.db.session import Session
from openconnector.definitions.contents import SECTIONS
from openconnector.definitions.notation import Document, read
from openconnector.definitions.registers import Shelf
from openconnector.errors import Conflict
from openconnector.example_data import folder
from openconnector.messages import noun, t

SYNCHRONIZATION = "earthquakes"


def earthquakes() -> Document:
    """Return the configuration of the example, with a source that needs no network. It reads a file."""
    document = read((folder() / "earthquakes" / "configuration.yaml").read_text(encoding="utf-8"))
    [source] = document.value["sources"]
    del source["allowedNetworks"]
    source["configuration"] = {"kind": "example"}
    return document


async def refuse_present(session: Session, document: Document) -> None:
    """Make sure that nothing of a document is here. Raises `Conflict` naming the first that is."""
    for section, entries in document.value.items():
        part = SECTIONS[section]
        look = register_rows.find if isinstance(part, Shelf) else definition_rows.find
        for entry in entries:
            if await look(session, part.table, entry["slug"]) is not None:
                raise Conflict(
                    t(
                        "There is a {kind} {slug} already, which the example would change; rename or delete it first",
                        kind=noun(part.table.__tablename__),
                        slug=repr(entry["slug"]),
                    )
                )

"""The demo: real data from a source on this machine, synchronized twice."""

from typing import Any

from openconnector.cli.carrying import opened
from openconnector.cli.configuration import WHO, save
from openconnector.cli.example_source import ExampleSource, answering
from openconnector.cli.outcome import OF_STATE, Exit, note, print_json
from openconnector.cli.progress import print_balances
from openconnector.cli.runs import carried_out, queued
from openconnector.cli.settings import Settings
from openconnector.db import definitions as definition_rows
from openconnector.db import registers as register_rows
from openconnector.db.session import Session
from openconnector.db.store_rows import RegisterRow, SchemaRow
from openconnector.definitions.notation import Document, read
from openconnector.definitions.registers import REGISTERS, SCHEMAS, Shelf
from openconnector.definitions.store import COLLECTIONS
from openconnector.engine import Engine
from openconnector.example_data import folder
from openconnector.ports import ObjectQuery, Place
from openconnector.synchronization.shown import run_json

SYNCHRONIZATION = "earthquakes"
PORT_VARIABLE = "EXAMPLE_PORT"
HOST, PORT = "127.0.0.1", 23000
DELETED_AT_ONCE = 500


async def show(*, is_kept: bool, is_served: bool, as_json: bool) -> Exit:
    """Run the example twice and print both balances; then serve the API where that was asked for."""
    settings = Settings.read()
    document = read((folder() / "earthquakes" / "configuration.yaml").read_text())
    source = ExampleSource()
    async with opened(settings) as engine, answering(source) as port:
        if not is_kept:
            await clear(engine, document)
        await save(engine, [document], {PORT_VARIABLE: str(port)})
        rows = {
            name: await carried_out(
                engine,
                await queued(engine, SYNCHRONIZATION),
                as_json=as_json,
                expected=len(source),
            )
            for name in ("first run", "second run")
        }
        if as_json:
            print_json([run_json(row) for row in rows.values()])
        else:
            print_balances(rows)
            note(_next_steps(settings, is_served=is_served))
        if is_served:
            from openconnector.cli.processes import answer

            await answer(engine, settings, host=HOST, port=PORT)
    return max((OF_STATE[row.state] for row in rows.values()), default=Exit.SUCCESS)


async def clear(engine: Engine, document: Document) -> None:
    """Remove what an earlier demo stored, and only that: the entries of the document with all they led to."""
    async with engine.database.writing() as session:
        for collection in reversed(COLLECTIONS):
            for entry in document.value[collection.name]:
                if await definition_rows.find(session, collection.table, entry["slug"]):
                    await engine.definitions.delete(session, collection, entry["slug"], WHO)
        for shelf in (REGISTERS, SCHEMAS):
            await _clear_shelf(session, engine, shelf, document.value[shelf.name])


async def _clear_shelf(
    session: Session, engine: Engine, shelf: Shelf[Any], entries: list[dict[str, Any]]
) -> None:
    for entry in entries:
        row = await register_rows.find(session, shelf.table, entry["slug"])
        if row is not None:
            await _empty(session, engine, row)
            await engine.registers.remove(session, row, WHO)


async def _empty(session: Session, engine: Engine, row: RegisterRow | SchemaRow) -> None:
    """Delete the objects of a register, so that it can be removed."""
    store = engine.embedded.within(session)
    for schema in row.schemas if isinstance(row, RegisterRow) else ():
        place = Place(register=row.id, schema=schema)
        while found := (await store.search(place, ObjectQuery(limit=DELETED_AT_ONCE))).results:
            await store.delete(place, [one.id for one in found])


def _next_steps(settings: Settings, *, is_served: bool) -> str:
    objects = "objects/seismology/earthquake?_limit=3&_sort=-magnitude"
    call = f"curl -H 'Authorization: Bearer {settings.token()}' 'http://{HOST}:{PORT}/api/v1/{objects}'"
    begin = "" if is_served else "  .venv/bin/openconnector serve\n"
    return f"""
The second run found the same records and wrote nothing. Everything is stored in {settings.storage.absolute()}.
Look at the objects:
{begin}  {call}
Read how it is configured in {folder() / "earthquakes" / "configuration.yaml"}, and README.md for one of your own.
"""

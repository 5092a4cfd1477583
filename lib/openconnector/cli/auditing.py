"""The commands over the audit trail."""

import re
import sys

import orjson

from openconnector.cli import arguments
from openconnector.cli.carrying import opened
from openconnector.cli.outcome import Exit, note, print_json
from openconnector.cli.settings import Settings
from openconnector.definitions.audit import End, every, shown

NOTED = re.compile(r"(\d{1,9}):([0-9a-f]{64})")


async def verify_trail(noted: str | None, *, as_json: bool) -> Exit:
    """Follow the whole chain and print what is not as it was written."""
    expected = None if noted is None else _end(noted)
    async with opened(Settings.read()) as engine:
        found = await engine.audit.examine(engine.database, expected)
    if as_json:
        print_json(found.told())
    else:
        for finding in found.findings:
            print(f"Entry {finding.number} {finding.message}")
        state = "is not whole" if found.findings else "is whole"
        note(
            f"The audit trail {state}: {found.entries} entries, "
            f"end {found.end.number}:{found.end.digest.hex()}"
        )
    return Exit.FAILURE if found.findings else Exit.SUCCESS


async def export_trail(after: int) -> Exit:
    """Print every entry after a number as a line of JSON."""
    async with opened(Settings.read()) as engine:
        async for row in every(engine.database, after):
            sys.stdout.write(orjson.dumps(shown(row)).decode() + "\n")
    return Exit.SUCCESS


def _end(text: str) -> End:
    parts = NOTED.fullmatch(text)
    if parts is None:
        raise arguments.refused("--end", "has to be a number and a digest, as `verify` prints them")
    return End(number=int(parts[1]), digest=bytes.fromhex(parts[2]))

"""The command for an installation whose key file is lost."""

from openconnector.cli.outcome import Exit, note, print_json
from openconnector.cli.settings import Settings
from openconnector.crypto import KeyRing
from openconnector.engine import KEY_FILE
from openconnector.errors import Conflict


async def begin_anew(*, as_json: bool) -> Exit:
    """Create a key file where none is. Raises `Conflict` when there is one."""
    file = Settings.read().storage / KEY_FILE
    ring = KeyRing.load(file)
    if not ring.is_empty:
        raise Conflict(
            f"The key file {file} is there, and replacing it would lose every secret; nothing was changed"
        )
    ring.create(file)
    if as_json:
        print_json({"keyFile": str(file)})
    else:
        note(f"A new key is in {file}. `openconnector doctor` names the secrets to enter again")
    return Exit.SUCCESS

"""Start the ExApp's worker process: `python -m ex_app.worker`, with the environment of the web process."""

import argparse
import asyncio
import gc
from contextlib import aclosing

from ex_app.building import built
from ex_app.settings import Settings, read_settings
from openconnector.cli.working import work_on
from openconnector.errors import OpenConnectorError
from openconnector.logs import log_as_json


async def work(settings: Settings, *, is_supervised: bool) -> None:
    """Work on runs until interrupted; supervised, until standard input closes."""
    engine, nextcloud = built(settings)
    async with aclosing(nextcloud), engine:
        gc.freeze()  # what is loaded by now stays; looking through it again and again only costs time
        await work_on(engine, is_supervised=is_supervised)


def main() -> None:
    """Work until the process is asked to stop; says in words what it lacks."""
    parser = argparse.ArgumentParser(prog="python -m ex_app.worker", description=__doc__)
    parser.add_argument("--supervised", action="store_true", help="end when standard input closes")
    arguments = parser.parse_args()
    log_as_json()
    try:
        asyncio.run(work(read_settings(), is_supervised=arguments.supervised))
    except OpenConnectorError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()

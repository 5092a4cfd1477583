"""Start the ExApp: `python -m ex_app`, with the environment AppAPI gives."""

import gc

import uvicorn
from starlette.types import ASGIApp

from ex_app.app import create_app
from ex_app.hosting import hosted
from ex_app.settings import Settings, read_settings
from openconnector.errors import ConfigurationError
from openconnector.logs import log_as_json

STOP_SECONDS = 8
"""How long open requests may take to end: Docker kills 10 s after it has asked us to stop."""

KEEP_ALIVE_SECONDS = 75


def server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    """Return the one web process: on a socket file behind HaRP, else on host and port.

    Nothing of a request's head is logged: it holds the session and the secret. Websockets are off.
    """
    if settings.socket:
        settings.socket.unlink(missing_ok=True)  # left behind by a process that was killed
    return uvicorn.Server(
        uvicorn.Config(
            app,
            uds=str(settings.socket) if settings.socket else None,
            host=settings.app_host,
            port=settings.app_port,
            ws="none",
            lifespan="on",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )


def main() -> None:
    """Serve until the process is asked to stop; says in words what it lacks."""
    log_as_json()
    settings = read_settings()
    try:
        app = create_app(settings, hosted(settings))
    except ConfigurationError as error:
        raise SystemExit(str(error)) from None
    gc.freeze()  # what is loaded by now stays; looking through it again and again only costs time
    server(app, settings).run()


if __name__ == "__main__":
    main()

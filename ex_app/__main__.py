"""Start the ExApp: `python -m ex_app`, with the environment AppAPI gives."""

import uvicorn
from starlette.types import ASGIApp

from ex_app.settings import Settings

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

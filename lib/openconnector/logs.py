"""How a process that serves writes its logs."""

import structlog
from structlog.typing import EventDict, WrappedLogger


def log_as_json() -> None:
    """Write logs for programs to standard output, one JSON object a line.

    A trace shows lines of code, never the values of variables: those may be records or secrets. Why a record was not
    handled is kept with its run alone, for those who may see it.
    """
    structlog.configure(
        processors=[
            _without_records,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
    )


def set_level(level: str) -> None:
    """Change from which level on a process that serves writes, at once; what others write is not for us to say."""
    if isinstance(structlog.get_config()["processors"][-1], structlog.processors.JSONRenderer):
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level))


def _without_records(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Leave out why a record was not handled: such a reason quotes the record."""
    if "verdict" in event:
        event.pop("reason", None)
    return event

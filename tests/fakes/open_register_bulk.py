"""Bulk writes of Open Register: what becomes of a row, and what the answer claims."""

from typing import Any

from tests.fakes.open_register_answers import METADATA, Row, bulk_row_answer, business


def chosen_id(sent: dict[str, Any]) -> str | None:
    """Return the id the caller chose for a row."""
    return (sent.get("@self") or {}).get("id") or sent.get("id")


def bulk_data(
    sent: dict[str, Any], known: dict[str, Any], schema: dict[str, Any], *, version: str
) -> dict[str, Any]:
    """Return what is stored of a row.

    v1.0.0 has a column for each property, and one that is not sent keeps its value. v0.2.14 keeps one blob, without
    properties named like its own columns.
    """
    own = business(sent)
    if version == "0.2.14":
        return {name: value for name, value in own.items() if name not in METADATA}
    return {name: own.get(name, known.get(name)) for name in schema["properties"]}


def bulk_answer(
    rows: list[Row], requested: int, *, status: str, is_silent: bool = False
) -> dict[str, Any]:
    """Return the answer to a bulk call; ``status`` is what it claims of every row, `created` or `unchanged`."""
    echoed = [bulk_row_answer(row, status) for row in rows]
    unchanged = echoed if status == "unchanged" else []
    saved = [] if status == "unchanged" or is_silent else echoed
    figures = {
        "saved": len(saved), "updated": 0, "unchanged": len(unchanged), "invalid": 0,
    }  # fmt: skip
    chunk = {"chunkIndex": 0, "count": len(rows), **figures}
    speed = {"totalTime": 0.004, "totalTimeMs": 3.89, "objectsPerSecond": 257.07}
    total = {"totalProcessed": len(rows), "totalRequested": requested, "efficiency": 100}
    return {
        "success": True,
        "message": "Bulk save operation completed successfully",
        "saved_count": len(saved),
        "saved_objects": {
            "saved": saved,
            "updated": [],
            "unchanged": unchanged,
            "invalid": [],
            "errors": [],
            "statistics": {
                "totalProcessed": len(rows), **figures, "errors": 0, "processingTimeMs": 0,
            },
            "chunkStatistics": [{**chunk, "processingTime": 2.32, "speed": 431.96}],
            "performance": speed | total,
        },
        "requested_count": requested,
    }  # fmt: skip

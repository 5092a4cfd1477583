"""The product under test: its configuration, and the command that carries out one run in a fresh process."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.definitions import MIXED_MAPPING, PROPERTIES

COMMAND = Path(sys.executable).with_name("openconnector")


def configuration(url: str, *, has_schema: bool = True) -> dict[str, Any]:
    """Return a synchronization of ``url`` into a register of the embedded store, with what belongs to it."""
    schema = {"slug": "case", "title": "Case", "properties": PROPERTIES if has_schema else {}}
    source = {
        "slug": "cases",
        "name": "Cases",
        "allowedNetworks": ["127.0.0.0/8"],
        "configuration": {
            "kind": "rest",
            "location": url,
            "resultsPosition": "results",
            "paginator": {"kind": "next_url", "nextPosition": "next"},
        },
    }
    synchronization = {
        "slug": "cases",
        "name": "Cases",
        "sourceId": "cases",
        "sourceTargetMapping": "case",
        "target": {"kind": "object_store", "register": "bench", "schema": "case"},
    }
    return {
        "registers": [{"slug": "bench", "title": "Bench", "schemas": ["case"]}],
        "schemas": [schema],
        "sources": [source],
        "mappings": [{"slug": "case", "name": "Case", **MIXED_MAPPING}],
        "synchronizations": [synchronization],
    }


def command(url: str, folder: Path, *, has_schema: bool = True) -> Sequence[str]:
    """Return the command for one run; the configuration goes to a file in ``folder``."""
    file = folder / "configuration.json"
    file.write_text(json.dumps(configuration(url, has_schema=has_schema)))
    return [str(COMMAND), "sync", str(file), "--json"]


def environment(folder: Path) -> dict[str, str]:
    """Return the settings of an installation that keeps everything in ``folder``."""
    return {"APP_PERSISTENT_STORAGE": str(folder / "storage"), "DATABASE_URL": ""}

"""The product under test: its configuration, and the command that carries out one run in a fresh process."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.definitions import MIXED_MAPPING, PROPERTIES

COMMAND = Path(sys.executable).with_name("openconnector")


def configuration(url: str) -> dict[str, Any]:
    """Return a synchronization of ``url`` into a register of the embedded store, with what belongs to it."""
    schema = {"slug": "case", "title": "Case", "properties": PROPERTIES}
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


def saved_configuration(url: str, folder: Path) -> Path:
    """Write the configuration to a file in ``folder`` and return it."""
    file = folder / "configuration.json"
    file.write_text(json.dumps(configuration(url)))
    return file


def command(url: str, folder: Path) -> Sequence[str]:
    """Return the command for one run."""
    file = saved_configuration(url, folder)
    return [str(COMMAND), "sync", str(file), "--json"]


def environment(folder: Path) -> dict[str, str]:
    """Return the settings of an installation that keeps everything in ``folder``."""
    return {"APP_PERSISTENT_STORAGE": str(folder / "storage"), "DATABASE_URL": ""}

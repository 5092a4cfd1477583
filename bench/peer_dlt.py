"""One run of dlt, the peer: its rest_api source into SQLite, merged by id.

Runs in the environment of its own (`bench/.venv`), each time in a fresh process, tuned for its own good:

* keys on its tables: without them the default merge looks through all staged rows for every row, so that a second
  run over 100,000 records does not end within eight minutes of CPU time;
* nested values as JSON columns instead of child tables, as our target keeps them;
* no compression of the files between its stages, no telemetry;
* told that a read holds no id twice, which saves it the search for duplicates (we do search).
"""

import argparse
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source

SETTINGS = {"RUNTIME__DLTHUB_TELEMETRY": "false", "DATA_WRITER__DISABLE_COMPRESSION": "true"}
"""dlt takes settings from its environment."""
DATA_SET = "bench"
MERGE = {"disposition": "merge", "strategy": "delete-insert", "deduplicated": True}


def source(url: str) -> Any:
    """Return the source: the link to the next page is at `next`, the records at `results`."""
    resource = {
        "name": "cases",
        "primary_key": "id",
        "write_disposition": MERGE,
        "max_table_nesting": 0,
        "endpoint": {"path": "", "data_selector": "results"},
    }
    client = {"base_url": url, "paginator": {"type": "json_link", "next_url_path": "next"}}
    return rest_api_source({"client": client, "resources": [resource]})


def run(url: str, folder: Path) -> None:
    """Move everything from the source into ``folder``."""
    os.environ.update(SETTINGS)
    destination = dlt.destinations.sqlalchemy(
        f"sqlite:///{folder / 'dlt.db'}", create_primary_keys=True
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder / "pipelines"),
        dataset_name=DATA_SET,
        destination=destination,
    )
    pipeline.run(source(url)).raise_on_failed_jobs()


def result(folder: Path) -> dict[str, Any]:
    """Return what is in the table now, for the comparison with what should be there."""
    query = "SELECT count(*), count(*) FILTER (WHERE status = 'reopened') FROM cases"
    with closing(sqlite3.connect(folder / f"dlt__{DATA_SET}.db")) as database:
        has_table = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'cases'").fetchone()
        rows, changed = database.execute(query).fetchone() if has_table else (0, 0)
    return {"rows": rows, "changed": changed}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    run(arguments.url, arguments.folder)
    print(json.dumps(result(arguments.folder) | {"version": dlt.__version__}))

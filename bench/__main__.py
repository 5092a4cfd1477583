"""`make bench`: speed and memory of the product beside dlt on the same pages, in one run.

The exit code is 0 whatever the figures are; a wrong result of either contender ends the run with an error.
"""

import argparse
import compileall
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import openconnector
from bench import comparison, latency, report
from bench.measure import WrongResult, run
from bench.pages import capacity, page_server

SMALL, LARGE = 10_000, 100_000
QUICK_PARTS = ["mapping", "sync"]
PARTS = [*QUICK_PARTS, "latency"]


def main() -> None:
    """Measure what was asked for and print each table as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{SMALL:,} records and one round")
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the best counts")
    arguments = parser.parse_args()
    # As installing a package does; pip has done so for dlt, and not for an editable installation.
    compileall.compile_dir(Path(openconnector.__file__).parent, quiet=1)
    parts = [arguments.only] if arguments.only else QUICK_PARTS if arguments.quick else PARTS
    print(report.machine())
    if "mapping" in parts:
        print(report.mapping(json.loads(run([sys.executable, "-m", "bench.mapping"]).output)))
    counts = (SMALL,) if arguments.quick else (SMALL, LARGE)
    if {"sync", "latency"} & set(parts):
        with page_server(LARGE if "latency" in parts else counts[-1]) as address:
            measure(address, parts, counts, 1 if arguments.quick else arguments.rounds)


def measure(address: str, parts: Sequence[str], counts: Sequence[int], rounds: int) -> None:
    """Carry out what needs the page server."""
    if "sync" in parts:
        print(report.capacity(capacity(address, counts[-1])))
        starts = comparison.starts(address, rounds)
        measured = [
            found for count in counts for found in comparison.compare(address, count, rounds)
        ]
        print(report.comparison(measured, starts))
    if "latency" in parts:
        print(report.latency(latency.measure(address, LARGE)))


if __name__ == "__main__":
    try:
        main()
    except WrongResult as error:
        sys.exit(f"Wrong result, so the figures mean nothing: {error}")

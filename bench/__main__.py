"""`make bench`: speed and memory of the product beside dlt on the same pages, in one run.

The exit code is 0 whatever the figures are; a wrong result of either contender ends the run with an error.
"""

import argparse
import json
import sys

from bench import comparison, report
from bench.measure import WrongResult, run
from bench.pages import capacity, page_server

SMALL, LARGE = 10_000, 100_000
PARTS = ("mapping", "sync", "latency")


def main() -> None:
    """Measure what was asked for and print each table as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{SMALL:,} records only, one round")
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the best counts")
    arguments = parser.parse_args()
    parts = PARTS if arguments.only is None else (arguments.only,)
    print(report.machine())
    if "mapping" in parts:
        print(report.mapping(json.loads(run([sys.executable, "-m", "bench.mapping"]).output)))
    most = SMALL if arguments.quick else LARGE
    if parts != ("mapping",):
        with page_server(most) as address:
            measure(address, parts, most, 1 if arguments.quick else arguments.rounds)


def measure(address: str, parts: tuple[str, ...], most: int, rounds: int) -> None:
    """Carry out what needs the page server."""
    if "sync" in parts:
        print(report.capacity(capacity(address, most)))
        idle = min(
            (comparison.idle(address) for _ in range(2)), key=lambda usage: usage.cpu_seconds
        )
        measured = [
            found
            for count in sorted({SMALL, most})
            for found in comparison.compare(address, count, rounds)
        ]
        print(report.comparison(measured, idle))


if __name__ == "__main__":
    try:
        main()
    except WrongResult as error:
        sys.exit(f"Wrong result, so the figures mean nothing: {error}")

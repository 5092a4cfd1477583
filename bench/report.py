"""Turns what was measured into tables for people."""

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.comparison import CASES, Case, Measured
from bench.latency import Resilience
from bench.measure import Usage

SHOWN_PACKAGES = ("aiohttp", "sqlalchemy", "orjson", "jsonschema-rs", "jinja2")
TUNING = (
    "dlt (rest_api source into SQLite, merge by id) is tuned for its own good: primary keys on its\n"
    "tables (without them its second run is quadratic), nested values as JSON columns, no compression\n"
    "between its stages, told that a read holds no id twice. It moves the fields as they come;\n"
    "openconnector maps 20 fields (8 expressions, 4 casts) and validates each result against a schema."
)
MOST_MILLISECONDS = 100
MOST_TAKE_UP_SECONDS = 10
MOST_GROWTH = 20
"""By how many per cent peak memory may grow from the small to the large count."""


def machine() -> str:
    """Return on what the figures were taken."""
    versions = ", ".join(f"{name} {version(name)}" for name in SHOWN_PACKAGES)
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {os.cpu_count()} cores, load {load:.1f} at the start; {platform.system()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}\n{versions}\n"
        "CPU is user + system of a process and its children, its start included; memory is the peak."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def mapping(rates: Sequence[dict[str, Any]]) -> str:
    """Return the table of the mapping alone."""
    rows = [
        (
            rate["name"],
            f"{rate['ours']:,.0f}",
            f"{rate['jinja']:,.0f}" if rate["jinja"] else "",
            f"{rate['ours'] / rate['jinja']:.1f}x" if rate["jinja"] else "",
        )
        for rate in rates
    ]
    header = ("mapping alone, 20 fields", "records/CPU-s", "Jinja per field", "ratio")
    return "\n" + table(header, rows)


def capacity(records_per_second: float) -> str:
    """Return the line on the page server."""
    return f"\nThe page server gives up to {records_per_second:,.0f} records/s to one bare client."


def comparison(measured: Sequence[Measured], starts: Mapping[str, Usage]) -> str:
    """Return the table of runs, with the ratios to dlt and the growth of memory."""
    found = {(item.contender, item.count, item.case.name): item for item in measured}
    counts = sorted({item.count for item in measured})
    rows = [_row(found, count, case) for count in counts for case in CASES]
    header = (
        *("records", "run"),
        *("records/s", "records/CPU-s", "MiB"),
        *("dlt records/s", "records/CPU-s", "MiB"),
        *("per CPU-s", "asked"),
    )
    lines = [table(header, rows), "", TUNING, ""]
    lines += [
        f"The start of {name} (a run over no records) costs {usage.cpu_seconds:.2f} s of CPU and "
        f"{usage.peak_mib:.0f} MiB."
        for name, usage in starts.items()
    ]
    if len(counts) > 1:
        lines += ["", _further(found, counts), ""]
        lines += [_growth(found, counts, case, starts["openconnector"]) for case in CASES]
    return "\n" + "\n".join(lines)


Found = dict[tuple[str, int, str], Measured]


def _row(found: Found, count: int, case: Case) -> tuple[str, ...]:
    ours, peer = found["openconnector", count, case.name], found["dlt", count, case.name]
    ratio = ours.per_cpu_second / peer.per_cpu_second
    asked = f">= {case.least:g}x" if case.least else ""
    return (f"{count:,}", case.name, *_cells(ours), *_cells(peer), f"{ratio:.1f}x", asked)


def _cells(item: Measured) -> tuple[str, ...]:
    return (
        f"{item.per_second:,.0f}",
        f"{item.per_cpu_second:,.0f}",
        f"{item.usage.peak_mib:.0f}",
    )


def _further(found: Found, counts: Sequence[int]) -> str:
    """Return what a record costs once a process has started: the difference between the two counts."""
    rows = []
    for case in CASES:
        ours, peer = (
            _further_micros(found[name, counts[0], case.name], found[name, counts[-1], case.name])
            for name in ("openconnector", "dlt")
        )
        rows.append((case.name, f"{ours:.1f}", f"{peer:.1f}", f"{peer / ours:.1f}x"))
    return table(
        ("each further record, microseconds of CPU", "openconnector", "dlt", "ratio"), rows
    )


def _further_micros(small: Measured, large: Measured) -> float:
    seconds = large.usage.cpu_seconds - small.usage.cpu_seconds
    return 1e6 * max(seconds, 0.001) / (large.count - small.count)


def _growth(found: Found, counts: Sequence[int], case: Case, idle: Usage) -> str:
    small, large = (
        found["openconnector", count, case.name].usage.peak_mib for count in (counts[0], counts[-1])
    )
    return (
        f"Memory, {case.name}: {small:.0f} MiB at {counts[0]:,}, {large:.0f} MiB at {counts[-1]:,} records: "
        f"{100 * (large / small - 1):+.0f} % (asked: <= {MOST_GROWTH} %), {large - idle.peak_mib:.0f} MiB above idle"
    )


def latency(found: Resilience) -> str:
    """Return the table of the web process's answers, and how soon a run outlives its worker."""
    rows = [
        (path, while_name, *(f"{value:,.0f}" for value in taken.milliseconds(path)))
        for while_name, taken in (
            ("run under way", found.working),
            ("worker killed", found.orphaned),
        )
        for path in taken.seconds
    ]
    header = ("answers of the web process", "while", "requests", "p50 ms", "p99 ms", "longest ms")
    return (
        f"\n{table(header, rows)}\n"
        f"Asked: p99 < {MOST_MILLISECONDS} ms. After kill -9 of the worker the run went on in "
        f"{found.taken_up_seconds:.1f} s (asked: <= {MOST_TAKE_UP_SECONDS} s) and lost and doubled nothing."
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return columns as wide as they need to be: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )

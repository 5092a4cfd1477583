"""Synchronizes the same pages with the product and with dlt: first run, nothing changed, one per cent changed."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import ours
from bench.measure import Usage, WrongResult, run
from bench.records import CHANGED_EVERY

HERE = Path(__file__).parent
PEER = [str(HERE / ".venv/bin/python"), "-W", "ignore", str(HERE / "peer_dlt.py")]

COUNTS = ("created", "updated", "unchanged", "skipped", "invalid", "failed", "deleted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run over a source: which variant it serves, and what is asked of us beside dlt."""

    name: str
    variant: str
    least: float
    """How many times dlt's records per CPU-second ours have to be; 0 where the issue asks nothing."""


CASES = (
    Case(name="first", variant="same", least=2),
    Case(name="unchanged", variant="same", least=6),
    Case(name="1 % changed", variant="changed", least=0),
)
EMPTY = Case(name="empty", variant="same", least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one case cost one contender: the round that took least CPU time."""

    contender: str
    count: int
    case: Case
    usage: Usage

    @property
    def per_second(self) -> float:
        """Records per second on the clock."""
        return self.count / self.usage.wall_seconds

    @property
    def per_cpu_second(self) -> float:
        """Records per second of CPU, the start of the process included."""
        return self.count / self.usage.cpu_seconds


Contender = Callable[[str, Path, Case, int], Usage]
"""Carries out a case in a folder that holds what its earlier cases left. Raises `WrongResult`."""


def openconnector(url: str, folder: Path, case: Case, count: int) -> Usage:
    """Carry out a run of the product and check its balance."""
    usage = run(ours.command(url, folder), ours.environment(folder))
    check_balance(json.loads(usage.output), case, count)
    return usage


def dlt(url: str, folder: Path, case: Case, count: int) -> Usage:
    """Carry out a run of dlt and check what its table holds."""
    usage = run([*PEER, url, str(folder)])
    found = json.loads(usage.output.splitlines()[-1])
    expected = {"rows": count, "changed": _changed(count) if case.variant == "changed" else 0}
    if {name: found[name] for name in expected} != expected:
        raise WrongResult(f"dlt, {case.name}: {found} instead of {expected}")
    return usage


CONTENDERS: dict[str, Contender] = {"openconnector": openconnector, "dlt": dlt}


def compare(address: str, count: int, rounds: int) -> list[Measured]:
    """Return the best of some rounds for every contender and case, the contenders taking turns."""
    best: dict[tuple[str, str], Measured] = {}
    for _ in range(rounds):
        for name, contender in CONTENDERS.items():
            for measured in one_round(address, count, name, contender):
                key = (name, measured.case.name)
                if key not in best or measured.per_cpu_second > best[key].per_cpu_second:
                    best[key] = measured
    return list(best.values())


def one_round(address: str, count: int, name: str, contender: Contender) -> Iterator[Measured]:
    """Yield every case, one after the other in a fresh folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for case in CASES:
            url = f"{address}/{count}/{case.variant}"
            usage = contender(url, Path(folder), case, count)
            yield Measured(contender=name, count=count, case=case, usage=usage)


def starts(address: str, rounds: int) -> dict[str, Usage]:
    """Return what each contender costs over no records: its start, a new database and its end."""
    return {
        name: min((_start(address, contender) for _ in range(rounds)), key=_cpu_seconds)
        for name, contender in CONTENDERS.items()
    }


def _start(address: str, contender: Contender) -> Usage:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return contender(f"{address}/0/same", Path(folder), EMPTY, 0)


def _cpu_seconds(usage: Usage) -> float:
    return usage.cpu_seconds


def check_balance(found: dict[str, Any], case: Case, count: int) -> None:
    """Hold a run against what had to happen. Raises `WrongResult`."""
    changed = _changed(count) if case.variant == "changed" else 0
    written = count if case.name == "first" else changed
    expected = dict.fromkeys(COUNTS, 0) | {"found": count, "unchanged": count - written}
    expected["created" if case.name == "first" else "updated"] = written
    balance = {name: found["balance"].get(name) for name in expected}
    if found["state"] != "succeeded" or balance != expected:
        raise WrongResult(f"openconnector, {case.name}: {found['state']}, {balance}")
    if (found["writes"] > 0) != (written > 0):
        raise WrongResult(f"openconnector, {case.name}: {found['writes']} writes")


def _changed(count: int) -> int:
    return -(-count // CHANGED_EVERY)

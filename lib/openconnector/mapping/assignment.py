"""Pairs what fits best: every target with at most one source, so that the sum of the scores is largest."""

from collections.abc import Mapping
from typing import TypeAlias

Edge: TypeAlias = tuple[int, int]
"""A target and a source, each by its number."""

PRECISION = 1_000_000
"""Scores are counted in whole parts of this, so that sums are exact and ties are the same everywhere."""


def best_pairs(scores: Mapping[Edge, float]) -> list[Edge]:
    """Return the pairs of the best assignment, by target. Pairs without a score are never made."""
    pairs: list[Edge] = []
    for targets, sources in _components(scores):
        pairs += _assigned(sorted(targets), sorted(sources), scores)
    return sorted(pairs)


def _components(scores: Mapping[Edge, float]) -> list[tuple[set[int], set[int]]]:
    """Return the groups of targets and sources that compete with each other."""
    groups: list[tuple[set[int], set[int]]] = []
    for target, source in sorted(scores):
        touching = [group for group in groups if target in group[0] or source in group[1]]
        groups = [group for group in groups if group not in touching]
        targets = {target}.union(*(group[0] for group in touching))
        sources = {source}.union(*(group[1] for group in touching))
        groups.append((targets, sources))
    return groups


def _assigned(targets: list[int], sources: list[int], scores: Mapping[Edge, float]) -> list[Edge]:
    """The Hungarian method (Kuhn and Munkres) with potentials; each target may also stay alone, for nothing."""
    costs = [
        [-round(scores.get((target, source), 0) * PRECISION) for source in sources]
        + [0] * len(targets)
        for target in targets
    ]
    columns = len(sources) + len(targets)
    row_potential, column_potential = [0] * (len(targets) + 1), [0] * (columns + 1)
    taken_by = [0] * (columns + 1)
    for row in range(1, len(targets) + 1):
        _augment(row, costs, (row_potential, column_potential), taken_by)
    return [
        (targets[row - 1], sources[column])
        for column, row in enumerate(taken_by[1:])
        if row and column < len(sources) and (targets[row - 1], sources[column]) in scores
    ]


def _augment(
    row: int,
    costs: list[list[int]],
    potentials: tuple[list[int], list[int]],
    taken_by: list[int],
) -> None:
    """Find the cheapest way to give a row a column, moving others where that pays."""
    rows, columns = potentials
    infinite = 1 << 60
    least, came_from = [infinite] * len(columns), [0] * len(columns)
    used: list[int] = []
    free = set(range(1, len(columns)))
    taken_by[0] = row
    column = 0
    while taken_by[column]:
        used.append(column)
        free.discard(column)
        here = taken_by[column]
        for other in free:
            cost = costs[here - 1][other - 1] - rows[here] - columns[other]
            if cost < least[other]:
                least[other], came_from[other] = cost, column
        following = min(free, key=lambda other: (least[other], other))
        step = least[following]
        for passed in used:
            rows[taken_by[passed]] += step
            columns[passed] -= step
        for other in free:
            least[other] -= step
        column = following
    while column:
        taken_by[column] = taken_by[came_from[column]]
        column = came_from[column]

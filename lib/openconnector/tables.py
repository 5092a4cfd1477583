"""Tables as records: the names of the columns, and rows under them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from openconnector.errors import LimitExceeded

MAX_COLUMNS = 16_384
"""As many as a spreadsheet has; a table with more is no table."""


class Columns:
    """The names of a table's columns; those without a name are called `column1`, `column2` and so on."""

    def __init__(self, names: Iterable[Any] = ()) -> None:
        """Take the names of the first columns; a name that occurs again gets a number: `name_2`."""
        self._names: list[str] = []
        self._taken: dict[str, int] = {}
        for name in names:
            self._add("" if name is None else str(name).strip())

    def record(self, cells: Sequence[Any]) -> dict[str, Any]:
        """Return a row as a record: null for cells that the row lacks, a column for every cell too many."""
        while len(self._names) < len(cells):
            self._add("")
        missing = len(self._names) - len(cells)
        return dict(zip(self._names, [*cells, *([None] * missing)], strict=True))

    def _add(self, name: str) -> None:
        if len(self._names) >= MAX_COLUMNS:
            raise LimitExceeded(f"The table has more than {MAX_COLUMNS} columns")
        base = name or f"column{len(self._names) + 1}"
        unique = base
        while unique in self._taken:  # counted on from where the last one of this name ended
            self._taken[base] += 1
            unique = f"{base}_{self._taken[base]}"
        self._taken[unique] = 1
        self._names.append(unique)


def records(
    rows: Iterable[Sequence[Any]], *, has_header: bool, names: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as records, without those whose cells are all empty.

    ``names`` go before the names in the header, the first row that is not empty.
    """
    filled = (cells for cells in rows if any(cell not in (None, "") for cell in cells))
    header = next(filled, ()) if has_header else ()
    columns = Columns(names or header)
    for cells in filled:
        yield columns.record(cells)

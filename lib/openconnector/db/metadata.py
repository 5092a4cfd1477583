"""The tables of this version, all of them: a module with rows that is not named here makes none."""

from openconnector.db import (  # noqa: F401  their tables belong to the metadata
    count_rows,
    draft_rows,
    firing_rows,
    installation_rows,
    memo_rows,
    store_rows,
)
from openconnector.db.rows import Base

METADATA = Base.metadata

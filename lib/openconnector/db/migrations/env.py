"""Runs the migrations on the connection that `db.migrate` hands over."""

from alembic import context

from openconnector.db import (  # noqa: F401  their tables belong to the metadata
    count_rows,
    firing_rows,
    installation_rows,
    memo_rows,
    store_rows,
)
from openconnector.db.rows import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    # SQLite can change most tables only by copying them, and must do so in one transaction.
    transaction_per_migration=False,
)

with context.begin_transaction():
    context.run_migrations()

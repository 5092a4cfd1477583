"""Runs the migrations on the connection that `db.migrate` hands over."""

from alembic import context

from openconnector.db.metadata import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
    # SQLite can change most tables only by copying them, and must do so in one transaction.
    transaction_per_migration=False,
)

with context.begin_transaction():
    context.run_migrations()

"""Note the target of a run, and find runs by the moment and failed records by their id."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("target", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_run_queued_at"), "run", ["queued_at"])
    op.drop_index(op.f("ix_failed_record_synchronization_id_state"), table_name="failed_record")
    op.create_index(
        op.f("ix_failed_record_synchronization_id_state_origin_id"),
        "failed_record",
        ["synchronization_id", "state", "origin_id"],
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_failed_record_synchronization_id_state_origin_id"), "failed_record")
    op.create_index(
        op.f("ix_failed_record_synchronization_id_state"),
        "failed_record",
        ["synchronization_id", "state"],
    )
    op.drop_index(op.f("ix_run_queued_at"), table_name="run")
    op.drop_column("run", "target")

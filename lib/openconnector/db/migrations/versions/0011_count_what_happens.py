"""Count what runs write and what sources answer, and note when secrets expire."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SUCCEEDED = sa.text("state = 'succeeded' AND mode = 'run'")
RESOLVED = """
UPDATE run SET resolved = (
    SELECT count(*) FROM failed_record WHERE failed_record.run_id = run.id AND failed_record.state = 'resolved'
) WHERE invalid + failed > 0
"""


def upgrade() -> None:
    op.create_table(
        "synchronization_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("written", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_synchronization_day_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("day", "synchronization_id", name=op.f("pk_synchronization_day")),
    )
    op.create_table(
        "source_hour",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("hour", Moment(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Double(), nullable=False),
        sa.Column("served_at", Moment(), nullable=True),
        sa.Column("failed_at", Moment(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("source_id", "hour", name=op.f("pk_source_hour")),
    )
    op.create_index(op.f("ix_source_hour_hour"), "source_hour", ["hour"])
    op.add_column("secret", sa.Column("expires_at", Moment(), nullable=True))
    op.add_column(
        "run", sa.Column("resolved", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.execute(RESOLVED)
    op.create_index(
        "ix_run_succeeded",
        "run",
        ["synchronization_id", "finished_at"],
        sqlite_where=SUCCEEDED,
        postgresql_where=SUCCEEDED,
    )


def downgrade() -> None:
    op.drop_index("ix_run_succeeded", "run")
    # Not in batch mode, which would drop the table for a moment, and with it all that hangs on its rows.
    op.drop_column("run", "resolved")
    op.drop_column("secret", "expires_at")
    op.drop_table("source_hour")
    op.drop_table("synchronization_day")

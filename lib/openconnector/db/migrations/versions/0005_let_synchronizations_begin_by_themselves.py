"""Let synchronizations begin by themselves, and name what started a run by one word."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Moment, Sequential

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TRIGGERS = {"api": "manual", "replay": "manual", "cli": "command"}


def upgrade() -> None:
    op.create_table(
        "schedule_mark",
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("schedule", sa.String(length=16), nullable=False),
        sa.Column("moment", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_schedule_mark_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("synchronization_id", "schedule", name=op.f("pk_schedule_mark")),
    )
    op.create_index(op.f("ix_schedule_mark_due_at"), "schedule_mark", ["due_at"], unique=False)
    op.create_table(
        "firing",
        sa.Column("id", Sequential, nullable=False),
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("schedule", sa.String(length=16), nullable=False),
        sa.Column("moment", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("misfire", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("missed_since", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_firing_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firing")),
        sa.UniqueConstraint(
            "synchronization_id",
            "schedule",
            "moment",
            name=op.f("uq_firing_synchronization_id_schedule_moment"),
        ),
    )
    op.create_index("ix_firing_state_due_at", "firing", ["state", "due_at"], unique=False)
    run = sa.table("run", sa.column("trigger", sa.String))
    for before, after in TRIGGERS.items():
        op.execute(run.update().where(run.c.trigger == before).values(trigger=after))


def downgrade() -> None:
    op.drop_table("firing")
    op.drop_table("schedule_mark")

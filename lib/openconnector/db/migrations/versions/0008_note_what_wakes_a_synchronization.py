"""Note what wakes a synchronization."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wake",
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("latest_at", Moment(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_wake_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("synchronization_id", name=op.f("pk_wake")),
    )
    op.create_index(op.f("ix_wake_due_at"), "wake", ["due_at"], unique=False)


def downgrade() -> None:
    op.drop_table("wake")

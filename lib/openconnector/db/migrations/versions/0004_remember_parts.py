"""Remember what files and folders came to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "part_memo",
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("seen", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_part_memo_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("synchronization_id", "target", "key", name=op.f("pk_part_memo")),
    )


def downgrade() -> None:
    op.drop_table("part_memo")

"""Keep settings of the installation."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Json, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("mirrored", Json, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_settings_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
    )


def downgrade() -> None:
    op.drop_table("settings")

"""Keep what people have begun and not finished."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_draft")),
    )


def downgrade() -> None:
    op.drop_table("draft")

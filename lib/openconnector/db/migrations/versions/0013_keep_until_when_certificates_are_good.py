"""Keep until when the certificates that sources show are good."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_certificate",
        sa.Column("source_id", sa.String(length=36), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_source_certificate_source_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_id", "host", name=op.f("pk_source_certificate")),
    )


def downgrade() -> None:
    op.drop_table("source_certificate")

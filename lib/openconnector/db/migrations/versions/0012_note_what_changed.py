"""Note which things changed when a synchronization is woken."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("wake") as table:
        table.add_column(sa.Column("things", Json, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("wake") as table:
        table.drop_column("things")

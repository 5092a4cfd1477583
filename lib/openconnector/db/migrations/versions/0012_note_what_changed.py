"""Note which things changed when a synchronization is woken."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Json

<<<<<<<< HEAD:lib/openconnector/db/migrations/versions/0010_note_what_changed.py
revision = "0010"
down_revision = "0009"
========
revision = "0012"
down_revision = "0011"
>>>>>>>> 96a2675 (fixup! Read a file alone that Nextcloud says was written, where nothing can be gone by it):lib/openconnector/db/migrations/versions/0012_note_what_changed.py
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("wake") as table:
        table.add_column(sa.Column("things", Json, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("wake") as table:
        table.drop_column("things")

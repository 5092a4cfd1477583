"""Create the tables."""

import sqlalchemy as sa
from alembic import op

from openconnector.db.types import Json, Moment, SearchableJson, Sequential

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("id", Sequential, nullable=False),
        sa.Column("source_id", sa.String(length=36), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.Column("connect_ms", sa.Double(), nullable=True),
        sa.Column("sent_bytes", sa.Integer(), nullable=False),
        sa.Column("received_bytes", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_run_id"), ["run_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_source_id"), ["source_id"], unique=False)
        batch_op.create_index("ix_call_started_at", ["started_at"], unique=False)

    op.create_table(
        "change_counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_change_counter_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_counter")),
    )
    op.create_table(
        "mapping",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapping")),
        sa.UniqueConstraint("slug", name=op.f("uq_mapping_slug")),
    )
    op.create_table(
        "object",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("register_id", sa.String(length=36), nullable=False),
        sa.Column("schema_id", sa.String(length=36), nullable=False),
        sa.Column("data", SearchableJson, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("deleted_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_object")),
    )
    with op.batch_alter_table("object", schema=None) as batch_op:
        batch_op.create_index(
            "ix_object_deleted",
            ["deleted_at", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_object_register_id_schema_id_created_at",
            ["register_id", "schema_id", "created_at"],
            unique=False,
        )

    op.create_table(
        "register",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("schemas", Json, nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register")),
        sa.UniqueConstraint("slug", name=op.f("uq_register_slug")),
    )
    op.create_table(
        "revision",
        sa.Column("id", Sequential, nullable=False),
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("saved_by", sa.String(length=64), nullable=False),
        sa.Column("saved_at", Moment(), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint(
            "collection",
            "entity_id",
            "number",
            name=op.f("uq_revision_collection_entity_id_number"),
        ),
    )
    op.create_table(
        "schema",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("properties", Json, nullable=False),
        sa.Column("required", Json, nullable=False),
        sa.Column("is_strict", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema")),
        sa.UniqueConstraint("slug", name=op.f("uq_schema_slug")),
    )
    op.create_table(
        "secret",
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("entity_id", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "entity_id", "field", name=op.f("pk_secret")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("slug", name=op.f("uq_source_slug")),
    )
    op.create_table(
        "synchronization",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.Column("definition", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_synchronization")),
        sa.UniqueConstraint("slug", name=op.f("uq_synchronization_slug")),
    )
    op.create_table(
        "contract",
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("origin_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mapped_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash_version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("synchronization_revision_id", sa.Integer(), nullable=False),
        sa.Column("mapping_revision_id", sa.Integer(), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_contract_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "synchronization_id", "target", "origin_id", name=op.f("pk_contract")
        ),
        sa.UniqueConstraint(
            "synchronization_id",
            "target",
            "ordinal",
            name=op.f("uq_contract_synchronization_id_target_ordinal"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contract_epoch",
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_contract_epoch_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("synchronization_id", "target", name=op.f("pk_contract_epoch")),
    )
    op.create_table(
        "page_memo",
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("seen", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_page_memo_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "synchronization_id", "target", "number", name=op.f("pk_page_memo")
        ),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("is_forced", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("trigger", sa.String(length=16), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=False),
        sa.Column("parent_id", sa.String(length=36), nullable=True),
        sa.Column("revisions", Json, nullable=False),
        sa.Column("cursor", Json, nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("is_read_complete", sa.Boolean(), nullable=False),
        sa.Column("incomplete_reason", sa.Text(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("invalid", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column("restored", sa.Integer(), nullable=False),
        sa.Column("writes", sa.Integer(), nullable=False),
        sa.Column("contracts_before", sa.Integer(), nullable=True),
        sa.Column("contracts_after", sa.Integer(), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=True),
        sa.Column("deletions_pending", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("lease_owner", sa.String(length=255), nullable=True),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("is_cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("queued_at", Moment(), nullable=False),
        sa.Column("started_at", Moment(), nullable=True),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("timings", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_run_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_state_due_at", ["state", "due_at"], unique=False)
        batch_op.create_index(
            "ix_run_synchronization_id_queued_at", ["synchronization_id", "queued_at"], unique=False
        )
        batch_op.create_index(
            "uq_run_active",
            ["synchronization_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('queued', 'running', 'waiting') AND mode <> 'dry_run'"),
            postgresql_where=sa.text(
                "state IN ('queued', 'running', 'waiting') AND mode <> 'dry_run'"
            ),
        )

    op.create_table(
        "failed_record",
        sa.Column("id", Sequential, nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("origin_id", sa.Text(), nullable=True),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.Column("synchronization_revision_id", sa.Integer(), nullable=False),
        sa.Column("mapping_revision_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_failed_record_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_failed_record_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_record")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_failed_record_run_id_number")),
    )
    with op.batch_alter_table("failed_record", schema=None) as batch_op:
        batch_op.create_index(
            "ix_failed_record_synchronization_id_state",
            ["synchronization_id", "state"],
            unique=False,
        )

    op.create_table(
        "intent",
        sa.Column("synchronization_id", sa.String(length=36), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.Column("origin_hash", sa.LargeBinary(), nullable=False),
        sa.Column("mapped_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_intent_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["synchronization_id"],
            ["synchronization.id"],
            name=op.f("fk_intent_synchronization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "synchronization_id", "target", "origin_id", name=op.f("pk_intent")
        ),
    )
    with op.batch_alter_table("intent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_intent_run_id"), ["run_id"], unique=False)

    op.create_table(
        "run_change",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=True),
        sa.Column("differences", sa.LargeBinary(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_change_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_run_change")),
    )
    op.create_table(
        "run_log",
        sa.Column("id", Sequential, nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("event", sa.String(length=255), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_log_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_log")),
    )
    with op.batch_alter_table("run_log", schema=None) as batch_op:
        batch_op.create_index("ix_run_log_run_id_id", ["run_id", "id"], unique=False)

    op.create_table(
        "run_page",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_page_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_run_page")),
    )

    op.execute("INSERT INTO change_counter (id, value) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("run_page")
    with op.batch_alter_table("run_log", schema=None) as batch_op:
        batch_op.drop_index("ix_run_log_run_id_id")

    op.drop_table("run_log")
    op.drop_table("run_change")
    with op.batch_alter_table("intent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_intent_run_id"))

    op.drop_table("intent")
    with op.batch_alter_table("failed_record", schema=None) as batch_op:
        batch_op.drop_index("ix_failed_record_synchronization_id_state")

    op.drop_table("failed_record")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_run_active",
            sqlite_where=sa.text("state IN ('queued', 'running', 'waiting') AND mode <> 'dry_run'"),
            postgresql_where=sa.text(
                "state IN ('queued', 'running', 'waiting') AND mode <> 'dry_run'"
            ),
        )
        batch_op.drop_index("ix_run_synchronization_id_queued_at")
        batch_op.drop_index("ix_run_state_due_at")

    op.drop_table("run")
    op.drop_table("page_memo")
    op.drop_table("contract_epoch")
    op.drop_table("contract")
    op.drop_table("synchronization")
    op.drop_table("source")
    op.drop_table("secret")
    op.drop_table("schema")
    op.drop_table("revision")
    op.drop_table("register")
    with op.batch_alter_table("object", schema=None) as batch_op:
        batch_op.drop_index("ix_object_register_id_schema_id_created_at")
        batch_op.drop_index(
            "ix_object_deleted",
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )

    op.drop_table("object")
    op.drop_table("mapping")
    op.drop_table("change_counter")
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_index("ix_call_started_at")
        batch_op.drop_index(batch_op.f("ix_call_source_id"))
        batch_op.drop_index(batch_op.f("ix_call_run_id"))

    op.drop_table("call")

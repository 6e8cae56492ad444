"""Alerts: what is told, to whom, and whether it arrived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "alerts",
        sa.Column("id", big_id, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("office_id", big_id, nullable=False),
        sa.Column("municipality_code", sa.String(length=6), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("opened_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), server_default="", nullable=False),
        sa.Column("acknowledged_amount", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("resolved_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["offices.id"], name=op.f("alerts_office_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("alerts_pkey")),
    )
    op.create_index(op.f("alerts_resolved_at_ms_idx"), "alerts", ["resolved_at_ms"], unique=False)
    op.create_table(
        "alert_recipients",
        sa.Column("id", big_id, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("scope_code", sa.String(length=20), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("added_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("removed_at_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_recipients_pkey")),
    )
    op.create_table(
        "alert_told",
        sa.Column("alert_id", big_id, nullable=False),
        sa.Column("recipient_id", big_id, nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("alert_told_alert_id_fkey")),
        sa.ForeignKeyConstraint(["recipient_id"], ["alert_recipients.id"], name=op.f("alert_told_recipient_id_fkey")),
        sa.PrimaryKeyConstraint("alert_id", "recipient_id", name=op.f("alert_told_pkey")),
    )
    op.create_table(
        "alert_messages",
        sa.Column("id", big_id, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("recipient_id", big_id, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("given_up_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["alert_recipients.id"], name=op.f("alert_messages_recipient_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_messages_pkey")),
        sa.UniqueConstraint("key", name=op.f("alert_messages_key_key")),
    )
    lease = op.create_table(
        "alert_lease",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("alert_lease_pkey")),
    )
    op.bulk_insert(lease, [{"id": 1, "holder": "", "until_ms": 0}])

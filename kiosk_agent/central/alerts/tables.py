"""The tables of alerts."""

from __future__ import annotations

import sqlalchemy as sa

from kiosk_agent.central.database.tables import BigId, metadata

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("office_id", sa.ForeignKey("offices.id"), nullable=False),
    sa.Column("municipality_code", sa.String(6), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("fresh", sa.Boolean, nullable=False),
    sa.Column("opened_at_ms", sa.BigInteger, nullable=False),
    sa.Column("acknowledged_at_ms", sa.BigInteger),  # the last time; stays when it is open again
    sa.Column("acknowledged_by", sa.Text, nullable=False, server_default=""),
    sa.Column("acknowledged_measure", sa.BigInteger),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("resolved_at_ms", sa.BigInteger, index=True),
    sa.Column("measure", sa.BigInteger, nullable=False, server_default="0"),
)
alert_recipients = sa.Table(
    "alert_recipients",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("scope_code", sa.String(20), nullable=False),
    sa.Column("kinds", sa.Text, nullable=False),  # separated by spaces; empty: all
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("added_at_ms", sa.BigInteger, nullable=False),
    sa.Column("last_at_ms", sa.BigInteger),
    sa.Column("removed_at_ms", sa.BigInteger),
)
alert_told = sa.Table(
    "alert_told",
    metadata,
    sa.Column("alert_id", sa.ForeignKey("alerts.id"), primary_key=True),
    sa.Column("recipient_id", sa.ForeignKey("alert_recipients.id"), primary_key=True),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("acknowledged_at_ms", sa.BigInteger),
)
alert_messages = sa.Table(
    "alert_messages",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("key", sa.String(32), nullable=False, unique=True),
    sa.Column("recipient_id", sa.ForeignKey("alert_recipients.id"), nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # JSON of schemas.Content
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.BigInteger, nullable=False),
    sa.Column("next_at_ms", sa.BigInteger, nullable=False),
    sa.Column("sent_at_ms", sa.BigInteger),
    sa.Column("given_up_at_ms", sa.BigInteger),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
)
# One row: which server process sends, and until when nobody else may.
alert_lease = sa.Table(
    "alert_lease",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("holder", sa.String(32), nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
)

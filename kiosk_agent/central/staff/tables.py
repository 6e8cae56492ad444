"""The tables of staff."""

from __future__ import annotations

import sqlalchemy as sa

from kiosk_agent.central.database.tables import BigId, metadata

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("role", sa.SmallInteger, nullable=False),
    sa.Column("scope", sa.String(16), nullable=False),
    sa.Column("scope_code", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),  # empty: it has none
    sa.Column("totp_secret", sa.String(64)),
    sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),  # of the newest code that was used
    sa.Column("added_at_ms", sa.BigInteger, nullable=False),
    sa.Column("disabled_at_ms", sa.BigInteger),
)
staff_sessions = sa.Table(
    "staff_sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("staff_id", sa.ForeignKey("staff.id"), nullable=False, index=True),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("seen_at_ms", sa.BigInteger, nullable=False),
    sa.Column("sealed_hint", sa.Text),  # of one that a provider has opened: what signs out there
)
staff_attempts = sa.Table(
    "staff_attempts",
    metadata,
    sa.Column("key", sa.String(80), primary_key=True),  # hash of a typed name, or of an address
    sa.Column("failures", sa.BigInteger, nullable=False),
    sa.Column("last_at_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("locked_until_ms", sa.BigInteger, nullable=False),
)
# One row: where the chain of the audit log ends. Its lock puts all writers in one line.
staff_audit_head = sa.Table(
    "staff_audit_head",
    metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)
staff_audit = sa.Table(
    "staff_audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)

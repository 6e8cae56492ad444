"""The commands' table. A row is never removed: who had what done at which desk, when and why, stays to be read."""

from __future__ import annotations

import sqlalchemy as sa

from kiosk_agent.central.database.tables import BigId, metadata

desk_commands = sa.Table(
    "desk_commands",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("municipality_code", sa.String(6), nullable=False, index=True),
    sa.Column("desk_id", sa.ForeignKey("desks.id"), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("note", sa.Text, nullable=False),  # shown at the desk
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("fetched_at_ms", sa.BigInteger),  # when the desk first got it
    sa.Column("settled_at_ms", sa.BigInteger),
    sa.Column("result", sa.String(16)),
    sa.Column("diagnostics", sa.Text),  # JSON of wire.commands.Diagnostics
    sa.Index("desk_commands_desk_id_settled_at_ms_idx", "desk_id", "settled_at_ms"),
)

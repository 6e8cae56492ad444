"""The policies' table. Rows are only added: what was in force, when, by whom and why, stays to be read."""

from __future__ import annotations

import sqlalchemy as sa

from kiosk_agent.central.database.tables import BigId, metadata

policy_versions = sa.Table(
    "policy_versions",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("level", sa.String(12), nullable=False),
    sa.Column("place", sa.String(20), nullable=False),  # code or number; empty for the nation
    sa.Column("settings", sa.Text, nullable=False),  # JSON of wire.policy.Settings
    sa.Column("share", sa.Integer, nullable=False),  # percent of the desks beneath that have it already
    # The first version of the same trial: a desk that has it keeps it when the share grows.
    sa.Column("trial", sa.BigInteger),
    sa.Column("restores", sa.BigInteger),  # the version whose settings were taken back
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("policy_versions_level_place_id_idx", "level", "place", "id"),
)

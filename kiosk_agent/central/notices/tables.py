"""The tables of notices. Nothing is removed: a notice that was withdrawn stays to be read, with who and when."""

from __future__ import annotations

import sqlalchemy as sa

from kiosk_agent.central.database.tables import BigId, metadata

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("level", sa.String(12), nullable=False),  # a place, as policies have it
    sa.Column("place", sa.String(20), nullable=False),
    sa.Column("title_ja", sa.Text, nullable=False),
    sa.Column("title_en", sa.Text, nullable=False),
    sa.Column("body_ja", sa.Text, nullable=False),
    sa.Column("body_en", sa.Text, nullable=False),
    sa.Column("ask_read", sa.Integer, nullable=False),  # 0 or 1
    sa.Column("from_at_ms", sa.BigInteger, nullable=False),
    sa.Column("until_at_ms", sa.BigInteger, nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("withdrawn_at_ms", sa.BigInteger),
    sa.Column("withdrawn_by", sa.Text),
    sa.Index("notices_until_at_ms_idx", "until_at_ms"),
)
notice_reads = sa.Table(
    "notice_reads",
    metadata,
    sa.Column("municipality_code", sa.String(6), primary_key=True),
    sa.Column("notice_id", sa.BigInteger, primary_key=True),
    sa.Column("desk_id", sa.BigInteger, primary_key=True),
    sa.Column("read_at_ms", sa.BigInteger, nullable=False),
    sa.Index("notice_reads_notice_id_idx", "notice_id"),
)

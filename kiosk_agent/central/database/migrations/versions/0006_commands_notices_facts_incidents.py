"""What central's staff have desks do and tell them; what desks tell beside their counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _commands()
    _told()
    _notices()


def _commands() -> None:
    op.create_table(
        "desk_commands",
        sa.Column("id", BigId, nullable=False),
        sa.Column("municipality_code", sa.String(6), nullable=False),
        sa.Column("desk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at_ms", sa.BigInteger()),
        sa.Column("settled_at_ms", sa.BigInteger()),
        sa.Column("result", sa.String(16)),
        sa.Column("diagnostics", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="desk_commands_pkey"),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name="desk_commands_desk_id_fkey"),
    )
    op.create_index("desk_commands_municipality_code_idx", "desk_commands", ["municipality_code"])
    op.create_index("desk_commands_desk_id_settled_at_ms_idx", "desk_commands", ["desk_id", "settled_at_ms"])


def _told() -> None:
    op.create_table(
        "visit_facts",
        sa.Column("municipality_code", sa.String(6), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("length_s", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.String(40), nullable=False),
        sa.Column("proof", sa.String(40), nullable=False),
        sa.Column("signed_in", sa.Integer(), nullable=False),
        sa.Column("extensions", sa.BigInteger(), nullable=False),
        sa.Column("confirmation", sa.String(40), nullable=False),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.Column("worker", sa.String(32)),
        sa.Column("account", sa.String(32)),
        sa.PrimaryKeyConstraint("municipality_code", "desk_id", "epoch", "number", name="visit_facts_pkey"),
    )
    op.create_index("visit_facts_municipality_code_day_idx", "visit_facts", ["municipality_code", "day"])
    op.create_table(
        "incidents",
        sa.Column("municipality_code", sa.String(6), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.String(32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("municipality_code", "desk_id", "epoch", "seq", name="incidents_pkey"),
    )
    op.create_index("incidents_municipality_code_at_ms_idx", "incidents", ["municipality_code", "at_ms"])


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", BigId, nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("title_ja", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("body_ja", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("ask_read", sa.Integer(), nullable=False),
        sa.Column("from_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at_ms", sa.BigInteger()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="notices_pkey"),
    )
    op.create_index("notices_until_at_ms_idx", "notices", ["until_at_ms"])
    op.create_table(
        "notice_reads",
        sa.Column("municipality_code", sa.String(6), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("municipality_code", "notice_id", "desk_id", name="notice_reads_pkey"),
    )
    op.create_index("notice_reads_notice_id_idx", "notice_reads", ["notice_id"])

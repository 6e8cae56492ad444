"""What central's staff have desks do."""

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

"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


COUNTERS = (
    "visits",
    "sign_ins",
    "outcomes",
    "ended_own_logout",
    "ended_worker_ended",
    "proof_revoked",
    "proof_cleared",
    "proof_half",
    "proof_unproven",
    "proof_not_needed",
    "revised_revoked",
    "revised_cleared",
    "confirmations",
    "overrides",
    "incidents",
)


def counters() -> list[sa.Column[int] | sa.Column[str]]:
    """What desk_days and its sums have in common."""
    columns: list[sa.Column[int] | sa.Column[str]] = [
        sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in COUNTERS
    ]
    return [*columns, sa.Column("more", sa.Text(), server_default="{}", nullable=False)]


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "desk_days",
        sa.Column("municipality_code", sa.String(length=6), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        *counters(),
        sa.PrimaryKeyConstraint("municipality_code", "desk_id", "day", "epoch", name=op.f("desk_days_pkey")),
    )
    op.create_table(
        "municipalities",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("prefecture_code", sa.String(length=2), nullable=False),
        sa.Column("prefecture", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("municipalities_pkey")),
    )
    op.create_index(op.f("municipalities_prefecture_code_idx"), "municipalities", ["prefecture_code"], unique=False)
    op.create_table(
        "municipality_days",
        sa.Column("municipality_code", sa.String(length=6), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ledgers", sa.BigInteger(), server_default="0", nullable=False),
        *counters(),
        sa.PrimaryKeyConstraint("municipality_code", "day", name=op.f("municipality_days_pkey")),
    )
    op.create_table(
        "nation_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ledgers", sa.BigInteger(), server_default="0", nullable=False),
        *counters(),
        sa.PrimaryKeyConstraint("day", name=op.f("nation_days_pkey")),
    )
    op.create_table(
        "prefecture_days",
        sa.Column("prefecture_code", sa.String(length=2), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ledgers", sa.BigInteger(), server_default="0", nullable=False),
        *counters(),
        sa.PrimaryKeyConstraint("prefecture_code", "day", name=op.f("prefecture_days_pkey")),
    )
    op.create_table(
        "offices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("municipality_code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_code"], ["municipalities.code"], name=op.f("offices_municipality_code_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("offices_pkey")),
        sa.UniqueConstraint("municipality_code", "name", name=op.f("offices_municipality_code_name_key")),
    )
    op.create_table(
        "desks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("municipality_code", sa.String(length=6), nullable=False),
        sa.Column("office_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("reported_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("epoch", sa.String(length=32), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("clock_ahead_ms", sa.BigInteger(), nullable=True),
        sa.Column("agent_version", sa.Text(), nullable=False),
        sa.Column("health", sa.Text(), server_default="[]", nullable=False),
        sa.Column("dropped_days", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("set_aside", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_code"], ["municipalities.code"], name=op.f("desks_municipality_code_fkey")
        ),
        sa.ForeignKeyConstraint(["office_id"], ["offices.id"], name=op.f("desks_office_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("desks_pkey")),
        sa.UniqueConstraint("token_hash", name=op.f("desks_token_hash_key")),
    )
    op.create_index(op.f("desks_municipality_code_idx"), "desks", ["municipality_code"], unique=False)
    op.create_index(op.f("desks_office_id_idx"), "desks", ["office_id"], unique=False)
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("municipality_code", sa.String(length=6), nullable=False),
        sa.Column("desk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("first_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("alarms_desk_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("alarms_pkey")),
        sa.UniqueConstraint("desk_id", "kind", "epoch", "subject", name=op.f("alarms_desk_id_kind_epoch_subject_key")),
    )
    op.create_index(op.f("alarms_municipality_code_idx"), "alarms", ["municipality_code"], unique=False)
    op.create_table(
        "enrol_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("office_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("desk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("enrol_codes_desk_id_fkey")),
        sa.ForeignKeyConstraint(["office_id"], ["offices.id"], name=op.f("enrol_codes_office_id_fkey")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("enrol_codes_pkey")),
    )
    op.create_table(
        "ledgers",
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("disk", sa.String(length=64), nullable=True),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("number_entries", sa.BigInteger(), nullable=False),
        sa.Column("number_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("ledgers_desk_id_fkey")),
        sa.PrimaryKeyConstraint("epoch", name=op.f("ledgers_pkey")),
    )
    op.create_index(op.f("ledgers_desk_id_idx"), "ledgers", ["desk_id"], unique=False)

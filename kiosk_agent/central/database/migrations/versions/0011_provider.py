"""Signing in through an OpenID provider."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the column of sessions."""
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "staff_identities",
        sa.Column("staff_id", big_id, autoincrement=False, nullable=False),
        sa.Column("login", sa.String(length=320), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("linked_at_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("staff_identities_staff_id_fkey")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("staff_identities_pkey")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("staff_identities_issuer_subject_key")),
        sa.UniqueConstraint("login", name=op.f("staff_identities_login_key")),
    )
    op.create_table(
        "staff_oidc_flows",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("staff_oidc_flows_pkey")),
    )
    op.create_index(op.f("staff_oidc_flows_made_at_ms_idx"), "staff_oidc_flows", ["made_at_ms"], unique=False)
    op.add_column("staff_sessions", sa.Column("sealed_hint", sa.Text(), nullable=True))

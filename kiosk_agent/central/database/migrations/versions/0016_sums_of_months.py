"""Sums of months: a year of many places was added up from a row for each of their days."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COUNTERS = (
    "visits",
    "sign_ins",
    "outcomes",
    "ended_own_logout",
    "ended_worker_ended",
    "ended_nudge_accepted",
    "ended_found_unfinished",
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
Scope = tuple[str, sa.types.TypeEngine[Any]]
MUNICIPALITY: Scope = ("municipality_code", sa.String(length=6))
SCOPES: dict[str, list[Scope]] = {
    "office_months": [MUNICIPALITY, ("office_id", sa.BigInteger())],
    "municipality_months": [MUNICIPALITY],
    "prefecture_months": [("prefecture_code", sa.String(length=2))],
    "nation_months": [],
}


def upgrade() -> None:
    """Make the tables. The server fills them, a month at a time."""
    op.create_table(
        "settled_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("settled_months_pkey")),
    )
    for name, scope in SCOPES.items():
        op.create_table(
            name,
            *(sa.Column(column, kind, nullable=False) for column, kind in scope),
            sa.Column("month", sa.Date(), nullable=False),
            *(sa.Column(counter, sa.BigInteger(), server_default="0", nullable=False) for counter in COUNTERS),
            sa.PrimaryKeyConstraint(*(column for column, _ in scope), "month", name=op.f(f"{name}_pkey")),
        )

"""Visits by hour of the day, and which desks tell of them; what is there already is added up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# nation, prefecture, municipality: the length of the code tells which
CODES = ("''", "substr(municipality_code, 1, 2)", "municipality_code")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "visit_hours",
        sa.Column("code", sa.String(6), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", "day", "hour", name="visit_hours_pkey"),
    )
    op.create_table(
        "visit_desks",
        sa.Column("municipality_code", sa.String(6), nullable=False),
        sa.Column("desk_id", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("municipality_code", "desk_id", name="visit_desks_pkey"),
    )
    for code in CODES:
        op.execute(
            "INSERT INTO visit_hours (code, day, hour, visits)"  # noqa: S608 - our own
            f" SELECT {code}, day, hour, count(*) FROM visit_facts GROUP BY 1, 2, 3"
        )
    op.execute(
        "INSERT INTO visit_desks (municipality_code, desk_id, first_day, last_day)"
        " SELECT municipality_code, desk_id, min(day), max(day) FROM visit_facts GROUP BY municipality_code, desk_id"
    )

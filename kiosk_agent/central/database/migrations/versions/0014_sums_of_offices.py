"""Sums of offices: the ranking of a large municipality's read the rows of all its desks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
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


def upgrade() -> None:
    """Make the table, and add up what desks have told until now."""
    op.create_table(
        "office_days",
        sa.Column("municipality_code", sa.String(length=6), nullable=False),
        sa.Column("office_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ledgers", sa.BigInteger(), server_default="0", nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in COUNTERS),
        sa.Column("more", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("municipality_code", "office_id", "day", name=op.f("office_days_pkey")),
    )
    scope, told = "d.municipality_code, k.office_id, d.day", "desk_days AS d JOIN desks AS k ON k.id = d.desk_id"
    op.execute(
        f"INSERT INTO office_days (municipality_code, office_id, day, ledgers, {', '.join(COUNTERS)})"  # noqa: S608
        f" SELECT {scope}, count(*), {', '.join(f'sum(d.{name})' for name in COUNTERS)} FROM {told} GROUP BY {scope}"
    )
    if op.get_bind().dialect.name == "sqlite":
        each, together = "json_each(d.more) AS e", "json_group_object(key, total)"
    else:
        each = "LATERAL json_each_text(CAST(d.more AS json)) AS e"
        together = "CAST(json_object_agg(key, total) AS text)"
    op.execute(
        f"UPDATE office_days SET more = told.more FROM (SELECT municipality_code, office_id, day, {together} AS more"  # noqa: S608
        f" FROM (SELECT {scope}, e.key AS key, sum(CAST(e.value AS bigint)) AS total FROM {told}, {each}"
        f" GROUP BY {scope}, e.key) AS added GROUP BY municipality_code, office_id, day) AS told"
        " WHERE office_days.municipality_code = told.municipality_code"
        " AND office_days.office_id = told.office_id AND office_days.day = told.day"
    )

"""Columns of their own for two ways in which visits end: pages add them up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("desk_days", "municipality_days", "prefecture_days", "nation_days")
MOVED = {"ended.nudge_accepted": "ended_nudge_accepted", "ended.found_unfinished": "ended_found_unfinished"}


def upgrade() -> None:
    """Add the columns, and move what stands in ``more`` into them."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in TABLES:
        for name, column in MOVED.items():
            op.add_column(table, sa.Column(column, sa.BigInteger(), server_default="0", nullable=False))
            if is_sqlite:
                value, rest = f"json_extract(more, '$.\"{name}\"')", f"json_remove(more, '$.\"{name}\"')"
            else:
                value = f"CAST(CAST(more AS json) ->> '{name}' AS bigint)"
                rest = f"CAST(CAST(more AS jsonb) - '{name}' AS text)"
            op.execute(f"UPDATE {table} SET {column} = {value}, more = {rest} WHERE {value} IS NOT NULL")  # noqa: S608

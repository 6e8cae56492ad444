"""Opening hours of each office; empty: the usual ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("offices", sa.Column("opening_hours", sa.Text(), server_default="", nullable=False))
    op.create_index("offices_opening_hours_idx", "offices", ["opening_hours"], unique=False)

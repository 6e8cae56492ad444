"""An index by day: what alerts look at each minute must not grow with the years."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(op.f("desk_days_day_idx"), "desk_days", ["day"], unique=False)

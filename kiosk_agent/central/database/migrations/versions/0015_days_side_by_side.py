"""Indexes that begin with the day: what reports of one day write lies together there, however many years there are."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them; the one of the desks' days takes the place of the one by day alone."""
    op.drop_index(op.f("desk_days_day_idx"), table_name="desk_days")
    op.create_index(op.f("desk_days_day_desk_id_epoch_idx"), "desk_days", ["day", "desk_id", "epoch"])
    op.create_index(op.f("office_days_day_office_id_idx"), "office_days", ["day", "office_id"])
    op.create_index(
        op.f("municipality_days_day_municipality_code_idx"), "municipality_days", ["day", "municipality_code"]
    )

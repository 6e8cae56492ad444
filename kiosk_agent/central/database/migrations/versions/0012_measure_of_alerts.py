"""What a rise of an alert is seen by, apart from the amount that is shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column; what there is counts as it is shown."""
    op.add_column("alerts", sa.Column("measure", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE alerts SET measure = amount")
    op.alter_column("alerts", "acknowledged_amount", new_column_name="acknowledged_measure")

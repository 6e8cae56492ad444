"""The tables of what desks tell beside their counts. All lead with the municipality, as all large tables do."""

from __future__ import annotations

import sqlalchemy as sa

from kiosk_agent.central.database.tables import metadata

visit_facts = sa.Table(
    "visit_facts",
    metadata,
    sa.Column("municipality_code", sa.String(6), primary_key=True),
    sa.Column("desk_id", sa.BigInteger, primary_key=True),
    sa.Column("epoch", sa.String(32), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),  # of the visit's first entry in that ledger
    sa.Column("seq", sa.BigInteger, nullable=False),  # up to which entry this was told
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("hour", sa.Integer, nullable=False),
    sa.Column("length_s", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.String(40), nullable=False),
    sa.Column("proof", sa.String(40), nullable=False),
    sa.Column("signed_in", sa.Integer, nullable=False),  # 0 or 1
    sa.Column("extensions", sa.BigInteger, nullable=False),
    sa.Column("confirmation", sa.String(40), nullable=False),
    sa.Column("operations", sa.Text, nullable=False),  # JSON list
    sa.Column("worker", sa.String(32)),
    sa.Column("account", sa.String(32)),
    sa.Index("visit_facts_municipality_code_day_idx", "municipality_code", "day"),
)
incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("municipality_code", sa.String(6), primary_key=True),
    sa.Column("desk_id", sa.BigInteger, primary_key=True),
    sa.Column("epoch", sa.String(32), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),  # of its entry in that ledger
    sa.Column("at_ms", sa.BigInteger, nullable=False),  # by the desk's clock
    sa.Column("received_at_ms", sa.BigInteger, nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("incidents_municipality_code_at_ms_idx", "municipality_code", "at_ms"),
)
# Sums of visit_facts. ``code``: of a municipality (six digits) or prefecture (two); empty for the nation.
visit_hours = sa.Table(
    "visit_hours",
    metadata,
    sa.Column("code", sa.String(6), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("visits", sa.BigInteger, nullable=False),
)
# Desks that have ever told of a visit, and the first and last day of such a visit.
visit_desks = sa.Table(
    "visit_desks",
    metadata,
    sa.Column("municipality_code", sa.String(6), primary_key=True),
    sa.Column("desk_id", sa.BigInteger, primary_key=True),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False),
)

"""All tables. Migrations make them; a test holds that both say the same.

Times are milliseconds since 1970 UTC (``_at_ms``): exact and the same in both databases. Counters of a row stand in
columns of their own where pages add them up (``HEADLINES``), all others in ``more``, a JSON object.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

# counter → its column
HEADLINES = {
    name: name.replace(".", "_")
    for name in (
        "visits",
        "sign_ins",
        "outcomes",
        "ended.own_logout",
        "ended.worker_ended",
        "ended.nudge_accepted",
        "ended.found_unfinished",
        "proof.revoked",
        "proof.cleared",
        "proof.half",
        "proof.unproven",
        "proof.not_needed",
        "revised.revoked",
        "revised.cleared",
        "confirmations",
        "overrides",
        "incidents",
    )
}
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows in INTEGER columns only

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def _headlines() -> list[sa.Column[int]]:
    return [sa.Column(column, sa.BigInteger, nullable=False, server_default="0") for column in HEADLINES.values()]


def _counters() -> list[sa.Column[int] | sa.Column[str]]:
    return [*_headlines(), sa.Column("more", sa.Text, nullable=False, server_default="{}")]


def _rollup(name: str, *scope: sa.Column[Any]) -> sa.Table:
    """Sums of desk_days. ``ledgers``: how many rows of desk_days are in it."""
    day = sa.Column("day", sa.Date, primary_key=True)
    ledgers = sa.Column("ledgers", sa.BigInteger, nullable=False, server_default="0")
    return sa.Table(name, metadata, *scope, day, ledgers, *_counters())


def _of_months(name: str, *scope: sa.Column[Any]) -> sa.Table:
    """Sums of settled months; what pages do not add up is not in it. ``month``: its first day."""
    return sa.Table(name, metadata, *scope, sa.Column("month", sa.Date, primary_key=True), *_headlines())


def _index_by_day(table: sa.Table, *scope: str) -> None:
    """What is written is nearly always of one day, for all desks in turn, and here the rows of a day lie together.

    By the key, a row of today lies beside its own past: for each desk in another part of the index.
    """
    sa.Index(None, table.c.day, *(table.c[name] for name in scope))


municipalities = sa.Table(
    "municipalities",
    metadata,
    sa.Column("code", sa.String(6), primary_key=True),  # 全国地方公共団体コード, check digit included
    sa.Column("prefecture_code", sa.String(2), nullable=False, index=True),
    sa.Column("prefecture", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
)
offices = sa.Table(
    "offices",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("municipality_code", sa.ForeignKey("municipalities.code"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("opening_hours", sa.Text, nullable=False, server_default="", index=True),  # empty: the usual ones
    sa.UniqueConstraint("municipality_code", "name"),
)
desks = sa.Table(
    "desks",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("municipality_code", sa.ForeignKey("municipalities.code"), nullable=False, index=True),
    sa.Column("office_id", sa.ForeignKey("offices.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("enrolled_at_ms", sa.BigInteger, nullable=False),
    sa.Column("reported_at_ms", sa.BigInteger),
    # of the newest report, by its number:
    sa.Column("epoch", sa.String(32)),
    sa.Column("number", sa.BigInteger),
    sa.Column("clock_ahead_ms", sa.BigInteger),  # of this server's, network included
    sa.Column("agent_version", sa.Text, nullable=False),
    sa.Column("health", sa.Text, nullable=False, server_default="[]"),
    sa.Column("dropped_days", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("set_aside", sa.BigInteger, nullable=False, server_default="0"),
)
enrol_codes = sa.Table(
    "enrol_codes",
    metadata,
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("office_id", sa.ForeignKey("offices.id"), nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    sa.Column("used_at_ms", sa.BigInteger),
    sa.Column("desk_id", sa.ForeignKey("desks.id")),
)
ledgers = sa.Table(
    "ledgers",
    metadata,
    sa.Column("epoch", sa.String(32), primary_key=True),
    sa.Column("desk_id", sa.ForeignKey("desks.id"), nullable=False, index=True),  # that reported it first
    sa.Column("first_at_ms", sa.BigInteger, nullable=False),
    sa.Column("disk", sa.String(64)),
    sa.Column("entries", sa.BigInteger, nullable=False),  # the furthest point of its chain
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),  # of the newest report, and where its chain stood
    sa.Column("number_entries", sa.BigInteger, nullable=False),
    sa.Column("number_digest", sa.String(64), nullable=False),
)
desk_days = sa.Table(
    "desk_days",
    metadata,
    sa.Column("municipality_code", sa.String(6), primary_key=True),
    sa.Column("desk_id", sa.BigInteger, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # the desk's local one
    sa.Column("epoch", sa.String(32), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),  # of the newest report that told this day
    *_counters(),
)
_index_by_day(desk_days, "desk_id", "epoch")
# apart from the desks' own rows: the largest municipality's offices would else be added up from a hundred thousand
office_days = _rollup(
    "office_days",
    sa.Column("municipality_code", sa.String(6), primary_key=True),
    sa.Column("office_id", sa.BigInteger, primary_key=True),
)
_index_by_day(office_days, "office_id")
municipality_days = _rollup("municipality_days", sa.Column("municipality_code", sa.String(6), primary_key=True))
_index_by_day(municipality_days, "municipality_code")
prefecture_days = _rollup("prefecture_days", sa.Column("prefecture_code", sa.String(2), primary_key=True))
nation_days = _rollup("nation_days")
# A year of a city's offices is read from a fifth of the rows so. Days remain; months are theirs, added up.
settled_months = sa.Table("settled_months", metadata, sa.Column("month", sa.Date, primary_key=True))
office_months = _of_months(
    "office_months",
    sa.Column("municipality_code", sa.String(6), primary_key=True),
    sa.Column("office_id", sa.BigInteger, primary_key=True),
)
municipality_months = _of_months("municipality_months", sa.Column("municipality_code", sa.String(6), primary_key=True))
prefecture_months = _of_months("prefecture_months", sa.Column("prefecture_code", sa.String(2), primary_key=True))
nation_months = _of_months("nation_months")
alarms = sa.Table(
    "alarms",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("municipality_code", sa.String(6), nullable=False, index=True),
    sa.Column("desk_id", sa.ForeignKey("desks.id"), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("epoch", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(100), nullable=False),  # a day and counter, or empty
    sa.Column("first_at_ms", sa.BigInteger, nullable=False),
    sa.Column("last_at_ms", sa.BigInteger, nullable=False),
    sa.Column("times", sa.BigInteger, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.UniqueConstraint("desk_id", "kind", "epoch", "subject"),
)

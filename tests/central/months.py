"""Whether the sums of settled months are those of their days."""

from __future__ import annotations

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.months.repository import COLUMNS, MONTHS_OF, settled_to


def check_months(database: Database) -> None:
    """Of every level, and of no other month than those up to the last settled one."""
    begin = "date(day, 'start of month')" if database.is_sqlite else "CAST(date_trunc('month', day) AS date)"
    sums = ", ".join(f"sum({name})" for name in COLUMNS)
    with database.reading() as connection:
        settled = settled_to(connection)
        until = "1 = 0" if settled is None else f"day <= '{settled}'"
        for days, months in MONTHS_OF.items():
            scope = "".join(f"{column.name}, " for column in months.primary_key if column.name != "month")
            added, kept = (
                {
                    tuple(map(str, row[: -len(COLUMNS)])): tuple(map(int, row[-len(COLUMNS) :]))
                    for row in connection.exec_driver_sql(statement)
                }
                for statement in (
                    f"SELECT {scope}{begin}, {sums} FROM {days.name} WHERE {until} GROUP BY {scope}{begin}",  # noqa: S608
                    f"SELECT {scope}month, {', '.join(COLUMNS)} FROM {months.name}",  # noqa: S608
                )
            )
            assert added == kept, f"the sums of {months.name} are not those of {days.name}"

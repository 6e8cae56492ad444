"""``kiosk-central backup`` and ``kiosk-central restore``."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk_agent.central.command import opened, with_database
from kiosk_agent.central.language import say


@click.command(help=say("Write everything to FILE, as it is at one moment; central may go on running."))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_database
def backup(file: Path, data: Path | None, database: str | None) -> None:
    """Whole or not at all."""
    from kiosk_agent.central.backup.service import write_backup
    from kiosk_agent.central.database.migrate import check_tables

    with opened(data, database) as chosen:
        check_tables(chosen)
        rows = write_backup(chosen, file)
    click.echo(say("{count} rows.", count=rows))


@click.command(
    help=say(
        "Read FILE into a database that has no tables yet, of either kind, and bring the tables up to this version."
    )
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_database
def restore(file: Path, data: Path | None, database: str | None) -> None:
    """All or nothing."""
    from kiosk_agent.central.backup.service import read_backup
    from kiosk_agent.central.database.migrate import migrate

    with opened(data, database) as chosen:
        rows = read_backup(chosen, file)
        migrate(chosen)
    click.echo(say("{count} rows.", count=rows))

"""``kiosk-central backup`` and ``kiosk-central restore``."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk_agent.central.command import opened, with_database


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_database
def backup(file: Path, data: Path | None, database: str | None) -> None:
    """Write everything to FILE, as it is at one moment; central may go on running."""
    from kiosk_agent.central.backup.service import write_backup
    from kiosk_agent.central.database.migrate import check_tables

    with opened(data, database) as chosen:
        check_tables(chosen)
        rows = write_backup(chosen, file)
    click.echo(f"{rows} rows.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_database
def restore(file: Path, data: Path | None, database: str | None) -> None:
    """Read FILE into a database that has no tables yet, of either kind, and bring the tables up to this version."""
    from kiosk_agent.central.backup.service import read_backup
    from kiosk_agent.central.database.migrate import migrate

    with opened(data, database) as chosen:
        rows = read_backup(chosen, file)
        migrate(chosen)
    click.echo(f"{rows} rows.")

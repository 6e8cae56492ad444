"""``kiosk-agent ledger``: look at the desk's record, check it, count it. Works while the agent runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk_agent.cli.language import t
from kiosk_agent.errors import InputError, LedgerError
from kiosk_agent.folders import default_data_dir
from kiosk_agent.ledger import FILE_NAME, LedgerReader
from kiosk_agent.ledger.reading import Recorded
from kiosk_agent.settings.resolve import resolve
from kiosk_agent.terminal.output import print_json
from kiosk_agent.text import shown


@click.group("ledger", help=t("Look at the desk's record, check it, count it."))
def command() -> None:
    """Commands on the ledger."""


def where(function: click.decorators.FC) -> click.decorators.FC:
    """The options that say which ledger is meant, and how it is printed."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help=t("Print one JSON object.")),
        click.option(
            "--file",
            "--data-dir",
            type=click.Path(path_type=Path),
            help=t("The ledger's file, or the folder it is in."),
        ),
        click.option("--config", type=click.Path(path_type=Path), help=t("The agent's configuration file.")),
    ):
        function = option(function)
    return function


def open_ledger(config: Path | None, file: Path | None) -> LedgerReader:
    """The ledger that the options name; without any, the one in the user's data folder."""
    try:
        if file is None:
            folder = resolve(config).config.desk.data_dir if config is not None else None
            file = (folder or default_data_dir()) / FILE_NAME
        elif os.path.isdir(file):  # noqa: PTH112 - pathlib's own raises for what may not be looked at
            file /= FILE_NAME
        return LedgerReader(file)
    except (InputError, LedgerError) as error:
        raise click.ClickException(error.shown(t)) from error


@command.command("show", help=t("Show the entries, oldest first."))
@where
@click.option("--last", type=click.IntRange(min=1), help=t("Only so many, the newest."))
def show(config: Path | None, file: Path | None, as_json: bool, last: int | None) -> None:
    """One line an entry."""
    ledger = open_ledger(config, file)
    try:
        entries = list(ledger.entries())[-last if last else None :]
    except LedgerError as error:
        raise click.ClickException(error.shown(t)) from error
    if as_json:
        rows = [
            {"seq": one.seq, "at": one.at, "digest": one.digest.hex(), "entry": decoded(one.body)} for one in entries
        ]
        print_json({"epoch": ledger.epoch, "entries": rows})
        return
    for one in entries:
        click.echo(as_line(one))


def decoded(body: str) -> Any:
    """What an entry says; its bare text where somebody edited it so that it is no JSON any more."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body


def as_line(one: Recorded) -> str:
    """An entry for people."""
    fields = decoded(one.body)
    if not isinstance(fields, dict):
        fields = {"type": "?", "body": one.body}
    kind = fields.pop("type", "?")
    visit = str(fields.pop("visit_id", None) or "")[:8]
    rest = "  ".join(f"{name}={value}" for name, value in fields.items())
    return f"{one.seq:6}  {one.at[:19].replace('T', ' ')}  {visit:8}  {kind:18}  {rest}".rstrip()


@command.command("verify", help=t("Check the chain, and that visits and counts follow from it."))
@where
def verify(config: Path | None, file: Path | None, as_json: bool) -> None:
    """Exit status 1 where something does not fit."""
    ledger = open_ledger(config, file)
    try:
        verdict = ledger.verify()
    except LedgerError as error:
        raise click.ClickException(error.shown(t)) from error
    if as_json:
        fields = {
            "sound": verdict.sound,
            "entries": verdict.entries,
            "head": verdict.head,
            "broken_seq": verdict.broken_seq,
            "problem": str(verdict.problem),
        }
        print_json(fields)
    elif verdict.sound:
        click.echo(t("{entries} entries, the chain is whole.", entries=verdict.entries))
        click.echo(t("Head: {head}", head=verdict.head))
    else:
        click.echo(t("The ledger does not hold: {problem}", problem=shown(verdict.problem, t)), err=True)
    sys.exit(0 if verdict.sound else 1)


@command.command("counts", help=t("Show the counts of each day."))
@where
def counts(config: Path | None, file: Path | None, as_json: bool) -> None:
    """What would leave the desk, and nothing else."""
    ledger = open_ledger(config, file)
    try:
        days = ledger.counts()
    except LedgerError as error:
        raise click.ClickException(error.shown(t)) from error
    if as_json:
        print_json({"epoch": ledger.epoch, "days": days})
        return
    for day, values in days.items():
        click.echo(day)
        for name, value in values.items():
            click.echo(f"  {value:6}  {name}")

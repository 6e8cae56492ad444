"""``kiosk-central alert``: who is told of what, what is open, and saying that somebody sees to it."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk_agent.central.alerts.options import SECRET, read_secret, secret_option
from kiosk_agent.central.alerts.schemas import AlertKind, Channel, Language
from kiosk_agent.central.command import opened, ready_to_use, with_database
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff.cli import SCOPE_HELP, actor
from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import CentralError

EVERYTHING = Place(Level.NATION)


@click.group()
def alert() -> None:
    """What needs a person, and who is told of it."""


@alert.command("list")
@click.option("--undelivered", is_flag=True, help="The messages that have not arrived, instead.")
@with_database
def list_command(undelivered: bool, data: Path | None, database: str | None) -> None:
    """Print the alerts that are not resolved, separated by tabs: number, state, kind, place, how many, since when."""
    from kiosk_agent.central.alerts import service
    from kiosk_agent.central.alerts.texts import shown

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        waiting = service.undelivered(chosen)
        alerts = service.listed(chosen, EVERYTHING)
    if undelivered:
        for one in waiting:
            state = "waiting" if one.given_up_at_ms is None else "given up"
            told = [f"recipient {one.recipient_id}", state, f"{one.attempts} tries", shown(one.made_at_ms), one.error]
            click.echo("\t".join([str(one.id), *told]))
        return
    for found in alerts:
        of, place = found.alert, f"{found.prefecture} {found.municipality} {found.office}"
        who = [of.acknowledged_by, of.note] if of.acknowledged_at_ms is not None else []
        told = [of.state.value, of.kind.value, place, f"{of.amount}/{of.total}", shown(of.opened_at_ms), *who]
        click.echo("\t".join([str(of.id), *told]))
    if failing := [one for one in waiting if one.error and one.given_up_at_ms is None]:
        click.echo(
            f"{len(failing)} messages could not be delivered yet: kiosk-central alert list --undelivered", err=True
        )


@alert.command()
@click.argument("number", type=int)
@click.option("--note", default="", help="What is being done.")
@click.option("--by", metavar="NAME", help="Who sees to it; who runs the command, if not said.")
@with_database
def acknowledge(number: int, note: str, by: str | None, data: Path | None, database: str | None) -> None:
    """Say that somebody sees to alert NUMBER: no reminders any more, unless it grows."""
    from kiosk_agent.central.alerts import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        service.acknowledge(chosen, EVERYTHING, number, SystemClock().wall(), actor=by or actor(), note=note)
    click.echo("Acknowledged.")


@alert.group()
def recipients() -> None:
    """Who is told of alerts."""


@recipients.command()
@click.argument("address")
@click.option("--scope", required=True, help=SCOPE_HELP)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([one.value for one in AlertKind]),
    help="May be given again; else all.",
)
@click.option("--language", default="ja", show_default=True, type=click.Choice([one.value for one in Language]))
@secret_option
@with_database
def add(
    address: str,
    scope: str,
    kinds: tuple[str, ...],
    language: str,
    webhook_secret_file: Path | None,
    data: Path | None,
    database: str | None,
) -> None:
    """Tell ADDRESS, of e-mail or of a webhook. Of a webhook it prints the key that its messages are signed with."""
    from kiosk_agent.central.alerts import service
    from kiosk_agent.central.alerts.channels import key_of

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        secret = read_secret(webhook_secret_file)
        if service.read_channel(address) is Channel.WEBHOOK and not secret:
            raise CentralError("A webhook needs a secret to sign with.", f"Give --webhook-secret-file, or {SECRET}.")
        added = service.add_recipient(
            chosen,
            address,
            scope,
            SystemClock().wall(),
            actor=actor(),
            kinds=[AlertKind(kind) for kind in kinds],
            language=Language(language),
        )
    click.echo(f"Recipient {added.id}.")
    if added.channel is Channel.WEBHOOK:
        click.echo(f"Signing key: {key_of(secret, address)}")


@recipients.command("list")
@with_database
def list_recipients(data: Path | None, database: str | None) -> None:
    """Print who is told: number, channel, address, scope, kinds, language; separated by tabs."""
    from kiosk_agent.central.alerts import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        found = service.recipients(chosen)
    for one in found:
        scope = f"{one.scope.level}:{one.scope.key}".rstrip(":")
        kinds = " ".join(sorted(one.kinds)) or "all"
        click.echo("\t".join([str(one.id), one.channel.value, one.address, scope, kinds, one.language.value]))


@recipients.command()
@click.argument("number", type=int)
@with_database
def remove(number: int, data: Path | None, database: str | None) -> None:
    """Tell recipient NUMBER nothing more, also of what is waiting."""
    from kiosk_agent.central.alerts import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        service.remove_recipient(chosen, number, SystemClock().wall(), actor=actor())
    click.echo("Removed.")

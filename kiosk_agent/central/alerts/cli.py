"""``kiosk-central alert``: who is told of what, what is open, and saying that somebody sees to it."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk_agent.central.alerts.options import SECRET, read_secret, secret_option
from kiosk_agent.central.alerts.schemas import AlertKind, Channel, Language
from kiosk_agent.central.command import NUMBER, opened, ready_to_read, ready_to_use, with_database
from kiosk_agent.central.language import say
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff.cli import SCOPE_HELP, actor
from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text, unpacked
from kiosk_agent.text import shown as shown_text

EVERYTHING = Place(Level.NATION)


@click.group(help=say("What needs a person, and who is told of it."))
def alert() -> None:
    """Commands on alerts."""


@alert.command(
    "list",
    help=say(
        "Print the alerts that are not resolved, separated by tabs: number, state, kind, place, how many, since when."
    ),
)
@click.option("--undelivered", is_flag=True, help=say("The messages that have not arrived, instead."))
@with_database
def list_command(undelivered: bool, data: Path | None, database: str | None) -> None:
    """State and kind are the same words in every language: programs read them."""
    from kiosk_agent.central.alerts import service
    from kiosk_agent.central.alerts.texts import shown

    with opened(data, database) as chosen:
        ready_to_read(chosen)
        waiting = service.undelivered(chosen)
        alerts = service.listed(chosen, EVERYTHING)
    if undelivered:
        for one in waiting:
            state = "waiting" if one.given_up_at_ms is None else "given_up"
            to, tries = (
                say("recipient {number}", number=one.recipient_id),
                say("{count} tries", count=one.attempts),
            )
            told = [to, state, tries, shown(one.made_at_ms), shown_text(unpacked(one.error), say)]
            click.echo("\t".join([str(one.id), *told]))
        return
    for found in alerts:
        of, place = found.alert, f"{found.prefecture} {found.municipality} {found.office}"
        who = [of.acknowledged_by, of.note] if of.acknowledged_at_ms is not None else []
        told = [of.state.value, of.kind.value, place, f"{of.amount}/{of.total}", shown(of.opened_at_ms), *who]
        click.echo("\t".join([str(of.id), *told]))
    if failing := [one for one in waiting if one.error and one.given_up_at_ms is None]:
        click.echo(
            say(
                "{count} messages could not be delivered yet: kiosk-central alert list --undelivered",
                count=len(failing),
            ),
            err=True,
        )


@alert.command(help=say("Say that somebody sees to alert NUMBER: no reminders any more, unless it grows."))
@click.argument("number", type=NUMBER)
@click.option("--note", default="", help=say("What is being done."))
@click.option("--by", metavar="NAME", help=say("Who sees to it; who runs the command, if not said."))
@with_database
def acknowledge(number: int, note: str, by: str | None, data: Path | None, database: str | None) -> None:
    """Also where somebody does already."""
    from kiosk_agent.central.alerts import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        service.acknowledge(chosen, EVERYTHING, number, SystemClock().wall(), actor=by or actor(), note=note)
    click.echo(say("Acknowledged."))


@alert.group(help=say("Who is told of alerts."))
def recipients() -> None:
    """Commands on those who are told."""


@recipients.command(
    help=say(
        "Tell ADDRESS, of e-mail or of a webhook. Of a webhook it prints the key that its messages are signed with."
    )
)
@click.argument("address")
@click.option("--scope", required=True, help=SCOPE_HELP)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([one.value for one in AlertKind]),
    help=say("What they are told of; may be given again; otherwise all."),
)
@click.option(
    "--language",
    default="ja",
    show_default=True,
    type=click.Choice([one.value for one in Language]),
    help=say("Of the messages."),
)
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
    """They hear of what is open already as well."""
    from kiosk_agent.central.alerts import service
    from kiosk_agent.central.alerts.channels import key_of

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        secret = read_secret(webhook_secret_file)
        if service.read_channel(address) is Channel.WEBHOOK and not secret:
            raise CentralError(
                Text("A webhook needs a secret to sign with."),
                Text("Give --webhook-secret-file, or {variable}.", variable=SECRET),
            )
        added = service.add_recipient(
            chosen,
            address,
            scope,
            SystemClock().wall(),
            actor=actor(),
            kinds=[AlertKind(kind) for kind in kinds],
            language=Language(language),
        )
    click.echo(say("Recipient {number}.", number=added.id))
    if added.channel is Channel.WEBHOOK:
        click.echo(say("Signing key: {key}", key=key_of(secret, address)))


@recipients.command(
    "list", help=say("Print who is told: number, channel, address, scope, kinds, language; separated by tabs.")
)
@with_database
def list_recipients(data: Path | None, database: str | None) -> None:
    """The words are the same in every language: programs read them."""
    from kiosk_agent.central.alerts import service

    with opened(data, database) as chosen:
        ready_to_read(chosen)
        found = service.recipients(chosen)
    for one in found:
        scope = f"{one.scope.level}:{one.scope.key}".rstrip(":")
        kinds = " ".join(sorted(one.kinds)) or "all"
        click.echo("\t".join([str(one.id), one.channel.value, one.address, scope, kinds, one.language.value]))


@recipients.command(help=say("Tell recipient NUMBER nothing more, also of what is waiting."))
@click.argument("number", type=NUMBER)
@with_database
def remove(number: int, data: Path | None, database: str | None) -> None:
    """What was sent already stays sent."""
    from kiosk_agent.central.alerts import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        service.remove_recipient(chosen, number, SystemClock().wall(), actor=actor())
    click.echo(say("Removed."))

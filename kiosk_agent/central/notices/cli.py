"""``kiosk-central notice``: what the support workers are told at their desks."""

from __future__ import annotations

import datetime
import getpass
from pathlib import Path

import click

from kiosk_agent.central.command import NUMBER, opened, ready_to_read, ready_to_use, with_database
from kiosk_agent.central.language import say
from kiosk_agent.central.policy.cli import read_place
from kiosk_agent.central.staff.cli import actor
from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

MOST_SHOWN = 100
BY = click.option(
    "--by", default=getpass.getuser, show_default=say("who runs this"), help=say("Who; kept with the notice.")
)


@click.group(help=say("What the support workers are told at their desks, between visits."))
def notice() -> None:
    """Commands on notices."""


@notice.command(
    "add",
    help=say('Tell something at all desks of PLACE, as for policies: "nation", "municipality:131016", "desk:42" …'),
)
@click.argument("place", metavar="PLACE")
@click.option("--title", required=True, help=say("Title in Japanese, at most 60 characters."))
@click.option("--body", default="", help=say("Text in Japanese, at most 400 characters."))
@click.option("--title-en", default="", help=say("Title in English; otherwise the Japanese one is shown."))
@click.option("--body-en", default="", help=say("Text in English; otherwise the Japanese one is shown."))
@click.option(
    "--from",
    "since",
    default="",
    metavar="TIME",
    help=say("When it begins: 2026-04-01T09:00+09:00; otherwise now."),
)
@click.option(
    "--until",
    required=True,
    metavar="TIME",
    help=say("When it ends: 2026-04-02T17:00+09:00; without +09:00: this PC's time."),
)
@click.option("--ask-read", is_flag=True, help=say("The worker is to say that it was read."))
@BY
@with_database
def add_command(
    place: str,
    title: str,
    body: str,
    title_en: str,
    body_en: str,
    since: str,
    until: str,
    ask_read: bool,
    by: str,
    data: Path | None,
    database: str | None,
) -> None:
    """Prints the notice's number."""
    from kiosk_agent.central.notices import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        now = SystemClock().wall()
        wanted = service.Wanted(
            title_ja=title,
            body_ja=body,
            since=_moment(since) if since else now,
            until=_moment(until),
            title_en=title_en,
            body_en=body_en,
            ask_read=ask_read,
        )
        number = service.add(chosen, read_place(place), wanted, by, now, actor=actor())
    click.echo(say("Notice {number}.", number=number))


@notice.command("list", help=say("Print the notices, the newest first, and at how many desks each was read."))
@with_database
def list_command(data: Path | None, database: str | None) -> None:
    """The last hundred."""
    from kiosk_agent.central.notices import service

    with opened(data, database) as chosen:
        ready_to_read(chosen)
        for one in service.standing(chosen, MOST_SHOWN):
            place = f"{one.place.level.value}:{one.place.key}".rstrip(":")
            times = f"{one.since.isoformat(timespec='minutes')} – {one.until.isoformat(timespec='minutes')}"
            read = (
                say("read at {reads} of {desks} desks", reads=one.reads, desks=one.desks)
                if one.ask_read
                else say("not asked whether it was read")
            )
            gone = "" if one.withdrawn_by is None else "  " + say("withdrawn by {name}", name=one.withdrawn_by)
            click.echo(f"{one.id}  {place}  {times}  {one.made_by}  {read}{gone}  {one.title_ja}")


@notice.command("withdraw", help=say("Show notice NUMBER no more."))
@click.argument("number", type=NUMBER, metavar="NUMBER")
@BY
@with_database
def withdraw_command(number: int, by: str, data: Path | None, database: str | None) -> None:
    """Exit status 1 where there is none that is shown."""
    from kiosk_agent.central.notices import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        service.withdraw(chosen, number, by, SystemClock().wall(), actor=actor())
    click.echo(say("Notice {number} is withdrawn.", number=number))


def _moment(text: str) -> datetime.datetime:
    try:
        found = datetime.datetime.fromisoformat(text)
        return found.astimezone() if found.tzinfo is None else found
    except (ValueError, OverflowError):  # the second: at either end of the calendar
        raise CentralError(
            Text("{told!r} is no time.", told=text), Text("Give it as 2026-04-01T09:00+09:00.")
        ) from None

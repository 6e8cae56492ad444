"""``kiosk-central policy``: what desks must keep to, set for the nation or any part of it."""

from __future__ import annotations

import getpass
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from kiosk_agent import reasons
from kiosk_agent.central.command import opened, ready_to_read, ready_to_use, with_database
from kiosk_agent.central.language import say
from kiosk_agent.central.staff.cli import actor
from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text
from kiosk_agent.wire.policy import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from kiosk_agent.central.places.schemas import Place
    from kiosk_agent.central.policy.schemas import Preview

NATION = "nation"
PLACE = click.argument("place", metavar="PLACE")
REASON = click.option("--reason", required=True, help=say("Why; kept with the change."))
BY = click.option(
    "--by", default=getpass.getuser, show_default=say("who runs this"), help=say("Who; kept with the change.")
)


@click.group(
    help=say("What desks must keep to.")
    + "\n\n"
    + say(
        'PLACE is "nation", or "prefecture:13", "municipality:131016", "office:7", "desk:42". '
        "The narrower goes before the wider, setting by setting."
    )
)
def policy() -> None:
    """Commands on policies."""


@policy.command("set", help=say("Set all of a place's policy from a TOML FILE, as [policy] of a desk's file has it."))
@PLACE
@click.argument("file", type=click.Path(path_type=Path))
@REASON
@BY
@click.option(
    "--share", default=100, show_default=True, type=int, help=say("For this percentage of the desks at first.")
)
@click.option("--preview", "only_look", is_flag=True, help=say("Say how many desks would change, and change nothing."))
@with_database
def set_command(
    place: str, file: Path, reason: str, by: str, share: int, only_look: bool, data: Path | None, database: str | None
) -> None:
    """What was set there before, and is not in the file, is no longer set."""
    from kiosk_agent.central.policy import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        where, settings = read_place(place), read_file(file)
        if only_look:
            done = service.preview(chosen, where, settings)
            click.echo(say("{changed} of {desks} desks will change.", changed=len(done.changed), desks=done.desks))
            return
        number, done = service.change(chosen, where, settings, by, reason, SystemClock().wall(), share, actor=actor())
        click.echo(told(number, done))


@policy.command(help=say("Give what is on trial at a place to SHARE percent of its desks; 100: to all."))
@PLACE
@click.argument("share", type=int)
@REASON
@BY
@with_database
def widen(place: str, share: int, reason: str, by: str, data: Path | None, database: str | None) -> None:
    """The desks that have it keep it."""
    from kiosk_agent.central.policy import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        number, done = service.widen(chosen, read_place(place), share, by, reason, SystemClock().wall(), actor=actor())
        click.echo(told(number, done))


@policy.command(help=say("Take the last change of a place back, for all its desks."))
@PLACE
@REASON
@BY
@with_database
def rollback(place: str, reason: str, by: str, data: Path | None, database: str | None) -> None:
    """A trial at any share as a whole."""
    from kiosk_agent.central.policy import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        number, done = service.roll_back(chosen, read_place(place), by, reason, SystemClock().wall(), actor=actor())
        click.echo(told(number, done))


@policy.command(help=say("Print every version of a place's policy, the newest first."))
@PLACE
@with_database
def show(place: str, data: Path | None, database: str | None) -> None:
    """Two lines each: who, when and why; and what was set."""
    from kiosk_agent.central.policy import service
    from kiosk_agent.central.times import from_ms

    with opened(data, database) as chosen:
        ready_to_read(chosen)
        for one in service.history(chosen, read_place(place)):
            back = say(", ") + going_back(one.restores) if one.restores is not None else ""
            at = from_ms(one.made_at_ms).isoformat(timespec="seconds")
            click.echo(f"{one.id}  {at}  {one.made_by}  {one.share} %{back}  {one.reason}")
            click.echo(f"    {msgspec.json.encode(one.settings).decode()}")


def read_place(text: str) -> Place:
    """What PLACE says. Raises CentralError."""
    from kiosk_agent.central.places.schemas import Level, Place

    level, _, key = text.partition(":")
    if level not in set(Level) or (level == NATION) != (key == ""):
        raise CentralError(
            Text("{told!r} is no place.", told=text),
            Text('Give "nation", or "prefecture:13", "municipality:131016", "office:7", "desk:42".'),
        )
    return Place(Level(level), key)


def read_file(path: Path) -> Settings:
    """The settings in a TOML file. Raises CentralError."""
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return read_settings(values)
    except (OSError, UnicodeDecodeError) as error:
        why = reasons.of_unreadable(error)
    except tomllib.TOMLDecodeError as error:
        why = reasons.of_toml(error)
    except SettingsError as error:
        why = error.why
    raise CentralError(Text("{file}: {reason}.", file=path, reason=why), Text("Nothing was changed."))


def told(number: int, done: Preview) -> str:
    """What a change did, in words."""
    changed, desks = len(done.changed), done.desks
    return say("Version {number}: {changed} of {desks} desks changed.", number=number, changed=changed, desks=desks)


def going_back(number: int) -> str:
    """What a version took back to; 0: nothing was set."""
    return say("takes back to {number}", number=number) if number else say("takes back to nothing")

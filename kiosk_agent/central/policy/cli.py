"""``kiosk-central policy``: what desks must keep to, set for the nation or any part of it."""

from __future__ import annotations

import getpass
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from kiosk_agent.central.command import opened, ready_to_use, with_database
from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import CentralError
from kiosk_agent.wire.policy import Settings, read_settings

if TYPE_CHECKING:
    from kiosk_agent.central.places.schemas import Place
    from kiosk_agent.central.policy.schemas import Preview

NATION = "nation"
PLACE = click.argument("place", metavar="PLACE")
REASON = click.option("--reason", required=True, help="Why; kept with the change.")
BY = click.option("--by", default=getpass.getuser, show_default="who runs this", help="Who; kept with the change.")


@click.group()
def policy() -> None:
    """What desks must keep to.

    PLACE is "nation", or "prefecture:13", "municipality:131016", "office:7", "desk:42". The narrower goes before the
    wider, setting by setting.
    """


@policy.command("set")
@PLACE
@click.argument("file", type=click.Path(path_type=Path))
@REASON
@BY
@click.option("--share", default=100, show_default=True, type=int, help="For this percentage of the desks at first.")
@click.option("--preview", "only_look", is_flag=True, help="Say how many desks would change, and change nothing.")
@with_database
def set_command(
    place: str, file: Path, reason: str, by: str, share: int, only_look: bool, data: Path | None, database: str | None
) -> None:
    """Set all of a place's policy from a TOML FILE, as [policy] of a desk's file has it."""
    from kiosk_agent.central.policy import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        where, settings = read_place(place), read_file(file)
        if only_look:
            click.echo(told(service.preview(chosen, where, settings), "will change"))
            return
        number, done = service.change(chosen, where, settings, by, reason, SystemClock().wall(), share)
        click.echo(f"Version {number}: {told(done, 'changed')}")


@policy.command()
@PLACE
@click.argument("share", type=int)
@REASON
@BY
@with_database
def widen(place: str, share: int, reason: str, by: str, data: Path | None, database: str | None) -> None:
    """Give what is on trial at a place to SHARE percent of its desks; 100: to all."""
    from kiosk_agent.central.policy import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        number, done = service.widen(chosen, read_place(place), share, by, reason, SystemClock().wall())
        click.echo(f"Version {number}: {told(done, 'changed')}")


@policy.command()
@PLACE
@REASON
@BY
@with_database
def rollback(place: str, reason: str, by: str, data: Path | None, database: str | None) -> None:
    """Take the last change of a place back, for all its desks."""
    from kiosk_agent.central.policy import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        number, done = service.roll_back(chosen, read_place(place), by, reason, SystemClock().wall())
        click.echo(f"Version {number}: {told(done, 'changed')}")


@policy.command()
@PLACE
@with_database
def show(place: str, data: Path | None, database: str | None) -> None:
    """Print every version of a place's policy, the newest first."""
    from kiosk_agent.central.policy import service
    from kiosk_agent.central.times import from_ms

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        for one in service.history(chosen, read_place(place)):
            back = "" if one.restores is None else f", takes back to {one.restores or 'nothing'}"
            at = from_ms(one.made_at_ms).isoformat(timespec="seconds")
            click.echo(f"{one.id}  {at}  {one.made_by}  {one.share} %{back}  {one.reason}")
            click.echo(f"    {msgspec.json.encode(one.settings).decode()}")


def read_place(text: str) -> Place:
    """What PLACE says. Raises CentralError."""
    from kiosk_agent.central.places.schemas import Level, Place

    level, _, key = text.partition(":")
    if level not in set(Level) or (level == NATION) != (key == ""):
        raise CentralError(
            f"{text!r} is no place.", 'Give "nation", or "prefecture:13", "municipality:131016", "office:7", "desk:42".'
        )
    return Place(Level(level), key)


def read_file(path: Path) -> Settings:
    """The settings in a TOML file. Raises CentralError."""
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return read_settings(values)
    except OSError as error:
        raise CentralError(f"{path}: {error.strerror or error}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CentralError(f"{path}: {error}.", "Nothing was changed.") from error


def told(done: Preview, verb: str) -> str:
    """In words."""
    return f"{len(done.changed)} of {done.desks} desks {verb}."

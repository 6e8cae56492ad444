"""Setting policies, and what holds at a desk. Every change is a version of its own, with who, when and why."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy.engine import Connection

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places.schemas import Place
from kiosk_agent.central.policy import repository
from kiosk_agent.central.policy.schemas import DeskAt, Preview, Version
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Action
from kiosk_agent.central.times import to_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text
from kiosk_agent.wire.policy import OF_CENTRAL, PolicyAnswer, Settings, contradiction, merged

ALL = 100  # percent
LONGEST_TEXT = 200  # of a reason or a name


def policy_for(connection: Connection, desk: DeskAt) -> PolicyAnswer:
    """What holds at the desk, less what is central's own."""
    versions = repository.versions_at(connection, desk.places)
    answer = resolve(desk, {place: in_force(found) for place, found in versions.items()})
    settings = msgspec.structs.replace(answer.settings, **dict.fromkeys(OF_CENTRAL, msgspec.UNSET))
    return msgspec.structs.replace(answer, settings=settings)


def resolve(desk: DeskAt, standing: Mapping[Place, Sequence[Version]]) -> PolicyAnswer:
    """The same from what is in force at the desk's places, as :func:`in_force` has it."""
    held = [one for place in desk.places if (one := version_for(desk.desk_id, standing.get(place, ()))) is not None]
    revision = max((one.id for one in held), default=0)
    return PolicyAnswer(revision, merged(*(one.settings for one in held)))


def in_force(versions: Sequence[Version]) -> list[Version]:
    """What was set at a place and not taken back, the newest first, of all ``versions``, the newest first.

    A trial stands above what the other desks have, and whatever was set after it above the trial. What a roll-back
    brings back stands where it stood, at its own share.
    """
    standing: list[Version] = []
    for one in reversed(versions):
        if one.restores is not None:
            while standing and _stands_for(standing[-1]) != one.restores:
                standing.pop()
            if standing:
                standing[-1] = one
        elif one.trial is not None:
            standing[-1] = one
        else:
            standing.append(one)
    return standing[::-1]


def all_in_force(connection: Connection) -> dict[Place, list[Version]]:
    """The same of every place at which something was ever set."""
    return {place: in_force(versions) for place, versions in repository.all_versions(connection).items()}


def version_for(desk_id: int, standing: Iterable[Version]) -> Version | None:
    """The newest of what is in force whose share the desk belongs to; None where there is none."""
    return next((one for one in standing if belongs(desk_id, one)), None)


def _stands_for(version: Version) -> int:
    """The number under which a roll-back names it: what was brought back keeps the one that it had."""
    return version.id if version.restores is None else version.restores


def belongs(desk_id: int, version: Version) -> bool:
    """Whether the desk is among the share that has the version. The same desks stay in it when the share grows."""
    if version.share >= ALL:
        return True
    text = f"{version.trial or version.id} {desk_id}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % ALL < version.share


def change(
    database: Database,
    place: Place,
    settings: Settings,
    by: str,
    reason: str,
    now: datetime.datetime,
    share: int = ALL,
    *,
    actor: str = "",
    address: str = "",
) -> tuple[int, Preview]:
    """Set the policy of a place, for a share of its desks at first; returns the version and what it did.

    What the place had set before, and is not in ``settings``, is no longer set. The audit log tells of ``actor``, where
    that is not ``by``. Raises CentralError.
    """
    _check(by, reason, share)
    with database.writing() as connection:
        repository.lock_policies(connection, is_sqlite=database.is_sqlite)
        preview = _preview(connection, place, settings)
        number = repository.add_version(
            connection,
            place,
            settings,
            share=share,
            trial=None,
            restores=None,
            made_at_ms=to_ms(now),
            made_by=by,
            reason=reason,
        )
        done = _done(connection, place, preview, number)
        _note(connection, now, "set", place, number, actor or by, address)
        return number, done


def preview(database: Database, place: Place, settings: Settings) -> Preview:
    """Which desks :func:`change` would change, were it for all of them. Raises CentralError."""
    with database.reading() as connection:
        return _preview(connection, place, settings)


def widen(
    database: Database,
    place: Place,
    share: int,
    by: str,
    reason: str,
    now: datetime.datetime,
    *,
    actor: str = "",
    address: str = "",
) -> tuple[int, Preview]:
    """Give what is on trial at a place to more of its desks. Raises CentralError."""
    _check(by, reason, share)
    with database.writing() as connection:
        repository.lock_policies(connection, is_sqlite=database.is_sqlite)
        newest = _newest(connection, place)
        if newest.share >= ALL:
            raise CentralError(
                Text("Nothing is on trial there: all desks have it."), Text("Set a new policy with a share.")
            )
        if share <= newest.share:
            raise CentralError(
                Text("{share} % of the desks have it already.", share=newest.share), Text("To take it back: roll back.")
            )
        before = _answers(connection, place)
        number = repository.add_version(
            connection,
            place,
            newest.settings,
            share=share,
            trial=newest.trial or newest.id,
            restores=None,
            made_at_ms=to_ms(now),
            made_by=by,
            reason=reason,
        )
        after = _answers(connection, place)
        _refuse_contradictions(after)
        _note(connection, now, "widen", place, number, actor or by, address)
        return number, _compare(before, after)


def roll_back(
    database: Database,
    place: Place,
    by: str,
    reason: str,
    now: datetime.datetime,
    *,
    actor: str = "",
    address: str = "",
) -> tuple[int, Preview]:
    """Take the last change of a place back, a trial at any share as a whole. Raises CentralError.

    What was in force before it is so again, at the same desks: a trial upon which something else was set is on trial
    again. Rolled back once more, it goes to what was in force before that.
    """
    _check(by, reason, ALL)
    with database.writing() as connection:
        repository.lock_policies(connection, is_sqlite=database.is_sqlite)
        _check_place(connection, place)
        standing = in_force(repository.versions_at(connection, [place])[place])
        if not standing:
            raise CentralError(Text("Nothing is set there."), Text("There is nothing to roll back."))
        earlier = standing[1] if len(standing) > 1 else None
        settings = Settings() if earlier is None else earlier.settings
        before = _answers(connection, place)
        number = repository.add_version(
            connection,
            place,
            settings,
            share=ALL if earlier is None else earlier.share,
            trial=None if earlier is None or earlier.share >= ALL else earlier.trial or earlier.id,
            restores=0 if earlier is None else _stands_for(earlier),
            made_at_ms=to_ms(now),
            made_by=by,
            reason=reason,
        )
        after = _answers(connection, place)
        _refuse_contradictions(after)
        _note(connection, now, "roll_back", place, number, actor or by, address)
        return number, _compare(before, after)


def history(database: Database, place: Place) -> list[Version]:
    """All versions of a place, the newest first. Raises CentralError."""
    with database.reading() as connection:
        _check_place(connection, place)
        return repository.versions_at(connection, [place])[place]


def _newest(connection: Connection, place: Place) -> Version:
    _check_place(connection, place)
    versions = repository.versions_at(connection, [place])[place]
    if not versions:
        raise CentralError(Text("Nothing was ever set there."), Text("Set a policy first."))
    return versions[0]


def _check(by: str, reason: str, share: int) -> None:
    wanted = (
        (by, Text("Say who, in 1 to {most} characters.", most=LONGEST_TEXT)),
        (reason, Text("Say why, in 1 to {most} characters.", most=LONGEST_TEXT)),
    )
    for text, told in wanted:
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise CentralError(told, Text("It is kept with the change."))
    if not 1 <= share <= ALL:
        raise CentralError(Text("A share is 1 to {most} percent, not {share}.", most=ALL, share=share))


def _note(
    connection: Connection, now: datetime.datetime, what: str, place: Place, number: int, actor: str, address: str
) -> None:
    detail = f"{what} {place.level}:{place.key}".rstrip(":") + f" {number}"
    audit.add(connection, now, Action.POLICY_SET, actor=actor, detail=detail, address=address)


def _check_place(connection: Connection, place: Place) -> None:
    if not repository.place_is_there(connection, place):
        told = f"{place.level}:{place.key}".rstrip(":")
        raise CentralError(Text("There is no place {place}.", place=told), Text("See: kiosk-central policy --help"))


Answers = Mapping[int, PolicyAnswer]


def _answers(connection: Connection, place: Place) -> Answers:
    """What holds at each desk of the place now."""
    standing = all_in_force(connection)
    return {desk.desk_id: resolve(desk, standing) for desk in repository.desks_beneath(connection, place)}


def _preview(connection: Connection, place: Place, settings: Settings) -> Preview:
    """Of a version that is not there yet. The desks of a trial's share are known once it has its number."""
    _check_place(connection, place)
    if (problem := contradiction(settings)) is not None:
        raise CentralError(Text("{problem}.", problem=problem))
    standing = all_in_force(connection)
    draft = Version(0, place, settings, ALL, None, None, 0, "", "")
    changed = {**standing, place: [draft, *standing.get(place, [])]}
    desks = repository.desks_beneath(connection, place)
    before = {desk.desk_id: resolve(desk, standing) for desk in desks}
    after = {desk.desk_id: resolve(desk, changed) for desk in desks}
    _refuse_contradictions(after)
    return _compare(before, after)


def _refuse_contradictions(answers: Answers) -> None:
    for desk_id, answer in answers.items():
        if (problem := contradiction(answer.settings)) is not None:
            raise CentralError(
                Text("With what is set above and beneath, at desk {desk}: {problem}.", desk=desk_id, problem=problem),
                Text("Nothing was changed."),
            )


def _compare(before: Answers, after: Answers) -> Preview:
    changed = (desk_id for desk_id, answer in after.items() if answer.settings != before[desk_id].settings)
    return Preview(tuple(changed), len(after))


def _done(connection: Connection, place: Place, whole: Preview, number: int) -> Preview:
    """Of the desks that the change concerns, those that have it now."""
    version = repository.versions_at(connection, [place])[place][0]
    assert version.id == number  # noqa: S101  # changes follow one another
    return dataclasses.replace(whole, changed=tuple(one for one in whole.changed if belongs(one, version)))

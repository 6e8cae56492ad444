"""Accounts and signing in."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.dashboard.repository import find_place
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places import repository as places
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff import audit, lockout, passwords, repository, sessions
from kiosk_agent.central.staff.schemas import Action, Locked, Role, Staff
from kiosk_agent.central.times import to_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

LONGEST_NAME = 100


def normal_name(name: str) -> str:
    """A name as accounts are told apart: width, case and outer spaces make no difference."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def read_scope(connection: Connection, text: str) -> Place:
    """A scope as it is typed: nation, prefecture:13, municipality:131016, office:131016/NAME. Raises CentralError."""
    kind, _, code = text.partition(":")
    hint = Text("Give nation, prefecture:13, municipality:131016 or office:131016/NAME.")
    match kind:
        case "nation" if not code:
            return Place(Level.NATION)
        case "prefecture" if re.fullmatch("[0-9]{2}", code) and repository.has_prefecture(connection, code):
            return Place(Level.PREFECTURE, code)
        case "municipality" if places.municipality_name(connection, code) is not None:
            return Place(Level.MUNICIPALITY, code)
        case "office":
            municipality, _, name = code.partition("/")
            number = places.office_id(connection, municipality, name)
            if number is not None:
                return Place(Level.OFFICE, str(number))
    raise CentralError(Text("There is no scope {scope!r}.", scope=text), hint)


def add(
    database: Database, name: str, role: Role, scope: str, password: str, now: datetime.datetime, actor: str
) -> None:
    """Add an account. Raises CentralError where the name is taken, or something cannot be used."""
    _check_not_the_name(normal_name(name), password)
    password_hash = passwords.hash_password(password)
    with database.writing() as connection:
        insert(connection, name, role, scope, password_hash, now, actor)


def insert(
    connection: Connection,
    name: str,
    role: Role,
    scope: str,
    password_hash: str | None,
    now: datetime.datetime,
    actor: str,
) -> int:
    """Add an account to the transaction; returns its number. None: it cannot be entered with a password.

    Raises CentralError where the name is taken, or something cannot be used.
    """
    wanted = normal_name(name)
    if not 0 < len(wanted) <= LONGEST_NAME or not wanted.isprintable():
        raise CentralError(
            Text("A name has 1 to {most} characters that can be printed.", most=LONGEST_NAME),
            Text("Choose another name."),
        )
    bound = read_scope(connection, scope)
    if repository.find(connection, wanted) is not None:
        raise CentralError(Text("There is an account {name!r} already.", name=wanted), Text("Choose another name."))
    added = repository.add(
        connection,
        name=wanted,
        role=role.value,
        scope=bound.level.value,
        scope_code=bound.key,
        password_hash=password_hash or "",
        added_at_ms=to_ms(now),
    )
    audit.add(connection, now, Action.ADDED, actor=actor, subject=wanted, detail=f"{role.name.lower()} {scope}")
    return added


class LastAdministratorError(CentralError):
    """Nobody could look after the accounts of its scope any more."""

    def __init__(self, name: str) -> None:
        super().__init__(
            Text("{name!r} is the last administrator of its scope.", name=name),
            Text("Add another one there, or above, first."),
        )


def change(
    database: Database,
    name: str,
    now: datetime.datetime,
    actor: str,
    *,
    role: Role | None,
    scope: str | None,
    within: Place | None = None,
    address: str = "",
) -> None:
    """Give an account another role or scope; its sessions end.

    ``within``: an account beyond it does not exist, and a scope beyond it is none. Raises CentralError, and
    LastAdministratorError.
    """
    with database.writing() as connection:
        administrators = repository.lock_administrators(connection)
        row = known(connection, name, within)
        bound = sessions.staff_of(row).scope if scope is None else read_scope(connection, scope)
        if within is not None and not _covers(connection, within, bound):
            raise CentralError(Text("There is no scope {scope!r}.", scope=scope))
        chosen = Role(row["role"]) if role is None else role
        _check_not_the_last(connection, administrators, row, bound if chosen is Role.ADMINISTRATOR else None)
        repository.change(connection, row["id"], role=chosen.value, scope=bound.level.value, scope_code=bound.key)
        repository.end_sessions(connection, row["id"])
        told = f"{chosen.name.lower()} {bound.level}:{bound.key}".rstrip(":")
        audit.add(connection, now, Action.CHANGED, actor=actor, subject=row["name"], detail=told, address=address)


def disable(
    database: Database,
    name: str,
    now: datetime.datetime,
    actor: str,
    *,
    within: Place | None = None,
    address: str = "",
) -> None:
    """Let nobody sign in with it any more; its sessions end. ``within`` and errors as for :func:`change`."""
    with database.writing() as connection:
        administrators = repository.lock_administrators(connection)
        row = known(connection, name, within)
        _check_not_the_last(connection, administrators, row, None)
        repository.change(connection, row["id"], disabled_at_ms=to_ms(now))
        repository.end_sessions(connection, row["id"])
        audit.add(connection, now, Action.DISABLED, actor=actor, subject=row["name"], address=address)


def reset(
    database: Database,
    name: str,
    password: str,
    now: datetime.datetime,
    actor: str,
    *,
    remove_code: bool = False,
    within: Place | None = None,
    address: str = "",
) -> None:
    """Give an account a new first password, and take its one-time code away where that is wanted; its sessions end.

    ``within`` as for :func:`change`. Raises CentralError.
    """
    wanted = normal_name(name)
    _check_not_the_name(wanted, password)
    password_hash = passwords.hash_password(password)
    with database.writing() as connection:
        row = known(connection, wanted, within)
        values = {"totp_secret": None, "totp_step": 0} if remove_code else {}
        repository.change(connection, row["id"], password_hash=password_hash, **values)
        repository.end_sessions(connection, row["id"])
        detail = "one-time code removed" if remove_code and row["totp_secret"] else ""
        audit.add(
            connection, now, Action.PASSWORD_RESET, actor=actor, subject=row["name"], detail=detail, address=address
        )


def set_code(database: Database, name: str, now: datetime.datetime, actor: str, *, remove: bool = False) -> str | None:
    """Ask for one-time codes from now on; returns the new secret, which is told only here. Raises CentralError."""
    secret = None if remove else passwords.new_secret()
    with database.writing() as connection:
        row = known(connection, name)
        repository.change(connection, row["id"], totp_secret=secret, totp_step=0)
        repository.end_sessions(connection, row["id"])
        detail = "removed" if remove else "set"
        audit.add(connection, now, Action.CODE_CHANGED, actor=actor, subject=row["name"], detail=detail)
    return secret


def sign_in(
    database: Database, name: str, password: str, code: str, now: datetime.datetime, address: str
) -> str | Locked | None:
    """The cookie of a new session; None where name, password or code are wrong, whichever it is."""
    wanted = normal_name(name)
    with database.writing() as connection:
        attempt = lockout.begin(connection, wanted, address, now)
        if isinstance(attempt, Locked):
            return attempt
        row = repository.find(connection, wanted)
    right = passwords.is_password(row["password_hash"] if row is not None else "", password)
    with database.writing() as connection:
        if right and row is not None and _may_enter(connection, row, code, now):
            lockout.succeeded(connection, attempt)
            token = sessions.begin(connection, row["id"], now)
            audit.add(connection, now, Action.SIGNED_IN, actor=row["name"], subject=row["name"], address=address)
            return token
        known = row["name"] if row is not None else ""  # what was typed may be a password
        audit.add(connection, now, Action.FAILED, subject=known, address=address)
        if attempt.locks:
            audit.add(connection, now, Action.LOCKED, subject=known, address=address)
    return None


def change_password(
    database: Database, staff: Staff, old: str, new: str, now: datetime.datetime, address: str
) -> bool | Locked:
    """Give oneself a new password; all sessions end, this one too. False where the old one is wrong.

    Raises CentralError where the new one cannot be used.
    """
    _check_not_the_name(staff.name, new)
    new_hash = passwords.hash_password(new)
    with database.writing() as connection:
        attempt = lockout.begin(connection, staff.name, address, now)
        if isinstance(attempt, Locked):
            return attempt
        row = known(connection, staff.name)
    right = passwords.is_password(row["password_hash"], old)
    with database.writing() as connection:
        again = repository.find(connection, staff.name, lock=True)
        if not right or again is None or again["password_hash"] != row["password_hash"]:
            audit.add(connection, now, Action.FAILED, actor=staff.name, subject=staff.name, address=address)
            return False
        lockout.succeeded(connection, attempt)
        repository.change(connection, staff.id, password_hash=new_hash)
        repository.end_sessions(connection, staff.id)
        audit.add(connection, now, Action.PASSWORD_CHANGED, actor=staff.name, subject=staff.name, address=address)
    return True


def _may_enter(connection: Connection, row: RowMapping, code: str, now: datetime.datetime) -> bool:
    """Looks again at the account, which may have changed while the password was looked at, and at the code."""
    again = repository.find(connection, row["name"], lock=True)
    if again is None or again["disabled_at_ms"] is not None or again["password_hash"] != row["password_hash"]:
        return False
    if again["totp_secret"] is None:
        return True
    step = passwords.step_of(again["totp_secret"], code, now)
    if step is None or step <= again["totp_step"]:  # each code once (RFC 6238, 5.2)
        return False
    repository.change(connection, again["id"], totp_step=step)
    return True


def known(connection: Connection, name: str, within: Place | None = None) -> RowMapping:
    """The account of this name, locked. Raises CentralError where there is none, or none within ``within``."""
    row = repository.find(connection, normal_name(name), lock=True)
    is_beyond = row is not None and within is not None and not _covers(connection, within, sessions.staff_of(row).scope)
    if row is None or is_beyond:
        raise CentralError(Text("There is no account {name!r}.", name=name), Text("Run: kiosk-central staff list"))
    return row


def _covers(connection: Connection, wide: Place, narrow: Place) -> bool:
    """Whether somebody of ``wide`` sees all of ``narrow``."""
    return find_place(connection, wide, narrow) is not None


def _check_not_the_last(
    connection: Connection, administrators: Sequence[RowMapping], row: RowMapping, after: Place | None
) -> None:
    """Raises LastAdministratorError where nobody is left who sees all that this administrator looks after.

    ``after``: what they will look after; None: nothing.
    """
    if row["id"] not in {one["id"] for one in administrators}:
        return
    scope = sessions.staff_of(row).scope
    left = [sessions.staff_of(one).scope for one in administrators if one["id"] != row["id"]]
    if not any(_covers(connection, one, scope) for one in [*left, *([] if after is None else [after])]):
        raise LastAdministratorError(row["name"])


def _check_not_the_name(name: str, password: str) -> None:
    if normal_name(password) == name:
        raise CentralError(Text("The password is the name."), Text("Choose another password."))

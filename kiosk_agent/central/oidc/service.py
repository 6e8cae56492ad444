"""Whom the provider's word lets in: accounts that an administrator has made, and that await somebody."""

from __future__ import annotations

import datetime
import unicodedata
from typing import Any

from sqlalchemy.engine import Connection

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.oidc import repository
from kiosk_agent.central.oidc.schemas import Person, Reason, RefusedError
from kiosk_agent.central.places.schemas import Place
from kiosk_agent.central.staff import audit, lockout, sessions
from kiosk_agent.central.staff import repository as accounts
from kiosk_agent.central.staff.lockout import Attempt
from kiosk_agent.central.staff.schemas import Action, Locked, Role
from kiosk_agent.central.staff.service import insert, known, normal_name
from kiosk_agent.central.times import to_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

LONGEST_LOGIN = 320
LONGEST_SUBJECT = 255
NOTED = (Reason.NOT_LINKED, Reason.DISABLED)  # by :func:`enter` itself
BY_PROVIDER = "provider"  # how the audit log tells these sign-ins from others


def normal_login(text: str) -> str:
    """A login as the provider has it: of letters only A to Z lose their case, so that no other letter becomes one."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def login_of(claims: dict[str, Any], claim: str) -> str | None:
    """The login that these claims give; None where they give none. An e-mail address must be verified."""
    value = claims.get(claim)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_LOGIN:
        return None
    if claim == "email" and claims.get("email_verified") is not True:
        return None
    return normal_login(value)


def add(database: Database, name: str, role: Role, scope: str, login: str, now: datetime.datetime, actor: str) -> None:
    """Add an account without a password, which awaits ``login``. Raises CentralError, and adds nothing."""
    with database.writing() as connection:
        staff_id = insert(connection, name, role, scope, None, now, actor)
        told = _await(connection, staff_id, login)
        audit.add(connection, now, Action.LOGIN_SET, actor=actor, subject=normal_name(name), detail=f"{told} only")


def await_login(
    database: Database,
    name: str,
    login: str,
    now: datetime.datetime,
    actor: str,
    *,
    person: Person | None = None,
    no_password: bool = False,
    within: Place | None = None,
    address: str = "",
) -> None:
    """Whoever comes from the provider with this login first gets the account ``name``, for good. Raises CentralError.

    Its sessions end. ``person``: who it is, where that is known already; then nobody else is waited for.
    ``no_password``: it can be entered in no other way any more. ``within``: an account beyond it does not exist.
    """
    with database.writing() as connection:
        row = known(connection, name, within)
        told = _await(connection, row["id"], login)
        if no_password:
            accounts.change(connection, row["id"], password_hash="")
        accounts.end_sessions(connection, row["id"])
        detail = f"{told} only" if no_password else told
        audit.add(connection, now, Action.LOGIN_SET, actor=actor, subject=row["name"], detail=detail, address=address)
        if person is not None:
            _check_person(connection, person)
            repository.link(connection, row["id"], person.issuer, person.subject, to_ms(now))
            who = f"{person.issuer} {person.subject}"
            audit.add(connection, now, Action.LINKED, actor=actor, subject=row["name"], detail=who, address=address)


def forget_login(
    database: Database,
    name: str,
    now: datetime.datetime,
    actor: str,
    *,
    within: Place | None = None,
    address: str = "",
) -> bool:
    """Nobody comes through the provider any more; sessions end. Returns whether it can be entered with a password.

    ``within``: an account beyond it does not exist. Raises CentralError where there is no such account, or nobody
    comes for it.
    """
    with database.writing() as connection:
        row = known(connection, name, within)
        if not repository.forget_login(connection, row["id"]):
            raise CentralError(
                Text("The account {name!r} has no login at a provider.", name=row["name"]),
                Text("Run: kiosk-central staff list"),
            )
        accounts.end_sessions(connection, row["id"])
        audit.add(connection, now, Action.LOGIN_REMOVED, actor=actor, subject=row["name"], address=address)
    return bool(row["password_hash"])


def _await(connection: Connection, staff_id: int, login: str) -> str:
    """Returns the login as it is compared. Raises CentralError."""
    wanted = normal_login(unicodedata.normalize("NFKC", login).strip())
    if not 0 < len(wanted) <= LONGEST_LOGIN or not wanted.isprintable():
        raise CentralError(
            Text("A login has 1 to {most} characters that can be printed.", most=LONGEST_LOGIN),
            Text("Give it as the provider has it."),
        )
    owner = repository.owner(connection, wanted)
    if owner is not None and owner["id"] != staff_id:
        raise CentralError(
            Text("{name!r} has the login {login!r} already.", name=owner["name"], login=wanted),
            Text("Give another one."),
        )
    repository.await_login(connection, staff_id, wanted)
    return wanted


def _check_person(connection: Connection, person: Person) -> None:
    """Raises CentralError where that is nobody, or another account's. (Core 1.0, 2: at most 255 of ASCII.)"""
    subject = person.subject
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isascii() or not subject.isprintable():
        raise CentralError(
            Text("An identifier has 1 to {most} characters of ASCII.", most=LONGEST_SUBJECT),
            Text("Give `sub` as the provider has it."),
        )
    if repository.is_linked(connection, person.issuer, person.subject):
        raise CentralError(Text("This person has an account already."), Text("Take the link away there first."))


def attempt(database: Database, now: datetime.datetime, address: str) -> Attempt | Locked:
    """Count an attempt from this address as failed, before anything is looked at."""
    with database.writing() as connection:
        return lockout.begin(connection, None, address, now)


def give_back(database: Database, counted: Attempt) -> None:
    """The attempt was nobody's fault: a provider that fails must not close an address, also for passwords."""
    with database.writing() as connection:
        lockout.succeeded(connection, counted)


def refuse(database: Database, error: RefusedError, counted: Attempt, now: datetime.datetime, address: str) -> None:
    """Note that somebody was not let in."""
    with database.writing() as connection:
        _note(connection, error.reason, error.detail, "", counted, now, address)


def is_known(database: Database, issuer: str, subject: str) -> bool:
    """Whether somebody has come as this person before."""
    with database.reading() as connection:
        return repository.is_linked(connection, issuer, subject)


def enter(
    database: Database,
    issuer: str,
    subject: str,
    login: str | None,
    id_token: str,
    counted: Attempt,
    now: datetime.datetime,
    address: str,
) -> str:
    """The cookie of a new session. Raises RefusedError, which is noted already.

    Who has come before is known by issuer and subject alone, whatever the login is by now; who has not, by the login
    that an account awaits.
    """
    with database.writing() as connection:
        row = repository.linked(connection, issuer, subject)
        is_new = row is None and login is not None
        if row is None and login is not None:
            row = repository.awaited(connection, login)
        reason = Reason.NOT_LINKED if row is None else Reason.DISABLED
        if row is None or row["disabled_at_ms"] is not None:
            name = "" if row is None else row["name"]
            _note(connection, reason, f"{issuer} {subject}", name, counted, now, address)
        else:
            lockout.succeeded(connection, counted)
            if is_new:
                repository.link(connection, row["id"], issuer, subject, to_ms(now))
            token = sessions.begin(connection, row["id"], now, id_token)
            who = row["name"]
            if is_new:
                told = f"{issuer} {subject}"
                audit.add(connection, now, Action.LINKED, actor=who, subject=who, detail=told, address=address)
            audit.add(connection, now, Action.SIGNED_IN, actor=who, subject=who, detail=BY_PROVIDER, address=address)
            return token
    raise RefusedError(reason)


def _note(
    connection: Connection,
    reason: Reason,
    detail: str,
    name: str,
    counted: Attempt,
    now: datetime.datetime,
    address: str,
) -> None:
    told = f"{BY_PROVIDER}: {reason} {detail}".rstrip()
    audit.add(connection, now, Action.FAILED, subject=name, detail=told, address=address)
    if counted.locks:
        audit.add(connection, now, Action.LOCKED, subject=name, detail=BY_PROVIDER, address=address)

"""Alerts, recipients and messages; every function that somebody calls takes the scope of who asks."""

from __future__ import annotations

import datetime
import re
import secrets
import urllib.parse
from collections.abc import Iterable

import msgspec
from sqlalchemy.engine import Connection

from kiosk_agent.central.alerts import repository
from kiosk_agent.central.alerts.decide import GIVE_UP_MS, MOST_ITEMS, due, follow, retry_after_ms
from kiosk_agent.central.alerts.schemas import (
    Alert,
    AlertKind,
    Channel,
    Content,
    Delivery,
    Finding,
    Language,
    Message,
    Pace,
    Recipient,
    Said,
    State,
    Told,
    What,
)
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places.schemas import Place
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Action
from kiosk_agent.central.staff.service import read_scope
from kiosk_agent.central.times import to_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

LONGEST_NOTE = 1000
LONGEST_ADDRESS = 2000
KEEP_MESSAGES = datetime.timedelta(days=90)
STILL_TOLD = datetime.timedelta(days=7)  # that an alert is over is said so long after it, at the latest
MAIL = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[^\s@<>(),;:\\\"\[\]]{1,255}")


class Listed(msgspec.Struct, frozen=True):
    """An alert with the names of its place."""

    alert: Alert
    prefecture: str
    municipality: str
    office: str


def listed(
    database: Database, scope: Place, *, resolved_since: datetime.datetime | None = None, most: int | None = None
) -> list[Listed]:
    """The alerts of a scope; also those resolved since then, where that is said.

    ``most``: at most so many, those that nobody sees to first, then the newest.
    """
    since = None if resolved_since is None else to_ms(resolved_since)
    with database.reading() as connection:
        rows = repository.visible(connection, scope, resolved_since_ms=since, most=most)
    return [Listed(repository.alert_of(row), row["prefecture"], row["municipality"], row["office"]) for row in rows]


def undelivered(database: Database) -> list[Delivery]:
    """The messages that have not arrived, with what stood in the way."""
    with database.reading() as connection:
        return repository.deliveries(connection)


def acknowledge(
    database: Database,
    scope: Place,
    alert_id: int,
    now: datetime.datetime,
    *,
    actor: str,
    note: str = "",
    address: str = "",
    again: bool = True,
) -> Alert:
    """Say that somebody sees to it. Raises CentralError where it is not there within the scope, or is over.

    ``again``: also where somebody does already; they are no longer named then, but by the audit log.
    """
    said = " ".join(note.split())
    if len(said) > LONGEST_NOTE:
        raise CentralError(Text("A note has at most {most} characters.", most=LONGEST_NOTE), Text("Shorten it."))
    with database.writing() as connection:
        found = repository.find(connection, scope, alert_id)
        if found is None or found.state is State.RESOLVED:
            raise CentralError(
                Text("There is no open alert {number}.", number=alert_id), Text("Run: kiosk-central alert list")
            )
        if found.state is State.ACKNOWLEDGED and not again:
            raise CentralError(
                Text("Somebody sees to alert {number} already: {name}.", number=alert_id, name=found.acknowledged_by)
            )
        after = msgspec.structs.replace(
            found,
            state=State.ACKNOWLEDGED,
            acknowledged_at_ms=to_ms(now),
            acknowledged_by=actor,
            acknowledged_measure=found.measure,
            note=said,
        )
        repository.store(connection, after)
        detail = f"alert {alert_id}: {said}".removesuffix(": ")
        audit.add(connection, now, Action.ALERT_ACKNOWLEDGED, actor=actor, detail=detail, address=address)
    return after


def recipients(database: Database) -> list[Recipient]:
    """Who is told."""
    with database.reading() as connection:
        return repository.recipients(connection)


def add_recipient(
    database: Database,
    address: str,
    scope: str,
    now: datetime.datetime,
    *,
    actor: str,
    kinds: Iterable[AlertKind] = (),
    language: Language = Language.JAPANESE,
) -> Recipient:
    """Tell them from now on; what is open already they hear of as well. Raises CentralError."""
    channel = read_channel(address)
    with database.writing() as connection:
        wanted = Recipient(0, channel, address, read_scope(connection, scope), frozenset(kinds), language)
        number = repository.add_recipient(connection, wanted, to_ms(now))
        detail = f"recipient {number}: {scope} {' '.join(sorted(wanted.kinds)) or 'all'}"
        audit.add(connection, now, Action.RECIPIENT_ADDED, actor=actor, detail=detail)
    return msgspec.structs.replace(wanted, id=number)


def remove_recipient(database: Database, number: int, now: datetime.datetime, *, actor: str) -> None:
    """Tell them nothing more. Raises CentralError where there is no such recipient."""
    with database.writing() as connection:
        if repository.remove_recipient(connection, number, to_ms(now)) is None:
            raise CentralError(
                Text("There is no recipient {number}.", number=number), Text("Run: kiosk-central alert recipients list")
            )
        audit.add(connection, now, Action.RECIPIENT_REMOVED, actor=actor, detail=f"recipient {number}")


def read_channel(address: str) -> Channel:
    """Which kind of address this is. Raises CentralError where it is none."""
    hint = Text("Give an e-mail address, or the http(s) address of a webhook without a name and password in it.")
    if len(address) <= LONGEST_ADDRESS and address.isascii() and address.isprintable():
        if MAIL.fullmatch(address):
            return Channel.MAIL
        if _is_webhook(address):
            return Channel.WEBHOOK
    raise CentralError(Text("This is no address that can be told anything."), hint)  # it may hold a password


def look(connection: Connection, found: Iterable[Finding], now: datetime.datetime, pace: Pace) -> None:
    """Bring the alerts in line with what was found, and write the messages that are due, in one transaction.

    Only for whoever holds the lease.
    """
    at_ms = to_ms(now)
    changes = follow(repository.active(connection), found, at_ms)
    repository.open_alerts(connection, changes.opened, at_ms)
    for alert in changes.changed:
        repository.store(connection, alert)
    alerts = repository.active(connection) + repository.resolved_since(connection, at_ms - _ms(STILL_TOLD))
    known = repository.told(connection, (alert.id for alert in alerts))
    for recipient_id, items in due(alerts, repository.recipients(connection), known, at_ms, pace).items():
        _write(connection, recipient_id, items, at_ms)
    repository.forget_messages(connection, at_ms - _ms(KEEP_MESSAGES))


def _write(connection: Connection, recipient_id: int, items: list[tuple[Alert, What]], at_ms: int) -> None:
    shown = items[:MOST_ITEMS]
    places = repository.places_of(connection, (alert.id for alert, _ in shown))
    said = tuple(
        Said(
            alert.id,
            what,
            alert.kind,
            alert.amount,
            alert.total,
            alert.opened_at_ms if alert.resolved_at_ms is None else alert.resolved_at_ms,
            places[alert.id]["prefecture"],
            alert.municipality_code,
            places[alert.id]["municipality"],
            alert.office_id,
            places[alert.id]["office"],
        )
        for alert, what in shown
    )
    content = Content(said, len(items) - len(shown))
    repository.add_message(connection, secrets.token_hex(16), recipient_id, content, at_ms)
    told = [Told(alert.id, recipient_id, what, at_ms, alert.acknowledged_at_ms) for alert, what in items]
    repository.note_told(connection, told)


def begin_try(connection: Connection, now: datetime.datetime, channel: Channel | None = None) -> Message | None:
    """The message to be tried now. Its next try is set first: a process that dies meanwhile does not try at once again.

    Only for whoever holds the lease. ``channel``: only of that one.
    """
    at_ms = to_ms(now)
    message = repository.next_message(connection, at_ms, channel)
    if message is None:
        return None
    attempts = message.attempts + 1
    next_at_ms = at_ms + retry_after_ms(attempts)
    repository.change_message(connection, message.id, attempts=attempts, next_at_ms=next_at_ms)
    return msgspec.structs.replace(message, attempts=attempts)


def delivered(connection: Connection, message: Message, now: datetime.datetime) -> None:
    """It was taken: what was open is notified."""
    repository.change_message(connection, message.id, sent_at_ms=to_ms(now), given_up_at_ms=None, error="")
    repository.notify(connection, (one.alert for one in message.content.items if one.what is not What.RESOLVED))


def failed(connection: Connection, message: Message, now: datetime.datetime, error: str) -> None:
    """It was not taken: it stays for its next try, or is given up after ``GIVE_UP_MS``, and is kept to be seen."""
    at_ms = to_ms(now)
    given_up = {"given_up_at_ms": at_ms} if at_ms - message.made_at_ms >= GIVE_UP_MS else {}
    repository.change_message(connection, message.id, error=error, **given_up)


def _ms(span: datetime.timedelta) -> int:
    return span // datetime.timedelta(milliseconds=1)


def _is_webhook(address: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return usable and "@" not in parts.netloc and " " not in address

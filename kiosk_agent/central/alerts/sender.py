"""The one that looks and sends: of all server processes whoever holds the lease, a row of the database."""

from __future__ import annotations

import datetime
import logging
import secrets
import threading

import msgspec
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from kiosk_agent.central.alerts import repository, service
from kiosk_agent.central.alerts.channels import DeliveryError, Ways
from kiosk_agent.central.alerts.findings import findings
from kiosk_agent.central.alerts.schemas import Channel, Message, Pace, Thresholds
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.times import to_ms
from kiosk_agent.clock import Clock

log = logging.getLogger(__name__)

LEASE_ROUNDS = 3  # a sender that is slow twice keeps the lease; one that is dead is replaced after three
STOP_S = 10.0
MOST_TRIES = 100  # in one round; a round must end before the lease does


class Alerting(msgspec.Struct, frozen=True):
    """How ``serve`` alerts. ``every_s``: seconds between two looks."""

    ways: Ways = Ways()
    thresholds: Thresholds = Thresholds()
    pace: Pace = Pace()
    every_s: float = 60.0


class Sender:
    """Looks every ``every_s`` seconds, in a thread of its own: a mail server that hangs holds up nothing else."""

    def __init__(self, database: Database, clock: Clock, alerting: Alerting) -> None:
        self._database, self._clock, self._alerting = database, clock, alerting
        self._name = secrets.token_hex(16)
        self._lease = datetime.timedelta(seconds=alerting.every_s * LEASE_ROUNDS)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
        self._failing: set[int] = set()  # recipients; told once when it begins, once when it is over
        self._broken = False

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is under way, and leave the lease to others. A server that hangs is not waited for."""
        self._stopping.set()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        while True:
            try:
                self.round()
                self._broken = False
            except Exception:
                # a database that is away, or a mistake of ours: told once, and tried again; reports go on
                if not self._broken:
                    log.exception("alerts could not be looked for; trying again")
                self._broken = True
            if self._stopping.wait(self._alerting.every_s):
                break
        try:
            with self._database.writing() as connection:
                repository.free_lease(connection, self._name)
        except DBAPIError as error:
            log.warning("the lease of alerts is left to run out: %s", type(error.orig).__name__)

    def round(self) -> bool:
        """Look, and send what is due. False where another process is at it."""
        if not self._look():
            return False
        mail_rests = False  # all mails go to one server: where that has used up a whole try, webhooks come first
        for _ in range(MOST_TRIES):
            message = None if self._stopping.is_set() else self._next(without_mail=mail_rests)
            if message is None:
                break
            late = self._try(message)
            mail_rests = mail_rests or (late and message.recipient.channel is Channel.MAIL)
        return True

    def _look(self) -> bool:
        now = self._clock.wall()
        with self._database.writing() as connection:
            if not self._hold(connection, now):
                return False
        with self._database.reading() as connection:  # the long part, while reports are being taken
            found = findings(connection, now, self._alerting.thresholds)
        with self._database.writing() as connection:
            if not self._hold(connection, now):
                return False
            service.look(connection, found, now, self._alerting.pace)
        return True

    def _next(self, *, without_mail: bool) -> Message | None:
        now = self._clock.wall()
        with self._database.writing() as connection:
            if not self._hold(connection, now):
                return None
            return service.begin_try(connection, now, Channel.WEBHOOK if without_mail else None)

    def _try(self, message: Message) -> bool:
        """True where the recipient's server used up all the time that there is for a try."""
        number = message.recipient.id
        try:
            self._alerting.ways.deliver(message, self._clock.wall())
        except DeliveryError as error:
            with self._database.writing() as connection:
                service.failed(connection, message, self._clock.wall(), error.why.packed())
            if number not in self._failing:
                log.warning("recipient %d of alerts cannot be told: %s", number, error)
            self._failing.add(number)
            return error.late
        with self._database.writing() as connection:
            service.delivered(connection, message, self._clock.wall())
        if number in self._failing:
            log.warning("recipient %d of alerts is told again", number)
        self._failing.discard(number)
        return False

    def _hold(self, connection: Connection, now: datetime.datetime) -> bool:
        return repository.hold_lease(connection, self._name, to_ms(now), to_ms(now + self._lease))

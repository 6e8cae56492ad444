"""What alerts are, who is told of them, and what messages say."""

from __future__ import annotations

import enum

import msgspec

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.places.schemas import Level, Place


class AlertKind(enum.StrEnum):
    """What is the matter at an office."""

    OFFICE_SILENT = "office_silent"  # none of its desks is heard of in opening hours
    DESK_SILENT = "desk_silent"  # single desks are not, where the policy wants that to be told
    CONFIRMATIONS_MISSING = "confirmations_missing"
    LOGOUTS_UNPROVEN = "logouts_unproven"
    CLONE = AlarmKind.CLONE.value
    COUNTER_SHRUNK = AlarmKind.COUNTER_SHRUNK.value
    CHAIN_BROKEN = "chain_broken"


OF_ALARMS = {
    AlarmKind.CLONE: AlertKind.CLONE,
    AlarmKind.COUNTER_SHRUNK: AlertKind.COUNTER_SHRUNK,
    AlarmKind.CHAIN_FORKED: AlertKind.CHAIN_BROKEN,
    AlarmKind.LEDGER_SHORTER: AlertKind.CHAIN_BROKEN,
}


class State(enum.StrEnum):
    """How far an alert is. It may go from each state to a later one, and from acknowledged back to open."""

    OPEN = "open"  # nobody has been told yet
    NOTIFIED = "notified"  # a message about it was taken by a mail server or a webhook
    ACKNOWLEDGED = "acknowledged"  # somebody has said that they see to it: no reminders
    RESOLVED = "resolved"  # it is found no more


class Channel(enum.StrEnum):
    """How somebody is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class Security(enum.StrEnum):
    """How the way to the mail server is guarded."""

    STARTTLS = "starttls"  # the server must offer it: nothing is said in clear
    TLS = "tls"  # from the first byte on (RFC 8314)
    NONE = "none"  # for a server on the same machine


class Language(enum.StrEnum):
    """The language of a message."""

    JAPANESE = "ja"
    ENGLISH = "en"


class What(enum.StrEnum):
    """Why an alert stands in a message."""

    NEW = "new"
    REMINDER = "reminder"
    RESOLVED = "resolved"


class Thresholds(msgspec.Struct, frozen=True):
    """From when on an office is found; counts of today and yesterday in Japan.

    Confirmations: a desk whose support worker is just about to confirm is missing one as well. So both a number and a
    share (percent of the visits that ended) must be reached.
    """

    missing_confirmations: int = 3
    missing_percent: int = 10
    unproven: int = 1


class Pace(msgspec.Struct, frozen=True):
    """How often things are said. ``group_ms``: between two messages to one recipient; what comes up waits for it."""

    group_ms: int = 10 * 60_000
    reminder_ms: int = 24 * 3600_000


class Finding(msgspec.Struct, frozen=True):
    """Something is the matter now. ``amount`` of ``total``: desks or visits, as the kind has it.

    ``fresh``: it may begin an alert, or be a reason to remind of one. Where not, it only keeps one from being resolved:
    a silent office is not heard of at night either. ``ever``: with those that were settled since; where it has grown
    something new has come, whatever became of the rest meanwhile. ``news``: so many more than were acknowledged are
    news. ``falls``: with what is settled, or of a day that is over, the bar for that falls as well.
    """

    kind: AlertKind
    office_id: int
    municipality_code: str
    amount: int
    total: int
    fresh: bool = True
    ever: int | None = None  # the amount, for kinds of which nothing is settled later
    news: int = 1
    falls: bool = False

    @property
    def measure(self) -> int:
        """By which a rise is seen."""
        return self.amount if self.ever is None else self.ever


class Alert(msgspec.Struct, frozen=True):
    """A finding at an office, from when it came up until it is resolved.

    ``measure``: by which a rise is seen; ``acknowledged_measure``: what it was when somebody acknowledged it.
    """

    id: int
    kind: AlertKind
    office_id: int
    municipality_code: str
    state: State
    amount: int
    total: int
    opened_at_ms: int
    fresh: bool = True
    acknowledged_at_ms: int | None = None
    acknowledged_by: str = ""
    acknowledged_measure: int | None = None
    note: str = ""
    resolved_at_ms: int | None = None
    measure: int = 0


class Recipient(msgspec.Struct, frozen=True):
    """Who is told of what. ``kinds``: none means all. ``last_at_ms``: when the last message for them was written."""

    id: int
    channel: Channel
    address: str
    scope: Place
    kinds: frozenset[AlertKind]
    language: Language
    last_at_ms: int | None = None

    def concerns(self, alert: Alert) -> bool:
        """Whether they are to hear of it."""
        if self.kinds and alert.kind not in self.kinds:
            return False
        match self.scope.level:
            case Level.NATION:
                return True
            case Level.PREFECTURE:
                return alert.municipality_code.startswith(self.scope.key)
            case Level.MUNICIPALITY:
                return alert.municipality_code == self.scope.key
            case _:  # a scope is an office at the least
                return str(alert.office_id) == self.scope.key


class Told(msgspec.Struct, frozen=True):
    """What a recipient was told last of an alert; ``acknowledged_at_ms``: up to which acknowledgement."""

    alert_id: int
    recipient_id: int
    what: What
    at_ms: int
    acknowledged_at_ms: int | None = None


class Said(msgspec.Struct, frozen=True):
    """One alert in a message, as it stood when the message was written: a retry says the same.

    ``at_ms``: when it came up, or when it was resolved.
    """

    alert: int
    what: What
    kind: AlertKind
    amount: int
    total: int
    at_ms: int
    prefecture: str
    municipality_code: str
    municipality: str
    office_id: int
    office: str


class Content(msgspec.Struct, frozen=True):
    """What a message says. ``left_out``: how many more there are than fit."""

    items: tuple[Said, ...]
    left_out: int = 0


class Message(msgspec.Struct, frozen=True):
    """A message on its way. ``key``: the same in every try, so that whoever got it twice can tell."""

    id: int
    key: str
    recipient: Recipient
    content: Content
    made_at_ms: int
    attempts: int


class Delivery(msgspec.Struct, frozen=True):
    """How a message stands: sent, waiting for its next try, or given up."""

    id: int
    recipient_id: int
    made_at_ms: int
    attempts: int
    next_at_ms: int
    sent_at_ms: int | None
    given_up_at_ms: int | None
    error: str

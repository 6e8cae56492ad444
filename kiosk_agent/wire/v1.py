"""Version 1 of what agent and central say to each other: JSON over HTTPS, every field bounded.

Unknown fields are ignored, so that a newer agent can talk to an older central. A report is taken item by item
(:func:`read_report`): a day or a counter that is wrong is refused alone, and named in the answer.

Nothing here can hold a name, a number, an address or a text of a resident: texts are identifiers of a fixed form.
"""

from __future__ import annotations

import datetime
import enum
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from kiosk_agent.wire.counters import COUNTER_NAME, COUNTERS, END, LONGEST_COUNTER, GoodNames

PREFIX = "/v1"
MOST_DAYS = 31  # in one report; a desk that was away for longer sends several
MOST_COUNTERS = 300  # of one day; an agent has about 120 names in all
MOST_WARNINGS = 100
MOST_VISITS = 500  # of the facts of visits, in one report
MOST_INCIDENTS = 100
MOST_OPERATIONS = 20  # of one visit
MOST_PROBLEMS = 20  # told of one item; who sends more wrong ones has one mistake, not twenty
LONGEST_NAME = 100  # characters of a desk's or an office's name
# Far beyond what a desk can do in a day, and small enough that a nation's sum for a century stays below 2^63.
LARGEST_COUNT = 10_000_000
LARGEST_NUMBER = 2**53 - 1  # whole numbers up to here survive every JSON reader (RFC 8259, 6)
# The largest valid report, with room for unknown fields; a day of all counters is about 12 KB.
LARGEST_REPORT_BYTES = 1_000_000
LARGEST_ENROLMENT_BYTES = 10_000

Epoch = Annotated[str, Meta(pattern=rf"^[0-9a-f]{{32}}{END}", description="Tells one ledger from every other one.")]
Digest = Annotated[str, Meta(pattern=rf"^[0-9a-f]{{64}}{END}", description="SHA-256, in hexadecimal.")]
CounterName = Annotated[str, Meta(pattern=COUNTER_NAME, max_length=LONGEST_COUNTER)]
Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]
Number = Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)]
Version = Annotated[str, Meta(pattern=rf"^[0-9A-Za-z][0-9A-Za-z.+-]*{END}", max_length=40)]
Term = Annotated[str, Meta(pattern=rf"^[a-z][a-z0-9_]*{END}", max_length=40)]
# What an incident's detail may be: numbers, names of steps and of the agent's own files. Everything else is left out.
Detail = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9_.:, -]*{END}", max_length=100)]
# As the portal's profile names it.
OperationName = Annotated[str, Meta(pattern=rf"^[^\x00-\x1f\x7f]+{END}", max_length=LONGEST_NAME)]
Pseudonym = Annotated[
    str,
    Meta(
        pattern=rf"^[0-9a-f]{{32}}{END}",
        description="The same for the same one at this desk. Made with a key that never leaves the desk.",
    ),
]
WarningCode = Annotated[str, Meta(pattern=rf"^[a-z][a-z0-9_.-]*{END}", max_length=64)]
Moment = Annotated[datetime.datetime, Meta(tz=True, description="RFC 3339, with its offset from UTC.")]
# No control characters: they have no place in a name, and one of the databases refuses the first of them.
Name = Annotated[str, Meta(pattern=rf"^[^\x00-\x1f\x7f]*{END}", max_length=LONGEST_NAME)]
Token = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Za-z0-9_-]{{43}}{END}",
        description="32 random bytes in base64url without padding, made by the desk and known to it alone.",
    ),
]
Code = Annotated[
    str,
    Meta(
        min_length=12,
        max_length=40,
        pattern=rf"^[0-9A-Za-z -]*{END}",
        description="As central printed it; case, blanks and hyphens do not matter.",
    ),
]


class Severity(enum.StrEnum):
    """How much a warning matters at the desk."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class ChainPoint(msgspec.Struct, frozen=True):
    """One entry of a ledger's chain: its number and its digest. Number 0 is the beginning."""

    entries: Number
    digest: Digest


class HealthItem(msgspec.Struct, frozen=True):
    """Something that does not work at the desk."""

    code: WarningCode
    severity: Severity
    since: Moment


Counters = Annotated[
    dict[CounterName, Count],
    Meta(
        max_length=MOST_COUNTERS,
        description=(
            "Any name of this form is kept. Central makes its numbers of these, each counted on the day on which it"
            " happened: " + "; ".join(f"`{name}`: {what}" for name, what in COUNTERS.items()) + "."
        ),
    ),
]


class DayCounts(msgspec.Struct, frozen=True):
    """All counters of one of the desk's local days, as they stand. A counter that is not there is 0."""

    day: datetime.date
    counts: Counters


class VisitFact(msgspec.Struct, frozen=True):
    """How one visit went. Sent only where the policy says so; told again whenever more is known of the visit.

    ``number``: of the visit's first entry in the ledger, by which it is known. ``seq``: up to which entry this is told;
    of two the larger one stands. ``ended``, ``proof``: as the counters ``ended.…`` and ``proof.…`` name them.
    ``hour``: the desk's local one.
    """

    number: Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]
    seq: Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]
    day: datetime.date
    hour: Annotated[int, Meta(ge=0, le=23)]
    length_s: Count
    ended: Term
    proof: Term
    signed_in: bool
    extensions: Count = 0
    confirmation: Term = "none"  # confirmed, override
    operations: Annotated[list[OperationName], Meta(max_length=MOST_OPERATIONS)] = []
    worker: Pseudonym | None = None
    account: Pseudonym | None = None  # no agent of ours sends it: its ledger keeps nothing of an account


class IncidentItem(msgspec.Struct, frozen=True):
    """Something that must be looked at. ``seq``: of its entry in the ledger. Sent unless the policy forbids it."""

    seq: Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]
    at: Moment
    code: Term
    detail: Detail = ""


ReportNumber = Annotated[
    int,
    Meta(
        ge=1,
        le=LARGEST_NUMBER,
        description=(
            "Grows by one with each report that is written, and is kept on the disk: tells an older report from a newer"
            " one where clocks cannot. A report that is sent again, as it was, keeps its number."
        ),
    ),
]
Furthest = Annotated[ChainPoint, Meta(description="The ledger's last entry. It never goes back.")]
Disk = Annotated[
    Digest, Meta(description="Tells the disk that the ledger lies on from every other one, without saying which it is.")
]
DroppedDays = Annotated[
    int, Meta(ge=0, le=LARGEST_COUNT, description="Days that were never acknowledged and are kept no more: a gap.")
]
SetAside = Annotated[int, Meta(ge=0, le=LARGEST_COUNT, description="Items that central has refused for good.")]


class Report(msgspec.Struct, frozen=True):
    """What a desk reports. Sent again, late, twice or out of order it changes nothing.

    ``known``: what this ledger has at the entry that central named as ``chain`` in its last answer: another digest is
    another ledger.
    """

    epoch: Epoch
    number: ReportNumber
    sent_at: Moment
    agent_version: Version
    chain: Furthest
    days: Annotated[list[DayCounts], Meta(max_length=MOST_DAYS)]
    health: Annotated[list[HealthItem], Meta(max_length=MOST_WARNINGS)] = []
    known: ChainPoint | None = None
    disk: Disk | None = None
    dropped_days: DroppedDays = 0
    set_aside: SetAside = 0
    visits: Annotated[list[VisitFact], Meta(max_length=MOST_VISITS)] = []
    incidents: Annotated[list[IncidentItem], Meta(max_length=MOST_INCIDENTS)] = []


class ItemKind(enum.StrEnum):
    """Which list of a report an item stands in."""

    DAYS = "days"
    HEALTH = "health"
    VISITS = "visits"
    INCIDENTS = "incidents"


class ProblemCode(enum.StrEnum):
    """Why something was refused.

    `invalid`: it breaks a bound; sending it again cannot succeed. `future`: a day that has not come yet where central
    is; send it again when it has.
    """

    INVALID = "invalid"
    FUTURE = "future"


class ItemProblem(msgspec.Struct, frozen=True):
    """One thing of an item that was refused. ``at``: where in the item, empty for the item as a whole."""

    code: ProblemCode
    at: str
    expected: str


class ItemAnswer(msgspec.Struct, frozen=True):
    """What became of one item. Items that were taken whole are not listed.

    ``where`` and ``index``: which one. ``taken``: whether the rest of the item was; false where all of it was refused.
    """

    where: ItemKind
    index: int
    taken: bool
    problems: list[ItemProblem]


class ReportAnswer(msgspec.Struct, frozen=True):
    """Central has the report, durably. Only this, with the same ``epoch`` and ``number``, is an acknowledgement."""

    epoch: Epoch
    number: int
    received_at: Moment
    chain: ChainPoint  # the furthest entry that central knows of this ledger; to be named as `known` next time
    items: list[ItemAnswer]
    report_every_s: int
    commands_waiting: bool = False  # something is to be fetched with POST /v1/commands


class EnrolRequest(msgspec.Struct, frozen=True):
    """Trades a one-time code for the right to report with ``token``. The same request again gets the same answer."""

    code: Code
    token: Token
    agent_version: Version
    desk_name: Name = ""


class EnrolAnswer(msgspec.Struct, frozen=True):
    """The desk is enrolled."""

    desk_id: int
    desk_name: str
    office: str
    municipality_code: str
    report_every_s: int


class Refusal(msgspec.Struct, frozen=True):
    """Why a request as a whole was refused. ``code`` is stable, ``detail`` is for people."""

    code: str
    detail: str


class ReadReport(msgspec.Struct, frozen=True):
    """A report with what is good in it, and what was refused."""

    report: Report
    refused: list[ItemAnswer]
    # counters that were refused by day: their absence says nothing
    refused_counters: dict[datetime.date, frozenset[str]] = {}
    # where the days stood in the report, once some of them were refused whole
    indexes: tuple[int, ...] | None = None


class _Envelope(msgspec.Struct, frozen=True):
    """A report whose items are not looked into yet."""

    epoch: Epoch
    number: Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]
    sent_at: Moment
    agent_version: Version
    chain: ChainPoint
    days: Annotated[list[msgspec.Raw], Meta(max_length=MOST_DAYS)]
    health: Annotated[list[msgspec.Raw], Meta(max_length=MOST_WARNINGS)] = []
    known: ChainPoint | None = None
    disk: Digest | None = None
    dropped_days: Annotated[int, Meta(ge=0, le=LARGEST_COUNT)] = 0
    set_aside: Annotated[int, Meta(ge=0, le=LARGEST_COUNT)] = 0
    visits: Annotated[list[msgspec.Raw], Meta(max_length=MOST_VISITS)] = []
    incidents: Annotated[list[msgspec.Raw], Meta(max_length=MOST_INCIDENTS)] = []


class _LooseDay(msgspec.Struct, frozen=True):
    day: datetime.date
    counts: Annotated[dict[str, msgspec.Raw], Meta(max_length=MOST_COUNTERS)]


class _UncheckedDay(DayCounts, frozen=True, kw_only=True):
    """A day whose counters have not been held against the form of their names."""

    counts: Annotated[dict[str, Count], Meta(max_length=MOST_COUNTERS)]


class _UncheckedReport(Report, frozen=True, kw_only=True):
    days: Annotated[list[_UncheckedDay], Meta(max_length=MOST_DAYS)]  # type: ignore[assignment]  # only read


Item = TypeVar("Item")
_names = GoodNames()
_report = msgspec.json.Decoder(_UncheckedReport)
_envelope = msgspec.json.Decoder(_Envelope)
_day = msgspec.json.Decoder(DayCounts)
_loose_day = msgspec.json.Decoder(_LooseDay)
_one_count = msgspec.json.Decoder(dict[CounterName, Count])
_health = msgspec.json.Decoder(HealthItem)
_visit = msgspec.json.Decoder(VisitFact)
_incident = msgspec.json.Decoder(IncidentItem)


def read_report(body: bytes) -> ReadReport:
    """Read a report; what is wrong in its lists is refused item by item, and in a day counter by counter.

    Raises msgspec.DecodeError where it is no JSON, or where anything outside its lists is wrong, and RecursionError
    where it is nested too deeply: then nothing of it is taken.
    """
    try:
        report = _report.decode(body)
        if all(_names.are_good(day.counts) for day in report.days):
            return ReadReport(report, [])
    except msgspec.DecodeError:
        pass  # what stands outside the lists is looked at once more; then one by one
    envelope = _envelope.decode(body)
    refused: list[ItemAnswer] = []
    refused_counters: dict[datetime.date, frozenset[str]] = {}
    days, indexes = [], []
    for index, raw in enumerate(envelope.days):
        day, problems, names = _read_day(raw)
        if problems:
            refused.append(ItemAnswer(ItemKind.DAYS, index, day is not None, problems[:MOST_PROBLEMS]))
        if day is not None:
            days.append(day)
            indexes.append(index)
            refused_counters[day.day] = refused_counters.get(day.day, frozenset()) | names
    health = _read_items(ItemKind.HEALTH, envelope.health, _health, refused)
    visits = _read_items(ItemKind.VISITS, envelope.visits, _visit, refused)
    incidents = _read_items(ItemKind.INCIDENTS, envelope.incidents, _incident, refused)
    rest = {name: getattr(envelope, name) for name in envelope.__struct_fields__ if name not in set(ItemKind)}
    return ReadReport(
        Report(**rest, days=days, health=health, visits=visits, incidents=incidents),
        refused,
        refused_counters,
        tuple(indexes),
    )


def _read_items(
    kind: ItemKind, raws: list[msgspec.Raw], decoder: msgspec.json.Decoder[Item], refused: list[ItemAnswer]
) -> list[Item]:
    """Those that are good; the others are added to ``refused``."""
    items = []
    for index, raw in enumerate(raws):
        try:
            items.append(decoder.decode(raw))
        except msgspec.DecodeError as error:
            refused.append(ItemAnswer(kind, index, False, [_problem("", error)]))
    return items


def _read_day(raw: msgspec.Raw) -> tuple[DayCounts | None, list[ItemProblem], frozenset[str]]:
    """The good part of a day, what is wrong with the rest, and the names of the counters that were refused."""
    try:
        return _day.decode(raw), [], frozenset()
    except msgspec.DecodeError:
        pass
    try:
        loose = _loose_day.decode(raw)
    except msgspec.DecodeError as error:
        return None, [_problem("", error)], frozenset()
    counts: dict[str, int] = {}
    problems = []
    names = set()
    for name, value in loose.counts.items():
        try:
            counts |= _one_count.decode(msgspec.json.encode({name: value}))
        except msgspec.DecodeError as error:
            names.add(name)
            problems.append(_problem(name, error))
    return DayCounts(loose.day, counts), problems, frozenset(names)


def _problem(at: str, error: msgspec.DecodeError) -> ItemProblem:
    # msgspec names what was expected and where, and the kind of what came, never the value
    return ItemProblem(ProblemCode.INVALID, at[:LONGEST_NAME], str(error))

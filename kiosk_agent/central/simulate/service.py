"""Simulating: desks are added at once, and their reports go through the same ingest as those of real ones."""

from __future__ import annotations

import datetime
import hashlib
import random
import secrets
from collections.abc import Callable, Iterator, Sequence

from kiosk_agent.central.dashboard.silence import JAPAN, USUAL_HOURS, opening
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.ingest.grouping import MOST_TOGETHER
from kiosk_agent.central.ingest.schemas import Arrived
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.places.repository import store_municipalities
from kiosk_agent.central.places.schemas import NATION
from kiosk_agent.central.policy import repository as policies
from kiosk_agent.central.policy.service import all_in_force, change, resolve
from kiosk_agent.central.simulate import places, repository
from kiosk_agent.central.simulate.counting import Habits
from kiosk_agent.central.simulate.facts import ENTRIES_A_VISIT, facts_of
from kiosk_agent.central.simulate.schemas import Assumptions, Simulated, SimulationError
from kiosk_agent.central.times import to_ms
from kiosk_agent.text import Text
from kiosk_agent.wire import v1
from kiosk_agent.wire.policy import Settings, reports_visits

VERSION = "0.0.0+simulated"
ONE_DAY = datetime.timedelta(days=1)
EVENING = datetime.time(18, 0, tzinfo=JAPAN)
BY = "kiosk-central simulate"
WHY = "Assumed: some desks tell the facts of their visits."


class SimulatedDesk:
    """A desk with its ledger, as far as reports show it."""

    def __init__(self, number: int, code: str, office: str, habits: Habits, assumed: Assumptions) -> None:
        self._chance = random.Random(f"{assumed.seed} desk {number}")  # noqa: S311 - to be repeated, not to be secret
        self.municipality_code, self.office, self.name = code, office, f"{number + 1}番"
        self.token_hash = hash_of(secrets.token_urlsafe(32))  # nobody can report for it
        self._epoch = secrets.token_hex(16)
        self._habits = habits
        self._assumed = assumed
        self._told = random.Random(f"{assumed.seed} facts of desk {number}")  # noqa: S311 - as above
        self.facts_since: datetime.date | None = None
        self._number = self._entries = 0
        silent = self._chance.random() < assumed.silent
        self.silent_days = self._chance.randint(1, assumed.silent_days) if silent else 0
        self._is_amber = self._chance.random() < assumed.amber

    def arrived(self, days: Sequence[datetime.date], at: datetime.datetime) -> Iterator[Arrived]:
        """The report of these days; where its facts do not fit into one, the reports that have the rest of them."""
        told, facts = [], []
        for day in days:
            if opening(day, USUAL_HOURS) is None:
                continue
            counts = dict(self._habits.day(self._chance))
            told.append(v1.DayCounts(day, counts))
            if self.facts_since is not None and day >= self.facts_since:
                facts += facts_of(day, counts, self._entries, self._assumed, self._told)
            self._entries += ENTRIES_A_VISIT * counts.get("visits", 0)
        yield self._report(told, facts[: v1.MOST_VISITS], at)
        for start in range(v1.MOST_VISITS, len(facts), v1.MOST_VISITS):
            yield self._report([], facts[start : start + v1.MOST_VISITS], at)

    def _report(self, days: list[v1.DayCounts], facts: list[v1.VisitFact], at: datetime.datetime) -> Arrived:
        self._number += 1
        digest = hashlib.sha256(f"{self._epoch} {self._entries}".encode()).hexdigest()
        chain = v1.ChainPoint(self._entries, digest)
        health = [v1.HealthItem("ledger_kept_aside", v1.Severity.AMBER, at)] if self._is_amber else []
        report = v1.Report(self._epoch, self._number, at, VERSION, chain, days, health, visits=facts)
        return Arrived(self.token_hash, v1.ReadReport(report, []), at)


def simulate(
    database: Database, assumed: Assumptions, now: datetime.datetime, progress: Callable[[int], None] = lambda _: None
) -> Simulated:
    """Write a nation whose last day is today in Japan. ``progress`` is told how many reports were taken.

    Raises SimulationError where the database holds a desk or a code for one, or the assumptions cannot be.
    """
    _check(assumed)
    today = now.astimezone(JAPAN).date()
    desks = _enrol(database, assumed, now, today - ONE_DAY * (assumed.days - 1))
    facts_since = today - ONE_DAY * (min(assumed.telling_days, assumed.days) - 1)
    telling = _telling(database, desks, assumed, now)
    for desk in telling:
        desk.facts_since = facts_since
    reports = desk_days = visits = facts = 0
    for group in _groups(desks, assumed, now, today):
        take_reports(database, group)
        days = [day for one in group for day in one.read.report.days]
        reports += len(group)
        facts += sum(len(one.read.report.visits) for one in group)
        desk_days += len(days)
        visits += sum(day.counts.get("visits", 0) for day in days)
        progress(len(group))
    return Simulated(
        municipalities=len({desk.municipality_code for desk in desks}),
        desks=len(desks),
        reports=reports,
        desk_days=desk_days,
        visits=visits,
        telling=len(telling),
        facts_since=facts_since,
        facts=facts,
    )


def report_count(assumed: Assumptions) -> int:
    """How many reports there will be at most, where no desk has more visits than fit into one."""
    return assumed.desks * -(-assumed.days // v1.MOST_DAYS)


def _check(assumed: Assumptions) -> None:
    if not 1 <= assumed.municipalities <= min(places.MOST, assumed.desks):
        raise SimulationError(
            Text(
                "{municipalities} municipalities with {desks} desks cannot be.",
                municipalities=assumed.municipalities,
                desks=assumed.desks,
            ),
            Text("At least one desk for each, and at most {most} municipalities.", most=places.MOST),
        )


def _enrol(
    database: Database, assumed: Assumptions, now: datetime.datetime, first: datetime.date
) -> list[SimulatedDesk]:
    with database.writing() as connection:
        repository.keep_others_out(connection)
        if repository.is_in_use(connection):
            raise SimulationError(
                Text("The database holds desks, or codes for some: simulated ones would spoil its figures."),
                Text("Give an empty one: --data DIR or --database URL."),
            )
        if not repository.municipality_codes(connection):
            store_municipalities(connection, places.invented(assumed.municipalities))
        codes = repository.municipality_codes(connection)
        if len(codes) < assumed.municipalities:
            raise SimulationError(
                Text("The database has only {count} municipalities.", count=len(codes)),
                Text("Choose --municipalities {count} or less.", count=len(codes)),
            )
        desks = _desks(codes, assumed)
        rows = [(desk.municipality_code, desk.office, desk.name, desk.token_hash) for desk in desks]
        at = datetime.datetime.combine(first, datetime.time(8, tzinfo=JAPAN))
        repository.add_desks(connection, rows, to_ms(min(at, now)), VERSION)
    return desks


def _telling(
    database: Database, desks: Sequence[SimulatedDesk], assumed: Assumptions, now: datetime.datetime
) -> list[SimulatedDesk]:
    """The desks whose policy wants the facts of visits. Where nobody has set one, a share of them by a trial."""
    percent = int(100 * min(assumed.telling, assumed.most_telling / len(desks)))
    with database.reading() as connection:
        is_set = bool(policies.all_versions(connection))
    if percent and not is_set:
        change(database, NATION, Settings(report_visits=True), BY, WHY, now, percent)
    with database.reading() as connection:
        standing = all_in_force(connection)
        ids = repository.desk_ids(connection)
        placed = {desk.desk_id: desk for desk in policies.desks_beneath(connection, NATION)}
    wanted = [desk for desk in desks if reports_visits(resolve(placed[ids[desk.token_hash]], standing).settings)]
    chance = random.Random(f"{assumed.seed} telling")  # noqa: S311 - to be repeated, not to be secret
    return chance.sample(wanted, min(len(wanted), assumed.most_telling))


def _desks(codes: Sequence[str], assumed: Assumptions) -> list[SimulatedDesk]:
    """Spread over the municipalities as unevenly as people are: a few have many, all have one."""
    chance = random.Random(f"{assumed.seed} nation")  # noqa: S311 - to be repeated, not to be secret
    chosen = sorted(chance.sample(codes, assumed.municipalities))
    weights = [chance.paretovariate(1.2) for _ in chosen]
    habits = {code: Habits(assumed, chance.uniform(1 - assumed.spread, 1 + assumed.spread)) for code in chosen}
    homes = sorted([*chosen, *chance.choices(chosen, weights, k=assumed.desks - len(chosen))])
    desks = []
    placed: dict[str, int] = {}
    for number, code in enumerate(homes):
        office = f"模擬窓口{placed.get(code, 0) // assumed.desks_an_office + 1}"
        placed[code] = placed.get(code, 0) + 1
        desks.append(SimulatedDesk(number, code, office, habits[code], assumed))
    return desks


def _groups(
    desks: Sequence[SimulatedDesk], assumed: Assumptions, now: datetime.datetime, today: datetime.date
) -> Iterator[list[Arrived]]:
    """The reports in the order in which they would come, in groups that share a transaction.

    All of a group count as heard of at one moment, so desks that fell silent have groups of their own.
    """
    silent: dict[int, list[SimulatedDesk]] = {}
    for desk in desks:
        silent.setdefault(desk.silent_days, []).append(desk)
    for silent_days, those in sorted(silent.items(), reverse=True):
        days = [today - ONE_DAY * ago for ago in reversed(range(silent_days, assumed.days))]
        for start in range(0, len(days), v1.MOST_DAYS):
            told = days[start : start + v1.MOST_DAYS]
            at = min(datetime.datetime.combine(told[-1], EVENING), now)
            if told[-1] == today:
                at = now
            for first in range(0, len(those), MOST_TOGETHER):
                yield [one for desk in those[first : first + MOST_TOGETHER] for one in desk.arrived(told, at)]

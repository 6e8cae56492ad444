"""What the dashboard reads: equal to the sum of the desks' ledgers, from the sums, and never beyond the scope."""

from __future__ import annotations

import datetime
import random
from collections import Counter
from collections.abc import Iterable

import msgspec
import pytest
import sqlalchemy as sa

from kiosk_agent.central.dashboard import repository, service
from kiosk_agent.central.dashboard.compliance import Figure, Totals
from kiosk_agent.central.dashboard.schemas import Days, DeskNow, Step
from kiosk_agent.central.dashboard.service import PlaceUnknownError
from kiosk_agent.central.dashboard.silence import State
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.database.tables import HEADLINES
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.wire import v1
from tests.central.nation import NOW, DeskOfTests, enrolled

# NOW is noon of a Monday in Japan
COLUMNS = {name: column for name, column in HEADLINES.items() if column in Totals.__struct_fields__}
DAYS = Days(datetime.date(2026, 3, 31), datetime.date(2026, 4, 2))
ALL_DAYS = ["2026-03-30", "2026-03-31", "2026-04-01", "2026-04-02", "2026-04-03"]
OFFICES = [("011002", "市民課"), ("131016", "市民課"), ("131016", "出張所"), ("131024", "市民課")]
Nation = list[tuple[DeskOfTests, str]]


@pytest.fixture
def nation(database: Database) -> Nation:
    """Two desks in each office, with counts of five days each; the first began a new ledger in between."""
    chance = random.Random(7)
    desks: Nation = []
    for number, (municipality, office) in enumerate(OFFICES * 2):
        desk = enrolled(database, DeskOfTests(municipality), office)
        for day in ALL_DAYS:
            desk.count(day, **{name.replace(".", "__"): chance.randrange(9) for name in COLUMNS})
        take_reports(database, [desk.arrived(desk.report())])
        desks.append((desk, office))
        if number == 0:
            anew = DeskOfTests(municipality, token=desk.token, id=desk.id)
            anew.count("2026-04-01", visits=5)
            take_reports(database, [anew.arrived(anew.report())])
            desks.append((anew, office))
    return desks


def added(desks: Iterable[DeskOfTests], days: Days = DAYS) -> Totals:
    """What the desks' own ledgers say."""
    total = Counter[str]()
    for desk in desks:
        for day, counts in desk.days.items():
            if days.first <= datetime.date.fromisoformat(day) <= days.last:
                total.update({COLUMNS[name]: value for name, value in counts.items()})
    return Totals(**total)


def numbers_of_offices(database: Database) -> dict[tuple[str, str], str]:
    with database.reading() as connection:
        rows = connection.execute(sa.text("SELECT id, municipality_code, name FROM offices"))
        return {(row.municipality_code, row.name): str(row.id) for row in rows}


def places(database: Database, nation: Nation) -> dict[Place, list[DeskOfTests]]:
    """Every place, and its desks' ledgers."""
    offices = numbers_of_offices(database)
    found: dict[Place, list[DeskOfTests]] = {}
    for desk, office in nation:
        code = desk.municipality_code
        for place in (
            NATION,
            Place(Level.PREFECTURE, code[:2]),
            Place(Level.MUNICIPALITY, code),
            Place(Level.OFFICE, offices[code, office]),
            Place(Level.DESK, str(desk.id)),
        ):
            found.setdefault(place, []).append(desk)
    return found


def test_every_place_says_what_its_desks_ledgers_say(database: Database, nation: Nation) -> None:
    for place, desks in places(database, nation).items():
        assert service.totals(database, NATION, place, DAYS) == added(desks), place


def test_children_and_trend_add_up_to_their_place(database: Database, nation: Nation) -> None:
    everywhere = places(database, nation)
    for place, below in everywhere.items():
        for step in Step:
            told = service.trends(database, NATION, place, DAYS, step)
            assert sum((one.totals for one in told), Totals()) == added(below)
        if place.level is not Level.DESK:
            children = service.ranking(database, NATION, place, DAYS, Figure.PROVED)
            assert {one.child.place: one.totals for one in children} == {
                child: added(desks)
                for child, desks in everywhere.items()
                if child.level == list(Level)[list(Level).index(place.level) + 1]
                and {desk.id for desk in desks} <= {desk.id for desk in below}
            }
            assert all(one.child.name or one.child.place.level is Level.DESK for one in children)


def test_the_trend_shows_each_day(database: Database, nation: Nation) -> None:
    told = service.trends(database, NATION, NATION, DAYS, Step.DAY)
    assert [one.totals for one in told] == [
        added((desk for desk, _ in nation), Days(day, day))
        for day in (DAYS.first, DAYS.first + datetime.timedelta(days=1), DAYS.last)
    ]


def test_a_place_is_named_with_those_around_it(database: Database, nation: Nation) -> None:
    office = Place(Level.OFFICE, numbers_of_offices(database)["131016", "出張所"])
    named = service.named(database, NATION, office)
    assert (named.name, named.above) == (
        "出張所",
        (
            (NATION, ""),
            (Place(Level.PREFECTURE, "13"), "東京都"),
            (Place(Level.MUNICIPALITY, "131016"), "千代田区"),
        ),
    )
    assert service.named(database, Place(Level.MUNICIPALITY, "131016"), office).above == named.above[2:]
    assert service.named(database, office, office).above == ()


def test_all_places_above_the_desks_are_read_from_their_sums(database: Database, nation: Nation) -> None:
    above = {place: desks for place, desks in places(database, nation).items() if place.level is not Level.DESK}
    with database.writing() as connection:
        connection.execute(sa.text("DROP TABLE desk_days"))  # whoever reads it fails
    for place, desks in above.items():
        assert service.totals(database, NATION, place, DAYS) == added(desks)
        service.trends(database, NATION, place, DAYS, Step.MONTH)
        if place.level is not Level.OFFICE:
            service.ranking(database, NATION, place, DAYS, Figure.CONFIRMED)


@pytest.mark.parametrize("table", ["office_days", "desk_days"])
def test_however_many_days_there_are_those_asked_for_are_found_by_key(
    database: Database, nation: Nation, table: str
) -> None:
    """Of offices in one municipality, and of desks in one office."""
    seen: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        if table in statement and not statement.startswith("EXPLAIN"):
            seen.append((statement, parameters))

    sa.event.listen(database._engine, "before_cursor_execute", note)
    municipality = Place(Level.MUNICIPALITY, "131016")
    office = Place(Level.OFFICE, numbers_of_offices(database)["131016", "市民課"])
    around, one = (municipality, office) if table == "office_days" else (office, Place(Level.DESK, "1"))
    service.ranking(database, NATION, around, DAYS, Figure.CONFIRMED)
    service.totals(database, NATION, one, DAYS)
    assert len(seen) == 2
    for statement, parameters in seen:
        with database.reading() as connection:
            explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
            if not database.is_sqlite:  # which would read so few rows whole
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            rows = connection.exec_driver_sql(explain + statement, parameters).all()  # type: ignore[arg-type]
        plan = "\n".join(str(row[-1]) for row in rows)
        if database.is_sqlite:
            assert f"SEARCH {table} USING INDEX sqlite_autoindex_{table}_1 (municipality_code=" in plan, plan
        else:
            assert f"Seq Scan on {table}" not in plan, plan
            assert "municipality_code" in plan, plan


def everything(database: Database, scope: Place, place: Place) -> list[object]:
    """All that the dashboard says of a place."""
    told: list[object] = [
        service.named(database, scope, place),
        service.totals(database, scope, place, DAYS),
        service.trends(database, scope, place, DAYS, Step.DAY),
        service.desks(database, scope, place, NOW),
        service.unprotected(database, scope, place, NOW),
        service.guarded(database, scope, place, NOW),
    ]
    if place.level is not Level.DESK:
        told.append(service.ranking(database, scope, place, DAYS, Figure.PROVED))
    return told


def test_nobody_sees_beyond_their_scope(database: Database, nation: Nation) -> None:
    everywhere = places(database, nation)
    functions = ("named", "totals", "trends", "desks", "unprotected", "guarded", "ranking")
    arguments = {"totals": (DAYS,), "trends": (DAYS, Step.DAY), "ranking": (DAYS, Figure.PROVED), "named": ()}
    for scope, seen in everywhere.items():
        if scope.level is Level.DESK:
            continue
        visible = {desk.id for desk in seen}
        for place, desks in everywhere.items():
            inside = {desk.id for desk in desks} <= visible and list(Level).index(place.level) >= list(Level).index(
                scope.level
            )
            if inside:
                assert everything(database, scope, place)[1] == added(desks)
                continue
            for name in functions:
                with pytest.raises(PlaceUnknownError):
                    getattr(service, name)(database, scope, place, *arguments.get(name, (NOW,)))


def test_the_queries_themselves_keep_to_the_scope(database: Database, nation: Nation) -> None:
    everywhere = places(database, nation)
    for scope, seen in everywhere.items():
        if scope.level is Level.DESK:
            continue
        visible = {desk.id for desk in seen}
        with database.reading() as connection:
            for place, desks in everywhere.items():
                if {desk.id for desk in desks} & visible:
                    continue
                assert repository.total_of(connection, scope, place, DAYS) == Totals()
                assert repository.days_of(connection, scope, place, DAYS) == []
                assert list(repository.desks_of(connection, scope, place)) == []
                assert repository.count_desks(connection, scope, place, 1 << 60, [""], []) == (0, 0, 0)
                assert repository.alarms_of(connection, scope, place) == {}
                if place.level is not Level.DESK:
                    assert repository.children_of(connection, scope, place) == []
                    everyone = [child for child, _ in repository.children_of(connection, NATION, place)]
                    assert repository.children_totals(connection, scope, place, DAYS, everyone) == {}
            told = {int(row.id) for row in repository.desks_of(connection, scope, NATION)}
            assert told == visible
            for place in (NATION, Place(Level.PREFECTURE, "13"), Place(Level.MUNICIPALITY, "131016")):
                everyone = [child for child, _ in repository.children_of(connection, NATION, place)]
                known = repository.children_totals(connection, scope, place, DAYS, everyone)
                names = {child for child, _ in repository.children_of(connection, scope, place)}
                for child in {*known, *names}:
                    assert {desk.id for desk in everywhere[child]} <= visible


@pytest.mark.parametrize("key", ["", "1; DROP TABLE desks", "-1", "９", "9" * 40, "%", "13____"])
def test_a_place_that_is_none_is_not_there(database: Database, nation: Nation, key: str) -> None:
    for level in list(Level)[1:]:
        with pytest.raises(PlaceUnknownError):
            service.totals(database, NATION, Place(level, key), DAYS)


def test_places_of_which_nothing_is_known_are_listed_without_a_rank(database: Database, nation: Nation) -> None:
    enrolled(database, DeskOfTests("131024"), "新しい課")
    children = service.ranking(database, NATION, Place(Level.MUNICIPALITY, "131024"), DAYS, Figure.CONFIRMED)
    assert [(one.child.name, one.rank, one.totals) for one in children if one.child.name == "新しい課"] == [
        ("新しい課", None, Totals())
    ]


def by_id(desks: list[DeskNow]) -> dict[str, DeskNow]:
    return {one.place.key: one for one in desks}


def test_a_desk_stands_as_its_newest_report_says(database: Database) -> None:
    desk, other = enrolled(database, DeskOfTests("131016")), enrolled(database, DeskOfTests("131016"))
    items = [v1.HealthItem("card", v1.Severity.AMBER, NOW), v1.HealthItem("cover", v1.Severity.RED, NOW)]
    desk.count("2026-04-01", visits=5)
    take_reports(database, [desk.arrived(desk.report())])
    take_reports(database, [desk.arrived(desk.report(number=1, chain=v1.ChainPoint(1, "7" * 64)))])  # a clone
    take_reports(database, [desk.arrived(desk.report(health=items, agent_version="0.3.0", set_aside=2))])
    told = by_id(service.desks(database, NATION, Place(Level.MUNICIPALITY, "131016"), NOW))
    mine, its = told[str(desk.id)], told[str(other.id)]
    assert (mine.severity, [item.code for item in mine.health]) == (v1.Severity.RED, ["card", "cover"])
    assert (mine.reported_at, mine.agent_version, mine.set_aside, mine.office) == (NOW, "0.3.0", 2, "市民課")
    assert mine.alarms == {"chain_forked": 1, "clone": 1}
    assert (its.severity, its.reported_at, its.alarms, its.silence.state) == (None, None, {}, State.HEARD)


def test_desks_that_are_silent_in_opening_hours_are_unprotected(database: Database) -> None:
    silent, never = enrolled(database, DeskOfTests("131016")), enrolled(database, DeskOfTests("131016"))
    heard = enrolled(database, DeskOfTests("131016"), "出張所")
    later = NOW + datetime.timedelta(hours=1)
    take_reports(database, [silent.arrived(silent.report())])
    take_reports(database, [msgspec.structs.replace(heard.arrived(heard.report()), at=later)])
    place = Place(Level.PREFECTURE, "13")
    told = by_id(service.unprotected(database, NATION, place, later))
    assert set(told) == {str(silent.id), str(never.id)}
    assert told[str(silent.id)].silence == (State.UNPROTECTED, 3600)
    assert service.guarded(database, NATION, place, later) == service.Guarded(3, 2, 3)
    night = NOW + datetime.timedelta(hours=9)
    assert service.unprotected(database, NATION, place, night) == []
    assert service.guarded(database, NATION, place, night) == service.Guarded(3, 0, 0)

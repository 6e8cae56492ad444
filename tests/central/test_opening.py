"""Opening hours of single offices, and single silent desks: who counts as unprotected, and who is told."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.central.alerts import service as alerts
from kiosk_agent.central.alerts.findings import findings
from kiosk_agent.central.alerts.schemas import AlertKind, Finding, Pace, Thresholds
from kiosk_agent.central.dashboard import service as dashboard
from kiosk_agent.central.dashboard.silence import USUAL_HOURS, OpeningHours, Period, State
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.opening import service
from kiosk_agent.central.opening.service import HoursListError, import_hours, read_list, set_hours
from kiosk_agent.central.opening.written import EXAMPLE, HoursError, read_hours, written
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.central.policy import service as policies
from kiosk_agent.central.policy.repository import find_desk
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Role
from kiosk_agent.wire.policy import Settings, SilentDesk
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.people import PASSWORD, add_person, form_of, sign_in
from tests.central.world import World

DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)
SUNDAY = NOW - DAY  # 19 April 2026, noon in Japan
MORNING = Period(datetime.time(9), datetime.time(12))
OFFICE = ("131016", "市民課")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("mon-fri 08:30-17:15", ""),  # the usual ones
        (EXAMPLE, EXAMPLE),
        ("月-金 8:30-17:15、土 9:00-12:00", EXAMPLE),
        ("月～金　８：３０～１７：１５、土 9:00〜12:00、日 休", EXAMPLE),
        (
            "mon/wed/fri 9:00-16:00; hol 10:00-15:00",
            "mon 09:00-16:00; wed 09:00-16:00; fri 09:00-16:00; hol 10:00-15:00",
        ),
        ("月・水 9:00-16:00", "mon 09:00-16:00; wed 09:00-16:00"),
        ("closed", "closed"),
        ("休", "closed"),
        ("月曜日-金曜 8:30-17:15、土曜日 9:00-12:00、日曜日 休み", EXAMPLE),
        ("月-金 8:30-17:15、祝日 10:00-15:00", "mon-fri 08:30-17:15; hol 10:00-15:00"),
    ],
)
def test_hours_are_read_as_people_write_them_and_kept_in_one_form(text: str, kept: str) -> None:
    assert written(read_hours(text)) == kept
    assert read_hours(kept) == read_hours(text)


@pytest.mark.parametrize(
    "text",
    ["mon", "mon 9-17", "mon 17:00-09:00", "mon 09:00-09:00", "fri-mon 09:00-17:00", "mon 24:00-25:00",
     "abc 09:00-17:00",
     "mon 09:00-12:00; mon 13:00-17:00", "hol 09:00-12:00; hol 13:00-17:00", "mon 09:00-17:00 " * 30],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error_that_shows_how_it_is_written(text: str) -> None:
    with pytest.raises(HoursError, match=r"Write for example: mon-fri"):
        read_hours(text)


TIMES = st.integers(0, 24 * 60 - 1).map(lambda minutes: datetime.time(minutes // 60, minutes % 60))
PERIODS = st.tuples(TIMES, TIMES).filter(lambda two: two[0] < two[1]).map(lambda two: Period(*two))


def test_what_cannot_be_read_is_shown_as_it_was_written() -> None:
    with pytest.raises(HoursError) as caught:
        read_hours("月-金 8:30-17:15、毎日 朝から")
    assert "'毎日 朝から' is not days" in str(caught.value)


@given(st.dictionaries(st.integers(0, 6), PERIODS), st.none() | PERIODS)
def test_whatever_the_hours_are_their_text_says_them(week: dict[int, Period], on_holidays: Period | None) -> None:
    hours = OpeningHours(week, on_holidays)
    again = read_hours(written(hours))
    assert (dict(again.week), again.on_holidays) == (week, on_holidays)


def unprotected(database: Database, now: datetime.datetime, place: Place = NATION) -> list[int]:
    listed = [int(one.place.key) for one in dashboard.unprotected(database, NATION, place, now)]
    assert dashboard.guarded(database, NATION, place, now).unprotected == len(listed)
    shown = dashboard.desks(database, NATION, place, now)
    assert [int(one.place.key) for one in shown if one.silence.state is State.UNPROTECTED] == listed
    return listed


def test_silence_counts_in_the_offices_own_hours(database: Database) -> None:
    own, usual = enrolled(database, DeskOfTests("131016")), enrolled(database, DeskOfTests("131024"))
    later, sunday = NOW + HOUR, SUNDAY + 7 * DAY
    assert unprotected(database, later) == [own.id, usual.id]
    assert unprotected(database, sunday) == []
    assert set_hours(database, *OFFICE, "sun 9:00-17:00", NOW, actor="tests") == "sun 09:00-17:00"
    assert unprotected(database, later) == [usual.id]
    assert unprotected(database, sunday) == [own.id]
    guarded = dashboard.guarded(database, NATION, NATION, sunday)
    assert (guarded.desks, guarded.in_hours) == (2, 1)
    assert dashboard.guarded(database, NATION, Place(Level.MUNICIPALITY, "131024"), sunday).in_hours == 0
    set_hours(database, *OFFICE, "closed", NOW, actor="tests")
    assert unprotected(database, later) == [usual.id]
    assert unprotected(database, sunday) == []
    set_hours(database, *OFFICE, "", NOW, actor="tests")
    assert unprotected(database, later) == [own.id, usual.id]


def test_of_many_the_longest_silent_are_named(database: Database) -> None:
    desks = [enrolled(database, DeskOfTests("131016")) for _ in range(3)]
    for minutes, desk in enumerate(desks):
        heard(database, desk, NOW - datetime.timedelta(minutes=minutes))
    later = NOW + HOUR
    assert set(unprotected(database, later)) == {desk.id for desk in desks}
    longest = dashboard.unprotected(database, NATION, NATION, later, most=2)
    assert [int(one.place.key) for one in longest] == [desks[2].id, desks[1].id]


def found(database: Database, now: datetime.datetime) -> list[Finding]:
    with database.reading() as connection:
        return findings(connection, now, Thresholds())


def heard(database: Database, desk: DeskOfTests, now: datetime.datetime) -> None:
    import msgspec

    take_reports(database, [msgspec.structs.replace(desk.arrived(desk.report(sent_at=now)), at=now)])


def test_an_office_is_silent_only_in_its_own_hours(database: Database) -> None:
    enrolled(database, DeskOfTests("131016"))
    set_hours(database, *OFFICE, "sun 9:00-17:00", NOW, actor="tests")
    fresh = [[one.fresh for one in found(database, now)] for now in (NOW + HOUR, SUNDAY + 7 * DAY)]
    assert fresh == [[False], [True]]


def test_a_single_silent_desk_is_told_of_where_the_policy_says_so(database: Database) -> None:
    silent, loud = enrolled(database, DeskOfTests("131016")), enrolled(database, DeskOfTests("131016"))
    elsewhere, beside = enrolled(database, DeskOfTests("131024")), enrolled(database, DeskOfTests("131024"))
    later = NOW + HOUR
    for desk in (loud, beside):
        heard(database, desk, later)
    assert unprotected(database, later) == [silent.id, elsewhere.id]  # listed in any case
    assert found(database, later) == []
    told = Settings(silent_desk=SilentDesk.ALERT)
    policies.change(database, NATION, Settings(silent_desk=SilentDesk.LIST), "tests", "why", NOW)
    assert found(database, later) == []
    policies.change(database, Place(Level.MUNICIPALITY, "131016"), told, "tests", "why", NOW)
    (one,) = found(database, later)
    assert (one.kind, one.municipality_code, one.amount, one.total, one.fresh) == (
        *(AlertKind.DESK_SILENT, "131016", 1, 2, True),
    )
    night = later + 8 * HOUR
    heard(database, loud, night)
    assert [(one.kind, one.fresh) for one in found(database, night) if one.municipality_code == "131016"] == [
        (AlertKind.DESK_SILENT, False)
    ]
    heard(database, silent, night)
    assert [one for one in found(database, night) if one.municipality_code == "131016"] == []


def test_a_desk_that_was_told_of_is_not_over_when_the_others_go_home(database: Database) -> None:
    enrolled(database, DeskOfTests("131016"))
    loud = enrolled(database, DeskOfTests("131016"))
    policies.change(database, NATION, Settings(silent_desk=SilentDesk.ALERT), "tests", "why", NOW)
    later, night = NOW + HOUR, NOW + 9 * HOUR
    heard(database, loud, later)
    for now in (later, night):
        seen = found(database, now)
        with database.writing() as connection:
            alerts.look(connection, seen, now, Pace())
    assert [(one.alert.kind, one.alert.resolved_at_ms) for one in alerts.listed(database, NATION)] == [
        (AlertKind.DESK_SILENT, None)
    ]


def test_what_central_does_reaches_no_desk(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    settings = Settings(silent_desk=SilentDesk.ALERT, idle_limit_s=90)
    policies.change(database, NATION, settings, "tests", "why", NOW)
    with database.reading() as connection:
        at = find_desk(connection, hash_of(desk.token))
        assert at is not None
        assert policies.policy_for(connection, at).settings == Settings(idle_limit_s=90)


def test_a_list_is_taken_whole_or_not_at_all(database: Database, tmp_path: Path) -> None:
    enrolled(database, DeskOfTests("131016"))
    enrolled(database, DeskOfTests("131024"), "日本橋特別出張所")
    path = tmp_path / "hours.csv"
    path.write_text(
        "団体コード,窓口,開庁時間\n131016,市民課,土 9:00-12:00\n131024,日本橋特別出張所,\n", encoding="cp932"
    )
    rows = read_list(path)
    import_hours(database, rows, path, NOW, "tests")
    with database.reading() as connection:
        assert service.repository.own_hours(connection) == ["sat 09:00-12:00"]
        assert list(audit.entries(connection))[-1].detail == "2 offices of a list"
    path.write_text("code,office,hours\n131016,市民課,closed\n131016,ほか,closed\n", encoding="utf-8")
    with pytest.raises(HoursListError, match=r"hours.csv:3: office"):
        import_hours(database, read_list(path), path, NOW, "tests")
    with database.reading() as connection:
        assert service.repository.own_hours(connection) == ["sat 09:00-12:00"]
    for text, where in [
        ("code,office\n", "head"),
        ("code,office,hours\n", "file"),
        ("code,office,hours\n1,x,9-5\n", ":2:"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(HoursListError, match=where):
            read_list(path)


async def test_the_hours_are_set_on_the_page_within_ones_own_scope(world: World) -> None:
    enrolled(world.database, DeskOfTests("131016"))
    enrolled(world.database, DeskOfTests("131024"), "日本橋特別出張所")
    add_person(world.database, "manager", Role.MANAGER, "municipality:131016")
    add_person(world.database, "viewer", Role.VIEWER, "municipality:131016")
    await sign_in(world.client, "manager", PASSWORD)
    asked = {"csrf": await form_of(world.client, "/hours?office=1"), "office": "1", "do": "set"}
    days = {"begin_5": "09:00", "end_5": "12:00", "begin_7": "10:00", "end_7": "11:30"}
    done = await world.client.post("/hours", data={**asked, **days})
    assert (done.status_code, done.headers["location"]) == (303, "/hours?office=1")
    text = (await world.client.get("/hours?office=1")).text
    assert "土 09:00-12:00、祝日 10:00-11:30" in text
    assert "日本橋" not in text
    assert "土 09:00-12:00" in (await world.client.get("/places/office/1")).text
    with world.database.reading() as connection:
        told = list(audit.entries(connection))[-1]
    assert (told.actor, told.action, told.detail) == (
        *("manager", "hours_set", "131016/市民課: sat 09:00-12:00; hol 10:00-11:30"),
    )
    for wrong, status in (
        ({"end_5": ""}, 400),
        ({"begin_5": "13:00"}, 400),
        ({"begin_5": "25:00"}, 400),
        ({"do": "x"}, 400),
        ({"office": "2"}, 404),
        ({"office": "x"}, 404),
        ({"csrf": "0" * 64}, 403),
    ):
        refused = await world.client.post("/hours", data={**asked, **days, **wrong})
        assert refused.status_code == status, wrong
    with world.database.reading() as connection:
        assert service.repository.own_hours(connection) == ["sat 09:00-12:00; hol 10:00-11:30"]
    assert (await world.client.post("/hours", data={**asked, "do": "usual"})).status_code == 303
    assert read_hours("") == USUAL_HOURS
    world.client.cookies.clear()
    await sign_in(world.client, "viewer", PASSWORD)
    csrf = await form_of(world.client)
    assert (await world.client.post("/hours", data={**asked, "csrf": csrf})).status_code == 403


def test_a_quotation_mark_that_is_left_open_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "hours.csv"
    path.write_text('code,office,hours\n131016,市民課,"mon-fri 09:00-17:00\n131016,税務課,closed\n', encoding="utf-8")
    with pytest.raises(HoursListError, match=r"hours.csv:2: "):
        read_list(path)

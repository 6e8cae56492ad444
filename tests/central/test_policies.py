"""Policies: inherited, on trial, previewed, rolled back; who changed what and why."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy import repository, service
from kiosk_agent.central.policy.schemas import Preview
from kiosk_agent.errors import CentralError
from kiosk_agent.wire.policy import PolicyAnswer, Settings, read_settings
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.support.postgresql import PostgreSQL

NATION = Place(Level.NATION)
TOKYO = Place(Level.PREFECTURE, "13")
CHIYODA = Place(Level.MUNICIPALITY, "131016")
WHO, WHY = "管理者", "テスト"


def settings(**values: Any) -> Settings:
    return read_settings(values)


def put(database: Database, place: Place, share: int = 100, **values: Any) -> tuple[int, Preview]:
    return service.change(database, place, settings(**values), WHO, WHY, NOW, share)


def answer_to(database: Database, desk: DeskOfTests) -> PolicyAnswer:
    """What the desk is told."""
    with database.reading() as connection:
        found = repository.find_desk(connection, hash_of(desk.token))
        assert found is not None
        return service.policy_for(connection, found)


def holds(database: Database, desk: DeskOfTests) -> Settings:
    """What it is to keep to."""
    return answer_to(database, desk).settings


def office_of(database: Database, desk: DeskOfTests) -> Place:
    with database.reading() as connection:
        number = connection.execute(sa.text("SELECT office_id FROM desks WHERE id = :id"), {"id": desk.id}).scalar_one()
    return Place(Level.OFFICE, str(number))


@pytest.fixture
def desks(database: Database) -> dict[str, DeskOfTests]:
    return {
        "a": enrolled(database, DeskOfTests("131016")),
        "b": enrolled(database, DeskOfTests("131016"), office="福祉課"),
        "chuo": enrolled(database, DeskOfTests("131024")),
        "sapporo": enrolled(database, DeskOfTests("011002")),
    }


def test_a_desk_gets_what_stands_above_it_the_narrower_before_the_wider(
    database: Database, desks: dict[str, DeskOfTests]
) -> None:
    put(database, NATION, idle_limit_s=100, gap_s=50, preset="strict")
    put(database, TOKYO, idle_limit_s=90)
    put(database, CHIYODA, idle_limit_s=80, mark="initials")
    put(database, office_of(database, desks["a"]), idle_limit_s=70)
    put(database, Place(Level.DESK, str(desks["a"].id)), gap_s=20)
    common = {"preset": "strict"}
    assert holds(database, desks["a"]) == settings(**common, idle_limit_s=70, gap_s=20, mark="initials")
    assert holds(database, desks["b"]) == settings(**common, idle_limit_s=80, gap_s=50, mark="initials")
    assert holds(database, desks["chuo"]) == settings(**common, idle_limit_s=90, gap_s=50)
    assert holds(database, desks["sapporo"]) == settings(**common, idle_limit_s=100, gap_s=50)


def test_a_change_says_which_desks_it_changes_before_and_after(
    database: Database, desks: dict[str, DeskOfTests]
) -> None:
    put(database, CHIYODA, idle_limit_s=80)
    told = service.preview(database, NATION, settings(idle_limit_s=80, gap_s=60))
    assert told == Preview(tuple(sorted(one.id for one in desks.values())), 4)
    sapporo = service.preview(database, Place(Level.PREFECTURE, "01"), settings(gap_s=60))
    assert sapporo == Preview((desks["sapporo"].id,), 1)  # other codes have these digits elsewhere
    only_idle = service.preview(database, NATION, settings(idle_limit_s=80))
    assert only_idle == Preview(tuple(sorted((desks["chuo"].id, desks["sapporo"].id))), 4)
    assert holds(database, desks["chuo"]) == Settings()
    _, done = put(database, NATION, idle_limit_s=80)
    assert done == only_idle
    assert holds(database, desks["chuo"]) == settings(idle_limit_s=80)


def test_a_trial_reaches_a_share_grows_without_losing_a_desk_and_is_taken_back_whole(database: Database) -> None:
    every = [enrolled(database, DeskOfTests("131016")) for _ in range(30)]
    put(database, CHIYODA, idle_limit_s=100)
    new = settings(idle_limit_s=50)

    def have_it() -> set[int]:
        return {desk.id for desk in every if holds(database, desk) == new}

    number, done = put(database, CHIYODA, share=20, idle_limit_s=50)
    first = have_it()
    assert 0 < len(first) < 20
    assert done == Preview(tuple(sorted(first)), 30)
    assert {one.idle_limit_s for one in (holds(database, desk) for desk in every)} == {50, 100}
    second = first
    for share in (40, 60):
        _, wider = service.widen(database, CHIYODA, share, WHO, WHY, NOW)
        assert second < have_it() < {desk.id for desk in every}
        assert wider == Preview(tuple(sorted(have_it() - second)), 30)
        second = have_it()
        newest = service.history(database, CHIYODA)[0]
        assert second == {desk.id for desk in every if service.belongs(desk.id, newest)}  # and no more than the share
    with pytest.raises(CentralError, match="60 %"):
        service.widen(database, CHIYODA, 60, WHO, WHY, NOW)
    _, back = service.roll_back(database, CHIYODA, WHO, WHY, NOW)
    assert back == Preview(tuple(sorted(second)), 30)
    assert have_it() == set()
    assert [one.share for one in service.history(database, CHIYODA)] == [100, 60, 40, 20, 100]
    assert [one.trial for one in service.history(database, CHIYODA)] == [None, number, number, None, None]
    with pytest.raises(CentralError, match="on trial"):
        service.widen(database, CHIYODA, 100, WHO, WHY, NOW)


def test_rolled_back_again_and_again_it_goes_to_what_was_there_before(
    database: Database, desks: dict[str, DeskOfTests]
) -> None:
    for idle in (100, 90, 80):
        put(database, CHIYODA, idle_limit_s=idle)
    put(database, CHIYODA, share=50, idle_limit_s=75)
    put(database, CHIYODA, idle_limit_s=70)  # takes the trial's place
    (trial,) = [one for one in service.history(database, CHIYODA) if one.share == 50]
    on_trial = 75 if service.belongs(desks["a"].id, trial) else 80
    seen = []
    for _ in range(5):
        service.roll_back(database, CHIYODA, WHO, WHY, NOW)
        seen.append(holds(database, desks["a"]))
    assert seen == [*(settings(idle_limit_s=idle) for idle in (on_trial, 80, 90, 100)), Settings()]
    with pytest.raises(CentralError, match="Nothing is set there"):
        service.roll_back(database, CHIYODA, WHO, WHY, NOW)
    put(database, CHIYODA, idle_limit_s=60)
    service.roll_back(database, CHIYODA, WHO, WHY, NOW)
    assert holds(database, desks["a"]) == Settings()


def test_what_was_on_trial_before_a_change_is_on_trial_again_after_it(database: Database) -> None:
    """At the same desks, whether the change was another trial or for all; and it can be widened from there."""
    every = [enrolled(database, DeskOfTests("131016")) for _ in range(30)]

    def at_each() -> list[object]:
        return [holds(database, desk).idle_limit_s for desk in every]

    first, _ = put(database, CHIYODA, idle_limit_s=100)
    put(database, CHIYODA, share=20, idle_limit_s=90)
    service.widen(database, CHIYODA, 40, WHO, WHY, NOW)
    trial = at_each()
    assert set(trial) == {90, 100}
    for share in (30, 100):
        put(database, CHIYODA, share=share, idle_limit_s=80)
        changed = [desk.id for desk, before, after in zip(every, trial, at_each(), strict=True) if before != after]
        number, back = service.roll_back(database, CHIYODA, WHO, WHY, NOW)
        assert (at_each(), back) == (trial, Preview(tuple(changed), 30))
        assert service.history(database, CHIYODA)[0].share == 40
        assert {answer_to(database, desk).revision for desk in every} == {first, number}
    service.widen(database, CHIYODA, 70, WHO, WHY, NOW)
    wider = at_each()
    assert [before for before, after in zip(trial, wider, strict=True) if before != after] == [100] * (
        wider.count(90) - trial.count(90)
    )
    assert 100 in wider
    for expected in ([100] * 30, [msgspec.UNSET] * 30):
        service.roll_back(database, CHIYODA, WHO, WHY, NOW)
        assert at_each() == expected
    with pytest.raises(CentralError, match="Nothing is set there"):
        service.roll_back(database, CHIYODA, WHO, WHY, NOW)


def test_what_was_taken_back_before_trials_were_kept_stays_taken_back(database: Database) -> None:
    """Then the version that went back was for all desks, and a trial beneath it was gone."""
    desk = enrolled(database, DeskOfTests("131016"))
    first, _ = put(database, CHIYODA, idle_limit_s=100)
    put(database, CHIYODA, share=99, idle_limit_s=90)
    put(database, CHIYODA, idle_limit_s=80)
    values = {"trial": None, "restores": first, "made_at_ms": 0, "made_by": WHO, "reason": WHY}
    with database.writing() as connection:
        repository.add_version(connection, CHIYODA, settings(idle_limit_s=100), share=100, **values)
    assert holds(database, desk) == settings(idle_limit_s=100)
    service.roll_back(database, CHIYODA, WHO, WHY, NOW)
    assert holds(database, desk) == Settings()


def test_every_version_says_who_when_and_why(database: Database, desks: dict[str, DeskOfTests]) -> None:
    service.change(database, CHIYODA, settings(gap_s=30), "一人目", "静かな窓口", NOW)
    number, _ = service.change(database, CHIYODA, settings(gap_s=40), "二人目", "苦情", NOW)
    service.roll_back(database, CHIYODA, "三人目", "早すぎた", NOW)
    told = [(one.made_by, one.reason, one.settings.gap_s) for one in service.history(database, CHIYODA)]
    assert told == [("三人目", "早すぎた", 30), ("二人目", "苦情", 40), ("一人目", "静かな窓口", 30)]
    assert service.history(database, CHIYODA)[0].restores == number - 1
    for by, reason in (("", WHY), (WHO, "  "), (WHO, "x" * 201)):
        with pytest.raises(CentralError, match=r"who|why"):
            service.change(database, CHIYODA, settings(gap_s=50), by, reason, NOW)


def test_what_cannot_hold_together_with_other_levels_is_refused_and_changes_nothing(
    database: Database, desks: dict[str, DeskOfTests]
) -> None:
    put(database, NATION, max_visit_s=600)
    before = holds(database, desks["a"])
    with pytest.raises(CentralError, match=rf"at desk {desks['a'].id}: max_visit_s"):
        put(database, CHIYODA, idle_limit_s=590, warning_s=30)
    put(database, CHIYODA, idle_limit_s=500)
    with pytest.raises(CentralError, match="max_visit_s"):
        put(database, NATION, max_visit_s=400)
    assert holds(database, desks["sapporo"]) == before
    assert len(service.history(database, NATION)) == 1


def test_going_back_to_what_cannot_hold_any_more_is_refused(database: Database, desks: dict[str, DeskOfTests]) -> None:
    put(database, NATION, max_visit_s=600)
    put(database, NATION, max_visit_s=3600)
    put(database, CHIYODA, idle_limit_s=700)
    with pytest.raises(CentralError, match="max_visit_s"):
        service.roll_back(database, NATION, WHO, WHY, NOW)
    assert holds(database, desks["sapporo"]) == settings(max_visit_s=3600)


def test_a_trial_that_cannot_hold_at_more_desks_is_not_widened(database: Database) -> None:
    every = [enrolled(database, DeskOfTests("131016")) for _ in range(20)]
    trial, _ = put(database, NATION, share=50, max_visit_s=400)
    (version,) = service.history(database, NATION)
    without = next(desk for desk in every if not service.belongs(desk.id, version))
    place = Place(Level.DESK, str(without.id))
    put(database, place, idle_limit_s=500)
    with pytest.raises(CentralError, match=rf"at desk {without.id}: max_visit_s"):
        service.widen(database, NATION, 100, WHO, WHY, NOW)
    assert [one.id for one in service.history(database, NATION)] == [trial]


@pytest.mark.parametrize("share", [0, -1, 101])
def test_a_share_is_a_percentage(database: Database, desks: dict[str, DeskOfTests], share: int) -> None:
    with pytest.raises(CentralError, match="1 to 100"):
        put(database, NATION, share=share, gap_s=30)


@pytest.mark.parametrize(
    "place",
    [
        Place(Level.NATION, "1"),
        Place(Level.PREFECTURE, "47"),
        Place(Level.MUNICIPALITY, "999999"),
        Place(Level.OFFICE, "999"),
        Place(Level.DESK, "1 OR 1=1"),
        Place(Level.DESK, "9" * 30),
    ],
)
def test_a_place_that_is_not_there_is_told(database: Database, desks: dict[str, DeskOfTests], place: Place) -> None:
    for act in (
        lambda: put(database, place, gap_s=30),
        lambda: service.roll_back(database, place, WHO, WHY, NOW),
        lambda: service.history(database, place),
    ):
        with pytest.raises(CentralError, match="There is no"):
            act()


def test_changes_at_the_same_moment_follow_one_another(database: Database, desks: dict[str, DeskOfTests]) -> None:
    put(database, CHIYODA, share=1, idle_limit_s=50)
    failures: list[BaseException] = []
    barrier = threading.Barrier(8)

    def work(share: int) -> None:
        barrier.wait()
        try:
            service.widen(database, CHIYODA, share, WHO, WHY, NOW)
        except CentralError as error:
            failures.append(error)  # another one has gone further already

    threads = [threading.Thread(target=work, args=(share,)) for share in range(10, 90, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shares = [one.share for one in reversed(service.history(database, CHIYODA))]
    assert shares == sorted(shares)
    assert shares[-1] == 80
    assert len(shares) + len(failures) == 9


def test_a_change_waits_for_the_one_before(postgresql: PostgreSQL) -> None:
    """SQLite lets one transaction write at a time anyway."""
    database = Database(read_url(postgresql.new_database()))
    migrate(database)
    put(database, NATION, share=10, idle_limit_s=50)
    told: list[str] = []

    def work() -> None:
        try:
            service.widen(database, NATION, 40, WHO, WHY, NOW)
        except CentralError as error:
            told.append(str(error))

    def waits() -> bool:
        with database.reading() as connection:
            return bool(connection.execute(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())

    thread = threading.Thread(target=work)
    with database.writing() as connection:
        repository.lock_policies(connection, is_sqlite=False)
        thread.start()
        while thread.is_alive() and not waits():
            pass
        values = {"trial": 1, "restores": None, "made_at_ms": 0, "made_by": WHO, "reason": WHY}
        repository.add_version(connection, NATION, settings(idle_limit_s=50), share=50, **values)
    thread.join()
    assert told == ["50 % of the desks have it already. To take it back: roll back."]
    database.close()

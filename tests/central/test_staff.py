"""Accounts, sessions, lockout and scopes, on both databases."""

from __future__ import annotations

import datetime
import threading

import pyotp
import pytest
import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.tables import municipalities, offices, prefecture_days
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff import lockout, service, sessions
from kiosk_agent.central.staff.lockout import FIRST_LOCK_MS, FREE_OF_ADDRESS, FREE_OF_NAME, LONGEST_LOCK_MS, lock_of
from kiosk_agent.central.staff.schemas import Locked, Role
from kiosk_agent.central.staff.scoping import within
from kiosk_agent.errors import CentralError
from tests.central.nation import NOW
from tests.central.people import PASSWORD, add_person, add_places, enter

SECOND = datetime.timedelta(seconds=1)


def after(**delta: float) -> datetime.datetime:
    return NOW + datetime.timedelta(**delta)


def token_of(database: Database, name: str = "one", **more: object) -> str:
    done = enter(database, name, **more)  # type: ignore[arg-type]
    assert isinstance(done, str), done
    return done


def texts(database: Database) -> str:
    """Everything that stands in the tables of staff."""
    with database.reading() as connection:
        return "".join(
            str(connection.execute(sa.text(f"SELECT * FROM {name}")).all())  # noqa: S608 - names of ours
            for name in ("staff", "staff_sessions", "staff_attempts", "staff_audit")
        )


def test_who_signs_in_is_known_by_the_cookie_alone(database: Database) -> None:
    add_places(database)
    add_person(database, "One", Role.MANAGER, "office:131016/市民課")
    token = token_of(database, " ｏｎｅ ")
    found = sessions.find(database, token, NOW)
    assert found is not None
    assert (found.name, found.role, found.scope.level) == ("one", Role.MANAGER, Level.OFFICE)
    assert sessions.find(database, token + "x", NOW) is None
    assert len(token) == 43  # 256 bits


def test_neither_password_nor_cookie_nor_a_mistyped_name_stands_in_the_database(database: Database) -> None:
    add_person(database)
    token = token_of(database)
    assert enter(database, "my secret typed as a name") is None
    kept = texts(database)
    assert "argon2id" in kept
    assert [secret for secret in (PASSWORD, token, "my secret") if secret in kept] == []


@pytest.mark.parametrize(("name", "password"), [("one", "wrong"), ("nobody", PASSWORD), ("one", ""), ("", "")])
def test_what_is_wrong_opens_nothing(database: Database, name: str, password: str) -> None:
    add_person(database)
    assert enter(database, name, password) is None


def test_unknown_accounts_cost_the_same_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from kiosk_agent.central.staff import passwords

    add_person(database)
    add_person(database, "gone")
    service.disable(database, "gone", NOW, "tests")
    enter(database, "nobody")  # the hash that nobody has is made once
    verified: list[str] = []

    class Noting:
        def verify(self, kept: str, password: str) -> bool:
            verified.append(kept.rsplit("$", 2)[0])
            return real.verify(kept, password)

    real = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Noting())
    assert [enter(database, name, "wrong") for name in ("one", "nobody", "gone")] == [None] * 3
    assert enter(database, "gone") is None
    assert len(verified) == 4
    assert len(set(verified)) == 1  # the same parameters


@pytest.mark.parametrize("password", ["x" * 14, "x" * 201, ""])
def test_a_password_that_is_too_short_or_long_is_refused(database: Database, password: str) -> None:
    with pytest.raises(CentralError, match="15 to 200"):
        service.add(database, "one", Role.VIEWER, "nation", password, NOW, "tests")


def test_a_password_that_is_the_name_is_refused(database: Database) -> None:
    with pytest.raises(CentralError, match="is the name"):
        service.add(database, "a-very-long-name", Role.VIEWER, "nation", "A-very-long-name", NOW, "tests")


def test_a_name_is_there_once(database: Database) -> None:
    add_person(database)
    with pytest.raises(CentralError, match="already"):
        add_person(database, "ONE")


@pytest.mark.parametrize(
    "scope", ["", "nation:1", "prefecture:99", "prefecture:1", "municipality:131025", "office:131016/x", "office:1"]
)
def test_a_scope_that_is_not_there_is_refused(database: Database, scope: str) -> None:
    add_places(database)
    with pytest.raises(CentralError, match="municipality:131016"):
        add_person(database, scope=scope)


# sessions


def test_a_session_ends_when_it_is_idle(database: Database) -> None:
    add_person(database)
    token = token_of(database)
    assert sessions.find(database, token, after(minutes=14)) is not None
    assert sessions.find(database, token, after(minutes=28)) is not None
    assert sessions.find(database, token, after(minutes=43)) is None
    assert sessions.find(database, token, after(minutes=29)) is None  # dead for good: its row is gone


def test_a_session_ends_after_a_working_day_however_busy(database: Database) -> None:
    add_person(database)
    token = token_of(database)
    for minutes in range(10, 600, 10):
        assert sessions.find(database, token, after(minutes=minutes)) is not None
    assert sessions.find(database, token, after(hours=10)) is None


def test_a_clock_that_goes_back_ends_it(database: Database) -> None:
    add_person(database)
    token = token_of(database)
    assert sessions.find(database, token, after(minutes=-6)) is None


def test_logging_out_deletes_the_row(database: Database) -> None:
    add_person(database)
    token, other = token_of(database), token_of(database)
    found = sessions.find(database, token, NOW)
    assert found is not None
    sessions.end(database, token, found, NOW, "192.0.2.1")
    assert (sessions.find(database, token, NOW), sessions.find(database, other, NOW)) == (None, found)
    assert sessions.hash_of(token) not in texts(database)


@pytest.mark.parametrize("what", ["role", "scope", "disable", "password", "code"])
def test_what_changes_an_account_ends_all_its_sessions(database: Database, what: str) -> None:
    add_places(database)
    for name in ("one", "two"):
        add_person(database, name)
    token, second, others = token_of(database), token_of(database), token_of(database, "two")
    found = sessions.find(database, token, NOW)
    assert found is not None
    match what:
        case "role":
            service.change(database, "one", NOW, "tests", role=Role.MANAGER, scope=None)
        case "scope":
            service.change(database, "one", NOW, "tests", role=None, scope="prefecture:13")
        case "disable":
            service.disable(database, "one", NOW, "tests")
        case "password":
            assert service.change_password(database, found, PASSWORD, PASSWORD + "!", NOW, "192.0.2.1") is True
        case "code":
            assert service.set_code(database, "one", NOW, "tests")
    assert [sessions.find(database, one, NOW) for one in (token, second)] == [None, None]
    assert sessions.find(database, others, NOW) is not None


def test_a_disabled_account_opens_nothing(database: Database) -> None:
    add_person(database)
    service.disable(database, "one", NOW, "tests")
    assert enter(database) is None


def test_a_new_password_needs_the_old_one_and_replaces_it(database: Database) -> None:
    add_person(database)
    found = sessions.find(database, token_of(database), NOW)
    assert found is not None
    assert service.change_password(database, found, "wrong", PASSWORD + "!", NOW, "192.0.2.1") is False
    assert isinstance(enter(database), str)
    assert service.change_password(database, found, PASSWORD, PASSWORD + "!", NOW, "192.0.2.1") is True
    assert enter(database) is None
    assert isinstance(enter(database, password=PASSWORD + "!"), str)


def test_a_password_that_changes_while_it_is_looked_at_opens_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk_agent.central.staff import passwords

    add_person(database)
    real = passwords.is_password

    def slow(kept: str | None, password: str) -> bool:
        with database.writing() as connection:
            connection.execute(sa.text("UPDATE staff SET password_hash = 'another'"))
        return real(kept, password)

    monkeypatch.setattr(passwords, "is_password", slow)
    assert enter(database) is None


# one-time codes


def test_a_code_is_asked_for_and_good_once(database: Database) -> None:
    add_person(database)
    secret = service.set_code(database, "one", NOW, "tests")
    assert secret is not None
    code = pyotp.TOTP(secret).at(NOW)
    assert enter(database) is None
    assert enter(database, code="000000" if code != "000000" else "111111") is None
    assert isinstance(enter(database, code=f"{code[:3]} {code[3:]}"), str)
    assert enter(database, code=code) is None  # the same again
    assert enter(database, code=code, now=NOW + 20 * SECOND) is None
    before = pyotp.TOTP(secret).at(NOW - 30 * SECOND)
    assert enter(database, code=before) is None  # an older one, after a newer
    later = NOW + 30 * SECOND
    assert isinstance(enter(database, code=pyotp.TOTP(secret).at(later), now=later), str)


def test_a_code_of_long_ago_opens_nothing(database: Database) -> None:
    add_person(database)
    secret = service.set_code(database, "one", NOW, "tests")
    assert secret is not None
    assert enter(database, code=pyotp.TOTP(secret).at(NOW - 60 * SECOND)) is None
    assert isinstance(enter(database, code=pyotp.TOTP(secret).at(NOW - 30 * SECOND)), str)


def test_a_code_can_be_taken_away_again(database: Database) -> None:
    add_person(database)
    service.set_code(database, "one", NOW, "tests")
    assert service.set_code(database, "one", NOW, "tests", remove=True) is None
    assert isinstance(enter(database), str)


# lockout


def test_too_many_failures_lock_the_name_also_for_the_right_password(database: Database) -> None:
    add_person(database)
    assert [enter(database, password="wrong") for _ in range(FREE_OF_NAME)] == [None] * FREE_OF_NAME
    assert enter(database) == Locked(FIRST_LOCK_MS // 1000)
    assert enter(database, address="198.51.100.7") == Locked(FIRST_LOCK_MS // 1000)
    assert enter(database, now=after(seconds=29.5)) == Locked(1)
    assert isinstance(enter(database, now=after(seconds=30)), str)
    assert enter(database, password="wrong", now=after(seconds=31)) is None  # counted anew
    assert isinstance(enter(database, now=after(seconds=32)), str)


def test_names_that_nobody_has_lock_in_the_same_way(database: Database) -> None:
    add_person(database)
    told = {
        name: [enter(database, name, "wrong", address=name) for _ in range(FREE_OF_NAME + 2)]
        for name in ("one", "nobody")
    }
    assert told["one"] == told["nobody"]


def test_locks_grow_to_a_quarter_of_an_hour() -> None:
    assert [lock_of(beyond) for beyond in (-1, 0, 1, 2)] == [0, 30_000, 60_000, 120_000]
    assert lock_of(5) == lock_of(10_000) == LONGEST_LOCK_MS


def test_too_many_failures_from_one_address_lock_it_whatever_the_names(database: Database) -> None:
    add_person(database)
    with database.writing() as connection:
        for number in range(FREE_OF_ADDRESS):
            assert not isinstance(lockout.begin(connection, f"name {number}", "192.0.2.1", NOW), Locked)
    assert enter(database) == Locked(30)
    assert isinstance(enter(database, address="198.51.100.7"), str)


def test_an_account_of_ones_own_does_not_open_an_address_for_guesses(database: Database) -> None:
    add_person(database)
    for number in range(FREE_OF_ADDRESS - 1):
        with database.writing() as connection:
            lockout.begin(connection, f"name {number}", "192.0.2.1", NOW)
    assert isinstance(enter(database), str)
    with database.writing() as connection:
        lockout.begin(connection, "another", "192.0.2.1", NOW)
    assert enter(database) == Locked(30)


def test_attempts_that_run_at_once_cannot_slip_through(database: Database) -> None:
    add_person(database)
    database_url = database.url.render_as_string(hide_password=False)
    others = [Database(read_url(database_url)) for _ in range(8)]
    told: list[object] = []
    barrier = threading.Barrier(len(others))

    def guess(other: Database) -> None:
        barrier.wait()
        told.append(enter(other, password="wrong"))

    threads = [threading.Thread(target=guess, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert (told.count(None), len(told)) == (FREE_OF_NAME, len(others))


def test_failures_are_forgotten_after_a_day(database: Database) -> None:
    add_person(database)
    for _ in range(FREE_OF_NAME - 1):
        enter(database, password="wrong")
    assert enter(database, password="wrong", now=after(hours=25)) is None
    assert isinstance(enter(database, now=after(hours=25)), str)


# scopes


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Place(Level.NATION), {"011002", "131016", "131024"}),
        (Place(Level.PREFECTURE, "13"), {"131016", "131024"}),
        (Place(Level.PREFECTURE, "01"), {"011002"}),
        (Place(Level.MUNICIPALITY, "131024"), {"131024"}),
        (Place(Level.OFFICE, "1"), set()),
    ],
)
@pytest.mark.parametrize("by", ["municipality", "prefecture and municipality"])
def test_a_scope_narrows_the_query(database: Database, scope: Place, seen: set[str], by: str) -> None:
    add_places(database)
    prefecture = municipalities.c.prefecture_code if by.startswith("prefecture") else None
    condition = within(scope, prefecture=prefecture, municipality=municipalities.c.code)
    with database.reading() as connection:
        assert set(connection.execute(sa.select(municipalities.c.code).where(condition)).scalars()) == seen


def test_an_offices_people_see_their_office_alone(database: Database) -> None:
    from kiosk_agent.central.places.repository import begin_office

    add_places(database)
    with database.writing() as connection:
        begin_office(connection, "131016", "支所")
        rows = connection.execute(sa.select(offices)).all()
        for row in rows:
            scope = Place(Level.OFFICE, str(row.id))
            condition = within(scope, municipality=offices.c.municipality_code, office=offices.c.id)
            assert [one.name for one in connection.execute(sa.select(offices).where(condition))] == [row.name]


@pytest.mark.parametrize("kind", [Level.MUNICIPALITY, Level.OFFICE])
def test_what_cannot_be_narrowed_down_is_not_seen(kind: Level) -> None:
    condition = within(Place(kind, "13"), prefecture=prefecture_days.c.prefecture_code)
    assert condition.compare(sa.false())

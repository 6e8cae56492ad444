"""Administrators change each other's accounts: within their own scope, and never so that none is left."""

from __future__ import annotations

import pyotp
import pytest

from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff import audit, repository, service, sessions
from kiosk_agent.central.staff.schemas import Entry, Role
from kiosk_agent.errors import CentralError
from tests.central.nation import NOW
from tests.central.people import PASSWORD, add_person, add_places, enter, form_of, sign_in
from tests.central.world import World

NEW = "another five words in a row"


@pytest.fixture
async def staffed(world: World) -> World:
    """An administrator of Chiyoda is signed in."""
    database = world.database
    add_places(database)
    add_person(database, "nation", Role.ADMINISTRATOR, "nation")
    add_person(database, "boss", Role.ADMINISTRATOR, "municipality:131016")
    add_person(database, "worker", Role.VIEWER, "municipality:131016")
    add_person(database, "desk", Role.MANAGER, "office:131016/市民課")
    add_person(database, "elsewhere", Role.VIEWER, "municipality:131024")
    assert (await sign_in(world.client, "boss", PASSWORD)).status_code == 303
    return world


def account(world: World, name: str) -> tuple[Role, Place, bool]:
    with world.database.reading() as connection:
        row = repository.find(connection, name)
    assert row is not None
    one = sessions.staff_of(row)
    return one.role, one.scope, row["disabled_at_ms"] is None


def newest(world: World) -> Entry:
    with world.database.reading() as connection:
        return list(audit.entries(connection))[-1]


async def send(world: World, what: str, **fields: str) -> tuple[int, str]:
    csrf = await form_of(world.client, "/staff")
    answer = await world.client.post(f"/staff/{what}", data={"csrf": csrf, **fields})
    return answer.status_code, answer.text


async def test_role_and_scope_are_changed_and_the_account_is_out_at_once(staffed: World) -> None:
    token = enter(staffed.database, "worker")
    assert isinstance(token, str)
    assert sessions.find(staffed.database, token, NOW) is not None
    assert (await send(staffed, "change", name="worker", role="MANAGER", level=""))[0] == 303
    assert account(staffed, "worker") == (Role.MANAGER, Place(Level.MUNICIPALITY, "131016"), True)
    assert sessions.find(staffed.database, token, NOW) is None
    told = newest(staffed)
    assert (told.actor, told.action, told.subject, told.detail) == (
        *("boss", "changed", "worker", "manager municipality:131016"),
    )
    assert told.address
    asked = {"name": "worker", "role": "", "level": "office", "code": "131016/市民課"}
    assert (await send(staffed, "change", **asked))[0] == 303
    assert account(staffed, "worker")[:2] == (Role.MANAGER, Place(Level.OFFICE, "1"))


async def test_nothing_beyond_ones_own_scope_is_given_or_taken(staffed: World) -> None:
    before = {name: account(staffed, name) for name in ("nation", "boss", "worker", "desk", "elsewhere")}
    for changes, said in (
        ({"level": "nation"}, "変えていません"),
        ({"level": "prefecture", "code": "13"}, "変えていません"),
        ({"level": "municipality", "code": "131024"}, "変えていません"),
        ({"level": "office", "code": "131016/ほか"}, "変えていません"),
        ({"level": "desk", "code": "1"}, ""),
        ({"role": "OWNER"}, ""),
        ({"role": ""}, ""),  # nothing at all
        ({"name": "elsewhere"}, ""),  # another municipality's
        ({"name": "nation"}, ""),  # somebody above
        ({"name": "boss"}, ""),  # oneself
        ({"name": "nobody"}, ""),
    ):
        status, text = await send(staffed, "change", **{"name": "worker", "role": "MANAGER", "level": "", **changes})
        assert (status, said in text) == (400, True), changes
    assert {name: account(staffed, name) for name in before} == before


async def test_a_reset_gives_a_new_password_takes_the_code_away_and_ends_sessions(staffed: World) -> None:
    secret = service.set_code(staffed.database, "worker", NOW, "tests")
    assert secret is not None
    code = pyotp.TOTP(secret).at(NOW)
    token = enter(staffed.database, "worker", code=code)
    assert isinstance(token, str)
    for wrong in ({"password": "short"}, {"password": "worker"}):
        assert (await send(staffed, "reset", name="worker", **wrong))[0] == 400
    assert (await send(staffed, "reset", name="worker", password=NEW, remove_code="1"))[0] == 303
    assert sessions.find(staffed.database, token, NOW) is None
    assert enter(staffed.database, "worker", PASSWORD) is None
    assert isinstance(enter(staffed.database, "worker", NEW), str)
    with staffed.database.reading() as connection:
        told = [one for one in audit.entries(connection) if one.action == "password_reset"]
    assert [(one.actor, one.subject, one.detail) for one in told] == [("boss", "worker", "one-time code removed")]
    for name in ("elsewhere", "nation", "boss", "nobody"):
        assert (await send(staffed, "reset", name=name, password=NEW))[0] == 400, name
    assert isinstance(enter(staffed.database, "elsewhere"), str)


async def test_a_reset_keeps_the_code_unless_it_is_to_go(staffed: World) -> None:
    service.set_code(staffed.database, "worker", NOW, "tests")
    assert (await send(staffed, "reset", name="worker", password=NEW))[0] == 303
    assert enter(staffed.database, "worker", NEW) is None


async def test_the_last_administrator_of_a_scope_stays(staffed: World) -> None:
    database = staffed.database
    with pytest.raises(service.LastAdministratorError):
        service.disable(database, "nation", NOW, "tests")
    with pytest.raises(service.LastAdministratorError):
        service.change(database, "nation", NOW, "tests", role=Role.MANAGER, scope=None)
    with pytest.raises(service.LastAdministratorError):
        service.change(database, "nation", NOW, "tests", role=None, scope="prefecture:13")
    assert account(staffed, "nation") == (Role.ADMINISTRATOR, Place(Level.NATION), True)
    add_person(database, "second", Role.ADMINISTRATOR, "municipality:131016")
    assert (await send(staffed, "disable", name="second"))[0] == 303  # the nation's looks after Chiyoda, too
    add_person(database, "third", Role.ADMINISTRATOR, "nation")
    service.disable(database, "nation", NOW, "tests")
    assert account(staffed, "nation")[2] is False
    with pytest.raises(service.LastAdministratorError):  # one that is disabled is none
        service.disable(database, "third", NOW, "tests")


async def test_the_page_says_that_it_is_the_last_one(staffed: World) -> None:
    """The nation's is gone by other means; of two in Chiyoda one may go, and the office's goes nowhere above."""
    add_person(staffed.database, "second", Role.ADMINISTRATOR, "municipality:131016")
    with staffed.database.writing() as connection:
        row = repository.find(connection, "nation")
        assert row is not None
        repository.change(connection, row["id"], disabled_at_ms=0)
    staffed.client.cookies.clear()
    add_person(staffed.database, "office", Role.ADMINISTRATOR, "office:131016/市民課")
    await sign_in(staffed.client, "office", PASSWORD)
    assert (await send(staffed, "disable", name="second"))[0] == 400  # it is above
    staffed.client.cookies.clear()
    await sign_in(staffed.client, "second", PASSWORD)
    assert (await send(staffed, "disable", name="boss"))[0] == 303
    with pytest.raises(service.LastAdministratorError):
        service.disable(staffed.database, "second", NOW, "tests")


async def test_what_lies_beyond_does_not_exist_for_the_service_either(staffed: World) -> None:
    scope = Place(Level.MUNICIPALITY, "131016")
    with pytest.raises(CentralError, match="no account"):
        service.change(staffed.database, "elsewhere", NOW, "boss", role=Role.MANAGER, scope=None, within=scope)
    with pytest.raises(CentralError, match="no scope"):
        service.change(staffed.database, "worker", NOW, "boss", role=None, scope="nation", within=scope)

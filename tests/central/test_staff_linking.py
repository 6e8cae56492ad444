"""On /staff an administrator links accounts that are there to people of the provider, within the own scope."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk_agent.central.app import create_app
from kiosk_agent.central.oidc import repository as identities
from kiosk_agent.central.oidc import service
from kiosk_agent.central.places.repository import begin_office
from kiosk_agent.central.staff import audit, repository, sessions
from kiosk_agent.central.staff.schemas import Entry, Role
from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import CentralError
from tests.central.nation import NOW
from tests.central.oidc_office import Office
from tests.central.people import PASSWORD, add_person, add_places, enter, form_of, sign_in, staff_routes
from tests.central.provider_of_tests import RealProvider
from tests.central.world import World


@pytest.fixture
async def staffed(office: Office) -> Office:
    """An administrator of Chiyoda is signed in, with a password."""
    database = office.database
    add_places(database)
    with database.writing() as connection:
        begin_office(connection, "131024", "本庁舎")
    add_person(database, "nation", Role.ADMINISTRATOR, "nation")
    add_person(database, "boss", Role.ADMINISTRATOR, "municipality:131016")
    add_person(database, "worker", Role.VIEWER, "municipality:131016")
    add_person(database, "desk", Role.MANAGER, "office:131016/市民課")
    add_person(database, "elsewhere", Role.VIEWER, "municipality:131024")
    assert (await sign_in(office.central, "boss", PASSWORD)).status_code == 303
    return office


def login_of(office: Office, name: str) -> tuple[str, str | None, str | None] | None:
    with office.database.reading() as connection:
        row = repository.find(connection, name)
        assert row is not None
        found = identities.logins(connection).get(row["id"])
    return None if found is None else (found["login"], found["issuer"], found["subject"])


def newest(office: Office, count: int = 1) -> list[Entry]:
    with office.database.reading() as connection:
        return list(audit.entries(connection))[-count:]


def entered(office: Office, name: str) -> str:
    """The cookie of a session that is alive."""
    token = enter(office.database, name, now=office.clock.wall())
    assert isinstance(token, str)
    assert sessions.find(office.database, token, office.clock.wall()) is not None
    return token


async def send(office: Office, what: str, **fields: str) -> tuple[int, str]:
    csrf = await form_of(office.central, "/staff")
    answer = await office.central.post(f"/staff/{what}", data={"csrf": csrf, **fields})
    return answer.status_code, answer.text


async def test_an_account_that_is_there_is_linked_to_a_person_at_once(staffed: Office) -> None:
    token = entered(staffed, "worker")
    asked = {"name": "worker", "login": " Two@Office.example", "subject": " subject-two "}
    assert (await send(staffed, "link", **asked))[0] == 303
    issuer = staffed.real.issuer
    assert login_of(staffed, "worker") == ("two@office.example", issuer, "subject-two")
    assert sessions.find(staffed.database, token, staffed.clock.wall()) is None
    told = newest(staffed, 2)
    assert [(one.actor, one.action, one.subject, one.detail) for one in told] == [
        ("boss", "login_set", "worker", "two@office.example"),
        ("boss", "linked", "worker", f"{issuer} subject-two"),
    ]
    assert all(one.address for one in told)
    assert isinstance(enter(staffed.database, "worker"), str)  # the password is as it was
    staffed.central.cookies.clear()
    await staffed.seat.sign_in("subject-two")
    assert ">worker<" in (await staffed.central.get("/account")).text


async def test_a_login_alone_waits_for_whoever_comes_first(staffed: Office) -> None:
    assert (await send(staffed, "link", name="worker", login="two@office.example", subject=""))[0] == 303
    assert login_of(staffed, "worker") == ("two@office.example", None, None)
    assert "まだ結び付いていません" in (await staffed.central.get("/staff")).text
    staffed.central.cookies.clear()
    await staffed.seat.sign_in("subject-two")
    assert ">worker<" in (await staffed.central.get("/account")).text


async def test_the_person_counts_and_not_the_login(staffed: Office) -> None:
    """Of two with one login the one whose identifier was given comes in."""
    asked = {"name": "worker", "login": "two@office.example", "subject": "Subject-Two"}
    assert (await send(staffed, "link", **asked))[0] == 303
    staffed.central.cookies.clear()
    back = await staffed.seat.at_provider(await staffed.seat.leave(), "subject-two")
    await staffed.refused(back, "not_linked")  # case matters


async def test_the_password_goes_where_that_is_wanted(staffed: Office) -> None:
    asked = {"name": "worker", "login": "two@office.example", "subject": "subject-two", "no_password": "1"}
    assert (await send(staffed, "link", **asked))[0] == 303
    assert newest(staffed, 2)[0].detail == "two@office.example only"
    assert enter(staffed.database, "worker") is None
    status, text = await send(staffed, "unlink", name="worker")
    assert (status, "だれもログインできません" in text) == (200, True)
    assert login_of(staffed, "worker") is None


async def test_the_link_is_taken_away(staffed: Office) -> None:
    asked = {"name": "worker", "login": "two@office.example", "subject": "subject-two"}
    assert (await send(staffed, "link", **asked))[0] == 303
    token = entered(staffed, "worker")
    assert (await send(staffed, "unlink", name="worker"))[0] == 303
    assert (login_of(staffed, "worker"), sessions.find(staffed.database, token, staffed.clock.wall())) == (None, None)
    (told,) = newest(staffed)
    assert (told.actor, told.action, told.subject, bool(told.address)) == ("boss", "login_removed", "worker", True)
    status, text = await send(staffed, "unlink", name="worker")
    assert (status, "結び付きがありません" in text) == (400, True)
    staffed.central.cookies.clear()
    back = await staffed.seat.at_provider(await staffed.seat.leave(), "subject-two")
    await staffed.refused(back, "not_linked")


async def test_nobody_beyond_the_scope_and_not_oneself(staffed: Office) -> None:
    before = newest(staffed)
    for name in ("elsewhere", "nation", "boss", "one", "nobody", ""):
        for what in ("link", "unlink"):
            asked = {"name": name, "login": "two@office.example", "subject": "subject-two"}
            assert (await send(staffed, what, **asked))[0] == 400, (what, name)
    assert newest(staffed) == before
    assert login_of(staffed, "elsewhere") is None
    page = (await staffed.central.get("/staff")).text
    form = page.split('action="/staff/link"')[1].split("</form>")[0]
    assert ("worker" in form, "desk" in form) == (True, True)
    assert not any(f">{name}<" in form for name in ("elsewhere", "nation", "boss", "one"))


async def test_what_lies_beyond_does_not_exist_for_the_service_either(staffed: Office) -> None:
    with staffed.database.reading() as connection:
        row = repository.find(connection, "boss")
    assert row is not None
    within = sessions.staff_of(row).scope
    with pytest.raises(CentralError, match="no account"):
        service.await_login(staffed.database, "elsewhere", "x", NOW, "boss", within=within)
    service.await_login(staffed.database, "elsewhere", "x", NOW, "tests")
    with pytest.raises(CentralError, match="no account"):
        service.forget_login(staffed.database, "elsewhere", NOW, "boss", within=within)
    assert login_of(staffed, "elsewhere") == ("x", None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"login": ""},
        {"login": " "},
        {"login": "one@office.example"},  # another account's
        {"login": "x" * 321},
        {"subject": "taken"},
        {"subject": "x" * 256},
        {"subject": "一"},
        {"subject": "a\x01b"},
    ],
    ids=str,
)
async def test_what_cannot_be_linked_changes_nothing(staffed: Office, fields: dict[str, str]) -> None:
    taken = service.Person(staffed.real.issuer, "taken")
    service.await_login(staffed.database, "desk", "desk@office.example", NOW, "tests", person=taken)
    service.await_login(staffed.database, "worker", "before@office.example", NOW, "tests")
    token = entered(staffed, "worker")
    asked = {"name": "worker", "login": "two@office.example", "subject": "subject-two", **fields}
    status, text = await send(staffed, "link", **asked)
    assert (status, "結び付けていません" in text) == (400, True)
    assert login_of(staffed, "worker") == ("before@office.example", None, None)
    assert sessions.find(staffed.database, token, staffed.clock.wall()) is not None


async def test_a_form_without_its_token_does_nothing(staffed: Office) -> None:
    for what in ("link", "unlink"):
        asked = {"name": "worker", "login": "two@office.example", "subject": "subject-two"}
        assert (await staffed.central.post(f"/staff/{what}", data=asked)).status_code == 403
        assert (await staffed.central.post(f"/staff/{what}", data={**asked, "csrf": "0" * 64})).status_code == 403
    assert login_of(staffed, "worker") is None


async def test_lower_roles_may_not(staffed: Office) -> None:
    for name in ("worker", "desk"):
        staffed.central.cookies.clear()
        assert (await sign_in(staffed.central, name, PASSWORD)).status_code == 303
        csrf = await form_of(staffed.central)
        for what in ("link", "unlink"):
            asked = {"csrf": csrf, "name": "desk", "login": "x", "subject": "subject-two"}
            assert (await staffed.central.post(f"/staff/{what}", data=asked)).status_code == 403, (name, what)


async def test_without_a_provider_there_is_nothing_to_link(world: World) -> None:
    add_places(world.database)
    add_person(world.database, "boss", Role.ADMINISTRATOR, "nation")
    add_person(world.database, "worker")
    await sign_in(world.client, "boss", PASSWORD)
    page = (await world.client.get("/staff")).text
    assert 'action="/staff/link"' not in page
    csrf = await form_of(world.client, "/staff")
    asked = {"csrf": csrf, "name": "worker", "login": "x", "subject": "y"}
    assert (await world.client.post("/staff/link", data=asked)).status_code == 400


def test_the_walk_over_every_page_knows_these(real: RealProvider, folder: Path) -> None:
    from kiosk_agent.central.database.engine import Database, sqlite_url
    from kiosk_agent.central.oidc.provider import Provider

    database = Database(sqlite_url(folder))
    found = list(staff_routes(create_app(database, ManualClock(wall=NOW), None, Provider(real.settings()))))
    database.close()
    for path in ("/staff/link", "/staff/unlink"):
        assert ("POST", path, Role.ADMINISTRATOR) in found

"""The audit log: what it tells, that it only grows, and that a change shows."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.staff import audit, service, sessions
from kiosk_agent.central.staff.lockout import FREE_OF_NAME
from kiosk_agent.central.staff.schemas import Action, Broken, Role
from kiosk_agent.text import Text
from tests.central.nation import NOW
from tests.central.people import PASSWORD, add_person, enter


def told(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as connection:
        return [(entry.actor, entry.action, entry.subject) for entry in audit.entries(connection)]


def write(database: Database, *details: str) -> None:
    for detail in details:
        with database.writing() as connection:
            audit.add(connection, NOW, Action.ADDED, actor="tests", subject="one", detail=detail)


def tamper(database: Database, *statements: str) -> None:
    """As the database's owner, who can take the triggers away."""
    sqlite = ["DROP TRIGGER staff_audit_no_update", "DROP TRIGGER staff_audit_no_delete"]
    postgresql = ["DROP TRIGGER staff_audit_no_change ON staff_audit"]
    with database.writing() as connection:
        for statement in (*(sqlite if database.is_sqlite else postgresql), *statements):
            connection.execute(sa.text(statement))


def test_every_staff_action_is_one_entry(database: Database) -> None:
    add_person(database)
    token = enter(database)
    assert isinstance(token, str)
    found = sessions.find(database, token, NOW)
    assert found is not None
    sessions.end(database, token, found, NOW, "192.0.2.1")
    sessions.end(database, token, found, NOW, "192.0.2.1")  # nothing to end any more
    service.change(database, "one", NOW, "tests", role=Role.MANAGER, scope=None)
    service.set_code(database, "one", NOW, "tests")
    service.set_code(database, "one", NOW, "tests", remove=True)
    service.change_password(database, found, PASSWORD, PASSWORD + "!", NOW, "192.0.2.1")
    enter(database, "nobody")
    for _ in range(FREE_OF_NAME + 1):
        enter(database)
    service.disable(database, "one", NOW, "tests")
    assert told(database) == [
        ("tests", "added", "one"),
        ("one", "signed_in", "one"),
        ("one", "logged_out", "one"),
        ("tests", "changed", "one"),
        ("tests", "code_changed", "one"),
        ("tests", "code_changed", "one"),
        ("one", "password_changed", "one"),
        ("", "failed", ""),
        *[("", "failed", "one")] * FREE_OF_NAME,
        ("", "locked", "one"),
        ("tests", "disabled", "one"),
    ]
    assert audit.verify(database) == (len(told(database)), None)


def test_what_is_not_done_is_not_told(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            audit.add(connection, NOW, Action.ADDED)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert (told(database), audit.verify(database)) == ([], (0, None))


@pytest.mark.parametrize(
    "statement", ["UPDATE staff_audit SET detail = 'x'", "DELETE FROM staff_audit", "DELETE FROM staff_audit WHERE 1=1"]
)
def test_the_program_itself_cannot_change_it(database: Database, statement: str) -> None:
    write(database, "a")
    with pytest.raises(DBAPIError, match="only ever added to"), database.writing() as connection:
        connection.execute(sa.text(statement))


COLUMNS = ("at_ms", "actor", "action", "subject", "detail", "address")


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_entry_is_named(database: Database, column: str) -> None:
    write(database, "a", "b", "c")
    value = "1" if column == "at_ms" else "'x'"
    tamper(database, f"UPDATE staff_audit SET {column} = {value} WHERE number = 2")  # noqa: S608 - names of ours
    assert audit.verify(database)[1] == Broken(2, Text("it was changed"))


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        (["DELETE FROM staff_audit WHERE number = 1"], Broken(1, Text("it is missing"))),
        (["DELETE FROM staff_audit WHERE number = 2"], Broken(2, Text("it is missing"))),
        (["DELETE FROM staff_audit WHERE number = 3"], Broken(3, Text("it is missing"))),
        (
            ["DELETE FROM staff_audit WHERE number = 2", "UPDATE staff_audit SET number = 2 WHERE number = 3"],
            Broken(2, Text("it does not follow from the one before")),
        ),
        (
            ["UPDATE staff_audit_head SET number = 2, digest = (SELECT digest FROM staff_audit WHERE number = 2)"],
            Broken(3, Text("it was put in")),
        ),
        (["UPDATE staff_audit_head SET digest = 'x'"], Broken(3, Text("it is not the one that was written last"))),
    ],
)
def test_what_was_taken_out_or_put_in_is_named(database: Database, statements: list[str], broken: Broken) -> None:
    write(database, "a", "b", "c")
    tamper(database, *statements)
    assert audit.verify(database)[1] == broken


def test_several_writers_at_once_make_one_chain(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    databases = [Database(read_url(url)) for _ in range(4)]
    barrier, failures = threading.Barrier(4), list[BaseException]()

    def work(other: Database, name: str) -> None:
        try:
            barrier.wait()
            write(other, *[f"{name} {number}" for number in range(25)])
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(other, str(name))) for name, other in enumerate(databases)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in databases:
        other.close()
    assert failures == []
    assert audit.verify(database) == (100, None)

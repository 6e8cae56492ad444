"""A code enrols one desk, once, in time; a lost answer costs nothing."""

from __future__ import annotations

import datetime
import secrets

import pytest
import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks.service import enrol, make_code
from kiosk_agent.central.places.repository import office_names, store_municipalities
from kiosk_agent.central.refusals import RefusedError
from kiosk_agent.errors import CentralError
from kiosk_agent.wire import v1
from tests.central.nation import NOW, PLACES

HOUR = datetime.timedelta(hours=1)


def new_code(database: Database) -> str:
    with database.writing() as connection:
        store_municipalities(connection, PLACES)
    return make_code(database, "131016", "市民課", NOW, HOUR, new_office=True)


def request(code: str, token: str | None = None) -> v1.EnrolRequest:
    return v1.EnrolRequest(code, token or secrets.token_urlsafe(32), "0.1.0", "3番")


def test_a_code_is_traded_for_a_desk_of_its_office(database: Database) -> None:
    answer = enrol(database, request(new_code(database)), NOW)
    assert (answer.office, answer.municipality_code, answer.desk_name) == ("市民課", "131016", "3番")


def test_the_same_request_again_gets_the_same_answer_even_after_the_code_has_expired(database: Database) -> None:
    wanted = request(new_code(database))
    assert enrol(database, wanted, NOW) == enrol(database, wanted, NOW + 5 * HOUR)


def test_a_code_serves_one_desk(database: Database) -> None:
    code = new_code(database)
    enrol(database, request(code), NOW)
    with pytest.raises(RefusedError, match="code_used"):
        enrol(database, request(code), NOW)


def test_a_code_expires(database: Database) -> None:
    with pytest.raises(RefusedError, match="code_expired"):
        enrol(database, request(new_code(database)), NOW + HOUR)


def test_an_unknown_code_is_refused(database: Database) -> None:
    with pytest.raises(RefusedError, match="code_unknown"):
        enrol(database, request("0000-0000-0000"), NOW)


def test_a_token_belongs_to_one_desk(database: Database) -> None:
    token = secrets.token_urlsafe(32)
    enrol(database, request(new_code(database), token), NOW)
    with pytest.raises(RefusedError, match="token_used"):
        enrol(database, request(new_code(database), token), NOW)


def test_a_code_may_be_typed_as_it_is_read(database: Database) -> None:
    code = new_code(database)
    enrol(database, request(code.lower().replace("-", " ").replace("0", "o").replace("1", "l")), NOW)


def test_neither_codes_nor_tokens_stand_in_the_database(database: Database) -> None:
    code, token = new_code(database), secrets.token_urlsafe(32)
    enrol(database, request(code, token), NOW)
    with database.reading() as connection:
        kept = [connection.execute(sa.text(f"SELECT * FROM {one}")).all() for one in ("desks", "enrol_codes")]  # noqa: S608
    assert token not in str(kept)
    assert code.replace("-", "") not in str(kept).replace("-", "")


def test_an_office_is_only_added_when_asked_for(database: Database) -> None:
    new_code(database)
    with pytest.raises(CentralError, match="市民課"):
        make_code(database, "131016", "市民か", NOW, HOUR)
    with pytest.raises(CentralError, match="import municipalities"):
        make_code(database, "131032", "市民課", NOW, HOUR, new_office=True)


@pytest.mark.parametrize("office", ["", "　 ", "課" * 101, "市民\x7f課"])
def test_an_office_has_a_name_that_can_be_shown(database: Database, office: str) -> None:
    new_code(database)
    with pytest.raises(CentralError, match="name"):
        make_code(database, "131016", office, NOW, HOUR, new_office=True)


def test_blanks_make_no_other_office(database: Database) -> None:
    new_code(database)
    make_code(database, "131016", " 市民課\n", NOW, HOUR, new_office=True)
    with database.reading() as connection:
        assert office_names(connection, "131016") == ["市民課"]

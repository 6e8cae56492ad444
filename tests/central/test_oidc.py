"""Signing in through a real OpenID provider, and everything that must not open central."""

from __future__ import annotations

import datetime
import logging
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from kiosk_agent.central.app import create_app
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.oidc import flows, service
from kiosk_agent.central.oidc import provider as talking
from kiosk_agent.central.staff import service as accounts
from kiosk_agent.central.staff.lockout import FREE_OF_ADDRESS
from kiosk_agent.central.staff.schemas import Role
from tests.central.nation import NOW
from tests.central.oidc_office import Office, opened
from tests.central.people import PASSWORD, form_of, sign_in
from tests.central.provider_of_tests import RealProvider, leads_to


async def test_whoever_an_account_awaits_gets_it_at_the_first_sign_in(office: Office) -> None:
    shown = await office.seat.sign_in()
    assert leads_to(shown) == "/"
    page = (await office.central.get("/account")).text
    assert ">one<" in page
    assert "担当者" in page
    assert office.told() == [
        ("added", "one", "manager nation"),
        ("login_set", "one", "one@office.example only"),
        ("linked", "one", f"{office.real.issuer} subject-one"),
        ("signed_in", "one", "provider"),
    ]


async def test_afterwards_the_subject_counts_and_not_the_login(office: Office) -> None:
    await office.seat.sign_in()
    office.central.cookies.clear()
    with office.database.writing() as connection:
        connection.execute(sa.text("UPDATE staff_identities SET login = 'renamed@office.example'"))
    await office.seat.sign_in()
    assert await office.is_in()
    # the account has gone to somebody else
    office.central.cookies.clear()
    office.seat.there.cookies.clear()
    service.await_login(office.database, "one", "two@office.example", office.clock.wall(), "tests")
    assert leads_to(await office.seat.sign_in("subject-two")) == "/"
    office.central.cookies.clear()
    office.seat.there.cookies.clear()
    await office.refused(await office.seat.at_provider(await office.seat.leave(), "subject-one"), "not_linked")


async def test_nobody_is_let_in_for_whom_no_account_waits(office: Office) -> None:
    for login in ("subject-two", "unverified"):
        office.seat.there.cookies.clear()
        await office.refused(await office.seat.at_provider(await office.seat.leave(), login), "not_linked")
        assert office.told()[-1][2].endswith(f"{office.real.issuer} {login}")
    assert len(service_logins(office.database)) == 1


def service_logins(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(sa.text("SELECT name FROM staff")).scalars())


async def test_another_claim_may_name_the_account(real: RealProvider, folder: Path) -> None:
    async with opened(folder, real, claim="preferred_username") as office:
        service.await_login(office.database, "one", "One.Person", office.clock.wall(), "tests")
        await office.seat.sign_in()
        assert await office.is_in()


async def test_a_disabled_account_stays_closed(office: Office) -> None:
    await office.seat.sign_in()
    accounts.disable(office.database, "one", office.clock.wall(), "tests")
    assert not await office.is_in()
    await office.refused(await office.seat.at_provider(await office.seat.leave(), "subject-one"), "disabled")
    assert office.told()[-1][1] == "one"


async def test_an_account_without_a_password_has_none(office: Office) -> None:
    for password in ("", PASSWORD):
        assert (await sign_in(office.central, "one", password or " ")).status_code == 403


async def test_passwords_go_on_beside_it(office: Office) -> None:
    accounts.add(office.database, "local", Role.VIEWER, "nation", PASSWORD, office.clock.wall(), "tests")
    assert (await sign_in(office.central, "local")).status_code == 303
    answer = await office.central.post("/logout", data={"csrf": await form_of(office.central)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")  # nothing to do at the provider


async def test_an_administrator_adds_accounts_that_await_somebody(office: Office) -> None:
    service.add(office.database, "boss", Role.ADMINISTRATOR, "nation", "two@office.example", NOW, "tests")
    await office.seat.sign_in("subject-two")
    page = (await office.central.get("/staff")).text
    assert "職員認証のログイン名" in page
    assert page.count("まだ結び付いていません") == 1
    told = {"csrf": await form_of(office.central), "name": "three", "role": "VIEWER", "level": "nation", "code": ""}
    added = await office.central.post("/staff/add", data={**told, "login": " Three@Office.example", "password": ""})
    assert added.status_code == 303
    taken = await office.central.post("/staff/add", data={**told, "name": "four", "login": "three@office.example"})
    assert taken.status_code == 400
    assert office.told()[-1] == ("login_set", "three", "three@office.example only")
    assert "認証サービスのログイン名の設定" in (await office.central.get("/staff/audit")).text


# the same seat, the next person


async def test_the_provider_asks_each_time_who_is_there(office: Office) -> None:
    await office.seat.sign_in()
    await office.central.post("/logout", data={"csrf": await form_of(office.central)})
    with pytest.raises(AssertionError, match="asks who is there"):  # its own session of the person before is alive
        await office.seat.at_provider(await office.seat.leave(), None)


@pytest.mark.parametrize("left_out", [("prompt", "max_age"), ("prompt",)])
async def test_whoever_takes_the_question_out_of_the_address_is_not_let_in(
    office: Office, left_out: tuple[str, ...]
) -> None:
    await office.seat.sign_in()
    office.central.cookies.clear()
    address = httpx.URL(await office.seat.leave())
    for name in left_out:
        address = address.copy_remove_param(name)
    if "max_age" not in left_out:
        address = address.copy_set_param("max_age", "3600")
        office.real.behave(token={"shift": {"auth_time": -5}})  # as if that person had signed in a little earlier
    back = await office.seat.at_provider(str(address), None)  # silently, as the person before
    await office.refused(back, "not_fresh")


async def test_logging_out_ends_the_session_there_too(office: Office) -> None:
    await office.seat.sign_in()
    token = office.central.cookies["kiosk-staff"]
    shown = await office.central.post("/logout", data={"csrf": await form_of(office.central)})
    address = leads_to(shown)
    assert sum(len(name) + len(value) for name, value in shown.headers.items()) < 2000  # nginx takes 4 kB
    office.central.cookies.set("kiosk-staff", token)
    assert not await office.is_in()
    asked = await office.seat.there.get(address)
    assert "Do you want to sign-out" in asked.text
    xsrf = asked.text.split('name="xsrf" value="')[1].split('"')[0]
    done = await office.seat.there.post(
        f"{office.real.issuer}/session/end/confirm", data={"xsrf": xsrf, "logout": "yes"}
    )
    assert done.headers["location"] == f"{office.real.public_url}/login"
    # without our asking for it, too, nobody is signed in there any more
    address = str(httpx.URL(await office.seat.leave()).copy_remove_param("prompt").copy_remove_param("max_age"))
    with pytest.raises(AssertionError, match="asks who is there"):
        await office.seat.at_provider(address, None)


async def test_logging_out_needs_no_provider(office: Office) -> None:
    await office.seat.sign_in()
    office.real.behave(answer={"/.well-known/openid-configuration": [503, "down"]})
    answer = await office.central.post("/logout", data={"csrf": await form_of(office.central)})
    assert answer.headers["location"] == "/login?still_there=1"
    assert not await office.is_in()
    assert "閉じて" in (await office.central.get(answer.headers["location"])).text


async def test_without_a_page_for_it_people_are_told_to_close_the_browser(office: Office) -> None:
    office.real.behave(discovery={"end_session_endpoint": ""})
    await office.seat.sign_in()
    answer = await office.central.post("/logout", data={"csrf": await form_of(office.central)})
    assert answer.headers["location"] == "/login?still_there=1"


async def test_nothing_of_the_provider_can_be_read_in_the_database(office: Office) -> None:
    await office.seat.sign_in()
    with office.database.reading() as connection:
        kept = "".join(
            str(connection.execute(sa.text(f"SELECT * FROM {name}")).all())  # noqa: S608 - names of ours
            for name in ("staff", "staff_identities", "staff_oidc_flows", "staff_sessions")
        )
    assert "eyJ" not in kept  # how every JWT begins
    assert office.central.cookies["kiosk-staff"] not in kept


# what comes back


async def test_a_state_of_another_browser_is_refused(office: Office, real: RealProvider) -> None:
    planted = await office.seat.at_provider(await office.seat.leave(), "subject-one")
    office.central.cookies.clear()
    await office.refused(planted, "state")  # a browser that has begun nothing
    await office.seat.leave()
    await office.refused(planted, "state")  # one that has begun another sign-in


async def test_an_answer_is_good_once(office: Office) -> None:
    back = await office.seat.at_provider(await office.seat.leave(), "subject-one")
    flow = {name: value for name, value in office.central.cookies.items() if name == "kiosk-provider"}
    await office.seat.come_back(back)
    assert await office.is_in()
    office.central.cookies.clear()
    office.central.cookies.update(flow)  # copied before
    await office.refused(back, "state")


async def test_a_code_that_was_used_is_refused(office: Office) -> None:
    back = httpx.URL(await office.seat.at_provider(await office.seat.leave(), "subject-one"))
    await office.seat.come_back(str(back))
    office.central.cookies.clear()
    again = httpx.URL(await office.seat.at_provider(await office.seat.leave(), "subject-one"))
    await office.refused(str(again.copy_set_param("code", back.params["code"])), "code")


async def test_a_sign_in_that_took_too_long_is_refused(office: Office) -> None:
    await office.seat.leave()  # and nobody comes back
    back = await office.seat.at_provider(await office.seat.leave(), "subject-one")
    office.clock.shift = datetime.timedelta(milliseconds=flows.LONGEST_MS)
    await office.refused(back, "state")
    await office.seat.leave()
    with office.database.reading() as connection:  # what nobody came back from is forgotten
        assert connection.execute(sa.text("SELECT count(*) FROM staff_oidc_flows")).scalar_one() == 1


async def test_an_answer_of_another_provider_is_refused(office: Office) -> None:
    back = httpx.URL(await office.seat.at_provider(await office.seat.leave(), "subject-one"))
    await office.refused(str(back.copy_set_param("iss", "https://evil.example")), "state iss")
    back = httpx.URL(await office.seat.at_provider(await office.seat.leave(), "subject-one"))
    await office.refused(str(back.copy_remove_param("iss")), "state iss")


async def test_what_the_provider_declines_is_told(office: Office) -> None:
    address = httpx.URL(await office.seat.leave()).copy_remove_param("max_age").copy_set_param("prompt", "none")
    back = await office.seat.at_provider(str(address), None)
    await office.refused(back, "declined login_required")
    state = httpx.URL(await office.seat.leave()).params["state"]
    strange = f"{office.real.public_url}/login/provider/return?state={state}&error=%3Cscript%3E"
    await office.refused(strange, "declined")
    assert "script" not in office.told()[-1][2]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ({"key": "strange"}, "token"),
        ({"key": "none"}, "token"),
        ({"key": "public"}, "token"),
        ({"shift": {"exp": -7200}}, "token"),
        ({"claims": {"aud": "another"}}, "token"),
        ({"claims": {"iss": "https://evil.example"}}, "token"),
        ({"claims": {"nonce": "another"}}, "token"),
        ({"claims": {"auth_time": None}}, "not_fresh"),
    ],
    ids=str,
)
async def test_a_token_that_does_not_hold_opens_nothing(office: Office, token: dict[str, Any], reason: str) -> None:
    office.real.behave(token=token)
    await office.refused(await office.seat.at_provider(await office.seat.leave(), "subject-one"), reason)


async def test_the_same_tokens_let_people_in_where_they_hold(office: Office) -> None:
    office.real.behave(token={"claims": {"unknown": 1}, "key": "own"})
    await office.seat.sign_in()
    assert await office.is_in()


async def test_the_providers_keys_may_change_at_any_moment(office: Office) -> None:
    await office.seat.sign_in()
    office.central.cookies.clear()
    back = await office.seat.at_provider(await office.seat.leave(), "subject-one")
    office.real.behave(rotate=True)
    await office.seat.come_back(back)
    assert await office.is_in()


@pytest.mark.parametrize(("hours", "is_let_in"), [(0.01, True), (-0.01, True), (2, False), (-1, False)])
async def test_clocks_may_differ_a_little(office: Office, hours: float, is_let_in: bool) -> None:
    office.clock.shift = datetime.timedelta(hours=hours)
    await office.seat.sign_in()
    assert await office.is_in() == is_let_in


async def test_too_many_failures_close_the_address_for_a_while(office: Office) -> None:
    back = f"{office.real.public_url}/login/provider/return?state=x&code=x"
    for _ in range(FREE_OF_ADDRESS):
        assert (await office.seat.come_back(back)).status_code == 403
    answer = await office.seat.come_back(back)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    entries = len(office.told())
    await office.seat.come_back(back)
    assert len(office.told()) == entries


async def test_the_forms_token_is_needed_to_leave(office: Office) -> None:
    assert (await office.central.post("/login/provider")).status_code == 403


async def test_leaving_ends_the_session_of_whoever_was_here(office: Office) -> None:
    await office.seat.sign_in()
    token = office.central.cookies["kiosk-staff"]
    # the page of signing in leads somebody who is signed in on: as from a tab that is still open
    office.central.cookies.delete("kiosk-staff")
    csrf = await form_of(office.central, "/login")
    office.central.cookies.set("kiosk-staff", token)
    assert (await office.central.post("/login/provider", data={"csrf": csrf})).status_code == 200
    office.central.cookies.set("kiosk-staff", token)
    assert not await office.is_in()
    assert office.told()[-1][:2] == ("logged_out", "one")


# the provider is down, slow, or something else


async def shows_that_it_cannot_be_used(office: Office) -> None:
    csrf = await form_of(office.central, "/login")
    shown = await office.central.post("/login/provider", data={"csrf": csrf})
    assert (shown.status_code, shown.headers["retry-after"]) == (503, "60")
    assert "職員認証に接続できません" in shown.text
    assert "Traceback" not in shown.text
    assert 'name="password"' in shown.text  # the way in without it


async def test_a_provider_that_is_gone_is_told_and_logged_once(
    real: RealProvider, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    async with opened(folder, real, issuer=f"http://127.0.0.1:{port}") as office:
        with caplog.at_level(logging.WARNING):
            await shows_that_it_cannot_be_used(office)
            await shows_that_it_cannot_be_used(office)
        accounts.add(office.database, "local", Role.VIEWER, "nation", PASSWORD, office.clock.wall(), "tests")
        assert (await sign_in(office.central, "local")).status_code == 303
    told = [one.message for one in caplog.records if "OpenID provider" in one.message]
    assert len(told) == 1
    assert f"http://127.0.0.1:{port} cannot be used: ConnectError" in told[0]


async def test_a_provider_that_never_answers_is_given_up(
    real: RealProvider, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(talking, "WHOLE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with opened(folder, real, issuer=f"http://127.0.0.1:{silent.getsockname()[1]}") as office:
            await shows_that_it_cannot_be_used(office)
    assert "cannot be used: it did not answer in time" in caplog.text


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    "mode",
    [
        {"answer": {DISCOVERY: [200, "<html>sign in to the network</html>"]}},
        {"answer": {DISCOVERY: [500, "no"]}},
        {"answer": {DISCOVERY: [200, "{}"]}},
        {"discovery": {"unknown": "x" * 1_000_001}},
        {"answer": {DISCOVERY: [302, ""]}},
        {"discovery": {"issuer": "https://another.example"}},
        {"discovery": {"token_endpoint": "http://another.example/token"}},
        {"discovery": {"authorization_endpoint": "javascript:alert(1)"}},
    ],
    ids=lambda mode: str(mode)[:80],
)
async def test_what_is_no_discovery_document_is_told(office: Office, mode: dict[str, Any]) -> None:
    office.real.behave(**mode)
    await shows_that_it_cannot_be_used(office)


@pytest.mark.parametrize(
    "answer",
    [
        {"/token": [503, "no"]},
        {"/token": [200, "<html>"]},
        {"/token": [401, '{"error": "invalid_client"}']},
        {"/jwks": [200, "{}"]},
        {"/jwks": [200, '{"keys": [{"kty": "RSA"}]}']},
        {"/jwks": [404, ""]},
        {"/me": [200, '{"sub": "subject-two", "email": "one@office.example", "email_verified": true}']},
    ],
    ids=str,
)
async def test_a_provider_that_fails_on_the_way_back_is_told(office: Office, answer: dict[str, Any]) -> None:
    back = await office.seat.at_provider(await office.seat.leave(), "subject-one")
    office.real.behave(answer=answer)
    shown = await office.seat.come_back(back)
    assert (shown.status_code, "接続できません" in shown.text) == (503, True)
    assert not await office.is_in()
    with office.database.reading() as connection:  # nobody is kept out for it
        assert connection.execute(sa.text("SELECT max(failures) FROM staff_attempts")).scalar_one() == 0


async def test_a_wrong_secret_is_told_to_the_log_alone(
    real: RealProvider, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(folder, real, client_secret="wrong-secret") as office:
        back = await office.seat.at_provider(await office.seat.leave(), "subject-one")
        with caplog.at_level(logging.WARNING):
            assert (await office.seat.come_back(back)).status_code == 503
    assert "its token endpoint answers 401 invalid_client" in caplog.text
    assert "wrong-secret" not in caplog.text


async def test_the_button_is_there_in_both_languages_where_a_provider_is_set(office: Office, made_once: Path) -> None:
    assert ">職員認証でログイン</button>" in (await office.central.get("/login")).text
    english = await office.central.get("/login", headers={"accept-language": "en"})
    assert ">Sign in with 職員認証</button>" in english.text
    database = Database(sqlite_url(made_once))
    transport = httpx.ASGITransport(create_app(database, office.clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://central") as without:
        assert "/login/provider" not in (await without.get("/login")).text
        assert (await without.get("/login/provider/return")).status_code == 404
    database.close()

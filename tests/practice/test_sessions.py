"""Sign-in, sessions, forms and the logout, as the server sees them."""

from __future__ import annotations

import httpx

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.records import BankAccount
from tests.practice.people import ANSWERS, post_form, sign_in

SESSION = "practice_session"


async def test_the_protected_page_asks_to_sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Faccount")


async def test_a_sign_in_makes_a_session_on_the_server(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    answer = await sign_in(client)
    assert answer.headers["location"] == "/account"
    assert "HttpOnly" in answer.headers["set-cookie"]
    page = await client.get("/account")
    assert "利用者A" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert list(portal.sessions) == ["resident-a"]
    assert client.cookies[SESSION] not in str(portal.sessions)


async def test_a_wrong_password_signs_nobody_in(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    assert (await sign_in(client, password="practice-b")).status_code == 403
    assert (await sign_in(client, user="nobody")).status_code == 403
    assert portal.sessions == {}


async def test_every_sign_in_gets_an_id_of_its_own(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    ids = set()
    for _ in range(3):
        client.cookies.clear()
        await sign_in(client)
        ids.add(client.cookies[SESSION])
    assert len(ids) == len(portal.sessions["resident-a"]) == 3


async def test_a_sign_in_link_cannot_lead_elsewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/sign-in", params={"next": "//elsewhere.invalid/"})).text
    assert "elsewhere.invalid" not in page


async def test_forms_without_their_token_are_refused(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    assert (await client.post("/sign-in", data={"user": "resident-a", "password": "practice-a"})).status_code == 403
    await sign_in(client)
    for path in ("/logout", "/register/bank", "/register/confirm"):
        assert (await client.post(path)).status_code == 403
        assert (await client.post(path, data={"form_token": "guessed"})).status_code == 403
    assert list(portal.sessions) == ["resident-a"]


async def test_one_persons_token_does_not_fit_anothers_form(portal: PracticePortal) -> None:
    async with (
        httpx.AsyncClient(base_url=portal.url, trust_env=False) as a,
        httpx.AsyncClient(base_url=portal.url, trust_env=False) as b,
    ):
        await sign_in(a, "resident-a")
        await sign_in(b, "resident-b")
        b_page = (await b.get("/logout")).text
        token = b_page.split('name="form_token" value="')[1].split('"')[0]
        assert (await a.post("/logout", data={"form_token": token})).status_code == 403


async def test_a_visit_to_the_logouts_address_ends_nothing(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    await sign_in(client)
    assert "ログアウトしますか" in (await client.get("/logout")).text
    assert list(portal.sessions) == ["resident-a"]


async def test_after_the_logout_the_old_cookie_is_refused(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    await sign_in(client)
    old = client.cookies[SESSION]
    answer = await post_form(client, "/logout")
    assert answer.headers["location"] == "/signed-out"
    assert SESSION not in client.cookies
    assert portal.sessions == {}
    client.cookies.set(SESSION, old)
    assert (await client.get("/account")).status_code == 303


async def test_a_registration_goes_over_all_pages(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    await sign_in(client, "resident-b")
    assert (await client.get("/register")).headers["location"] == "/register/bank"
    path = "/register/bank"
    for key in ("bank", "branch", "number", "holder"):
        assert path == f"/register/{key}"
        path = (await post_form(client, path, **{key: ANSWERS[key]})).headers["location"]
    assert path == "/register/confirm"
    assert portal.registered["resident-b"] == ()
    assert (await post_form(client, path)).headers["location"] == "/register/done"
    assert portal.registered == {"resident-a": (), "resident-b": (BankAccount(**ANSWERS),)}
    assert ANSWERS["holder"] in (await client.get("/account")).text


async def test_nothing_is_registered_before_every_page_was_answered(
    portal: PracticePortal, client: httpx.AsyncClient
) -> None:
    await sign_in(client)
    await client.get("/register")
    await post_form(client, "/register/number", number="1234567")
    assert (await client.get("/register/confirm")).headers["location"] == "/register/bank"
    assert portal.registered["resident-a"] == ()


async def test_wrong_answers_are_asked_again(client: httpx.AsyncClient) -> None:
    await sign_in(client)
    wrong = {"bank": "ほかの銀行", "number": "12345", "holder": "りようしゃ"}
    for key, answer in wrong.items():
        assert (await post_form(client, f"/register/{key}", **{key: answer})).status_code == 422
    half_width = await post_form(client, "/register/holder", holder="ﾘﾖｳｼｬ ｴｰ")
    assert half_width.status_code == 303


async def test_the_journal_tells_what_was_done_in_whose_name(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    await sign_in(client)
    await client.get("/account")
    before = portal.now()
    assert [(entry.path, entry.kind) for entry in portal.seen_as("resident-a")] == [("/account", "view")]
    assert portal.seen_as("resident-a", before) == []
    await client.get("/account/statement")
    await post_form(client, "/logout")
    await client.get("/account")
    assert [entry.path for entry in portal.seen_as("resident-a", before)] == ["/account/statement"]
    assert portal.seen_as("resident-b") == []
    last = portal.journal[-1]
    assert (last.path, last.kind, last.user, last.tag) == ("/account", "refused", "", "")
    [tag] = {entry.tag for entry in portal.journal.of("resident-a")}
    assert tag
    kinds = [entry.kind for entry in portal.journal.of("resident-a")]
    assert kinds == ["sign-in", "view", "view", "sign-out", "sign-out"]


async def test_the_journal_holds_no_session_id(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    await sign_in(client)
    await client.get("/account")
    assert client.cookies[SESSION] not in repr(portal.journal)

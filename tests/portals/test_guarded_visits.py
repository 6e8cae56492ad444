"""The whole agent at two real applications: a person leaves without a word, another one sits down."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page

from kiosk_agent.session.vocabulary import StateName
from tests.portals.guarded import LIMIT_MS, LIMIT_S, GuardedDesk, guarded_desk
from tests.portals.servers import RealPortal

# What only its owner may see: at Wagtail the account's page, at Node-RED a flow that was never deployed.
MARK = "利用者Aだけのもの"
OWN_PAGE = {"wagtail": "/admin/account/", "nodered": "/"}


@pytest.fixture
async def desk(portal: RealPortal, tmp_path: Path, display: str) -> AsyncIterator[GuardedDesk]:
    """With the profile as it stands in the examples."""
    async with guarded_desk(portal.write_profile(tmp_path), tmp_path) as desk:
        yield desk


async def leave_data_at_wagtail(page: Page, portal: RealPortal) -> None:
    """A typed change that was never saved, on a page with the person's own address."""
    await page.goto(f"{portal.url}/admin/account/")
    name = page.locator("#id_name_email-last_name")
    await name.fill(MARK, timeout=LIMIT_MS)
    await page.evaluate("mark => { localStorage.setItem('draft', mark); sessionStorage.setItem('draft', mark); }", MARK)


async def leave_data_at_nodered(page: Page, portal: RealPortal) -> None:
    """A flow that was never deployed: the editor then asks before it is left."""
    await page.locator(".red-ui-tab-button.red-ui-tabs-add a").click(timeout=LIMIT_MS)
    await page.locator("#red-ui-workspace-tabs li").nth(1).wait_for(timeout=LIMIT_MS)
    await page.evaluate("mark => { localStorage.setItem('draft', mark); sessionStorage.setItem('draft', mark); }", MARK)


LEAVE_DATA: dict[str, Callable[[Page, RealPortal], Awaitable[None]]] = {
    "wagtail": leave_data_at_wagtail,
    "nodered": leave_data_at_nodered,
}


async def keys_of(desk: GuardedDesk) -> dict[str, Any]:
    """What somebody would need to go on in the session: noted here, beside the agent."""
    cookies = {str(one.get("name")): str(one.get("value")) for one in await desk.page.context.cookies()}
    tokens = await desk.page.evaluate("localStorage.getItem('auth-tokens')")
    return {"cookies": cookies, "token": json.loads(tokens)["access_token"] if tokens else ""}


def server_accepts(portal: RealPortal, keys: dict[str, Any]) -> bool:
    """The portal's server itself is asked, by somebody who holds those keys."""
    path = {"wagtail": "/admin/account/", "nodered": "/flows"}[portal.name]
    headers = {"Authorization": f"Bearer {keys['token']}"} if keys["token"] else {}
    answer = httpx.get(portal.url + path, cookies=keys["cookies"], headers=headers, trust_env=False)
    assert answer.status_code in {200, 302, 401}
    return answer.status_code == 200


async def first_person_walks_away(desk: GuardedDesk, portal: RealPortal) -> dict[str, Any]:
    """Signs in, leaves something behind, and is gone; returns the keys of the session."""
    await desk.worker.start_visit()
    await desk.sign_in(portal.people[0])
    await LEAVE_DATA[portal.name](desk.page, portal)
    keys = await keys_of(desk)
    assert server_accepts(portal, keys)  # otherwise a later refusal would mean nothing
    return keys


async def second_person_finds_nothing(desk: GuardedDesk, portal: RealPortal, *, signs_in: bool = True) -> None:
    """Sits down at the next visit, looks everywhere, signs in, and is themselves."""
    first, second = portal.people
    await desk.worker.start_visit()
    assert await desk.asks_to_sign_in(portal.url + OWN_PAGE[portal.name])
    await desk.page.go_back()
    await desk.page.go_back()
    assert desk.page.url in {"about:blank", desk.profile.portal.start_url} or await desk.asks_to_sign_in(desk.page.url)
    assert await desk.asks_to_sign_in(desk.profile.proof.protected_url)
    kept = await desk.kept_by_the_browser()
    assert not {"sessionid", "auth-tokens"} & {*kept["cookies"], *kept["local"], *kept["session"]}
    assert (kept["databases"], kept["caches"], kept["workers"]) == ([], [], 0)
    seen = [await desk.page.content(), str(kept)]
    if signs_in:
        await desk.sign_in(second)
        await desk.page.goto(portal.url + OWN_PAGE[portal.name])
        seen.append(await desk.page.content())
    assert not any(words in text for text in seen for words in (MARK, first.name, f"{first.user}@"))


async def asks_to_confirm_first(desk: GuardedDesk) -> bool:
    """The gate asks for the confirmation, and offers no other way on."""
    await desk.desk.gate.page.locator("[data-act=confirm]").wait_for(timeout=LIMIT_MS)
    return await desk.desk.gate.page.locator("[data-act=start]").count() == 0


async def end(desk: GuardedDesk) -> None:
    await desk.worker.end_visit()
    await desk.worker.confirm()


async def test_the_next_person_at_the_desk_finds_nothing_of_the_first(portal: RealPortal, desk: GuardedDesk) -> None:
    keys = await first_person_walks_away(desk, portal)
    await desk.worker.next_person()
    await desk.hall.until(StateName.CONFIRMING, limit_s=LIMIT_S)
    assert desk.desk.visit is None
    assert not server_accepts(portal, keys)
    assert await asks_to_confirm_first(desk)
    await desk.worker.confirm()
    await second_person_finds_nothing(desk, portal)
    await end(desk)

    moments = desk.moments()
    steps = [moments.index(one) for one in ("shield_shown", "LogoutFinished", "browser_gone", "Outcome")]
    assert steps == sorted(steps)
    first, second = desk.entries("Outcome")
    assert (first["reason"], first["proof"], first["steps_ok"]) == ("change_of_person", "revoked", True)
    assert (second["reason"], second["proof"], second["steps_ok"]) == ("worker_ended", "revoked", True)
    assert first["residue_clean"]
    assert desk.entries("Incident") == []
    counts = desk.counts()
    assert counts == counts | {
        "visits": 2,
        "sign_ins": 2,
        "outcomes": 2,
        "confirmations": 2,
        "signal.next_person": 1,
        "ended.change_of_person": 1,
        "ended.worker_ended": 1,
        "proof.revoked": 2,
    }
    assert counts["incidents"] == counts["overrides"] == counts["refused_addresses"] == 0


async def test_a_logout_without_its_steps_is_half_and_is_reported(
    portal: RealPortal, tmp_path: Path, display: str
) -> None:
    async with guarded_desk(portal.write_profile(tmp_path, half=True), tmp_path) as desk:
        keys = await first_person_walks_away(desk, portal)
        await desk.worker.next_person()
        await desk.hall.until(StateName.CONFIRMING, limit_s=LIMIT_S)
        assert server_accepts(portal, keys)  # it is true: the session lives on at the server
        assert await asks_to_confirm_first(desk)
        await desk.worker.confirm()
        await second_person_finds_nothing(desk, portal, signs_in=False)
        await end(desk)
        first, second = desk.entries("Outcome")
        assert (first["reason"], first["proof"]) == ("change_of_person", "half")
        assert (second["reason"], second["proof"]) == ("worker_ended", "not_needed")
        (incident,) = desk.entries("Incident")
        assert (incident["code"], incident["visit_id"]) == ("proof_less_than_expected", first["visit_id"])
        counts = desk.counts()
        assert (counts["proof.half"], counts["proof.not_needed"], counts["incidents"]) == (1, 1, 1)


async def test_another_account_in_the_same_visit_ends_it_at_once(
    wagtail: RealPortal, tmp_path: Path, display: str
) -> None:
    """The portal lets a second person in without a logout of the first."""
    async with guarded_desk(wagtail.write_profile(tmp_path), tmp_path) as desk:
        await desk.worker.start_visit()
        await desk.sign_in(wagtail.people[0])
        second = signed_in_elsewhere(wagtail)
        await desk.page.context.add_cookies([{"name": "sessionid", "value": second, "url": wagtail.url}])
        await desk.page.goto(desk.profile.portal.start_url)
        await desk.hall.until(StateName.CONFIRMING, limit_s=LIMIT_S)
        assert not server_accepts(wagtail, {"cookies": {"sessionid": second}, "token": ""})
        await desk.worker.confirm()
        (outcome,) = desk.entries("Outcome")
        assert (outcome["reason"], outcome["proof"]) == ("change_of_person", "revoked")
        counts = desk.counts()
        assert (counts["signal.account_different"], counts["ended.change_of_person"]) == (1, 1)


def signed_in_elsewhere(wagtail: RealPortal) -> str:
    """The key of a session of the second person."""
    person = wagtail.people[1]
    login = f"{wagtail.url}/admin/login/"
    with httpx.Client(trust_env=False) as client:
        token = client.get(login).cookies["csrftoken"]
        fields = {"username": person.user, "password": person.password, "csrfmiddlewaretoken": token}
        client.post(login, data=fields, headers={"Referer": login})
        return client.cookies["sessionid"]


async def test_a_persons_own_logout_is_seen_and_proved(portal: RealPortal, desk: GuardedDesk) -> None:
    await desk.worker.start_visit()
    await desk.sign_in(portal.people[0])
    keys = await keys_of(desk)
    await desk.until_the_portal_accepted_it()
    page = desk.page
    if portal.name == "wagtail":
        await page.locator(".sidebar-footer__account").click()
        await page.locator("form[action='/admin/logout/'] button").click()
    else:
        await page.locator("#red-ui-header-button-user").click()
        await page.locator("#usermenu-item-logout").click()
    await desk.hall.until(StateName.CONFIRMING, limit_s=LIMIT_S)
    assert not server_accepts(portal, keys)
    await desk.worker.confirm()
    (outcome,) = desk.entries("Outcome")
    assert (outcome["reason"], outcome["proof"]) == ("own_logout", "revoked")

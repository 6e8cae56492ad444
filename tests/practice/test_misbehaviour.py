"""The switches that need no browser to be seen."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.switches import LogoutWay, Outage, Quirk, Switches, switch_names, switches_from
from tests.practice.people import post_form, sign_in


async def test_a_logout_that_only_drops_the_cookie_leaves_the_session(
    portal: PracticePortal, client: httpx.AsyncClient
) -> None:
    portal.switches.logout = LogoutWay.COOKIE_ONLY
    await sign_in(client)
    old = client.cookies["practice_session"]
    assert (await post_form(client, "/logout")).headers["location"] == "/signed-out"
    assert "practice_session" not in client.cookies
    client.cookies.set("practice_session", old)
    assert (await client.get("/account")).status_code == 200


async def test_a_logout_that_hangs_never_answers_and_does_not_stall_the_others(
    portal: PracticePortal, client: httpx.AsyncClient
) -> None:
    portal.switches.logout = LogoutWay.HANGS
    await sign_in(client)
    hanging = asyncio.create_task(post_form(client, "/logout"))
    while not [entry for entry in portal.journal if entry.path == "/logout"]:
        await asyncio.sleep(0.01)
    assert (await client.get("/account")).status_code == 200
    assert not hanging.done()
    hanging.cancel()
    assert list(portal.sessions) == ["resident-a"]


async def test_the_portal_ends_although_a_request_hangs(client: httpx.AsyncClient, portal: PracticePortal) -> None:
    portal.switches.outage = Outage.HANGS
    hanging = asyncio.create_task(client.get("/"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(hanging), 0.5)
    await asyncio.to_thread(portal.stop)
    assert (await hanging).status_code == 503


async def test_a_slow_logout_ends_the_session_in_the_end(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    portal.switches = Switches(logout=LogoutWay.SLOW, logout_answers_after_s=0.3)
    await sign_in(client)
    before = portal.now()
    assert (await post_form(client, "/logout")).status_code == 303
    assert portal.now() - before >= 0.3
    assert portal.sessions == {}


async def test_a_logout_that_answers_500_leaves_the_session(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    portal.switches.logout = LogoutWay.ERROR
    await sign_in(client)
    assert (await post_form(client, "/logout")).status_code == 500
    assert portal.journal[-1].kind == "failed"
    assert list(portal.sessions) == ["resident-a"]


async def test_an_outage_comes_and_goes(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    await sign_in(client)
    portal.switches.outage = Outage.ERROR
    assert (await client.get("/account")).status_code == 503
    portal.switches.outage = Outage.NONE
    assert (await client.get("/account")).status_code == 200


async def test_a_portal_that_is_down_comes_up_again_at_the_same_address(
    portal: PracticePortal, client: httpx.AsyncClient
) -> None:
    await sign_in(client)
    addresses = (portal.url, portal.idp_url)
    await asyncio.to_thread(portal.go_down)
    with pytest.raises(httpx.ConnectError):
        await client.get("/account")
    await asyncio.to_thread(portal.come_up)
    assert (portal.url, portal.idp_url) == addresses
    assert (await client.get("/account")).status_code == 200


async def test_with_a_strict_policy_every_page_asks_for_trusted_types(
    portal: PracticePortal, client: httpx.AsyncClient
) -> None:
    portal.switches.quirks = frozenset({Quirk.STRICT_CSP})
    await sign_in(client)
    for path in ("/", "/account", "/logout", "/register/bank"):
        policy = (await client.get(path)).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
        assert "unsafe" not in policy


async def test_the_switches_cannot_be_turned_from_outside(portal: PracticePortal, client: httpx.AsyncClient) -> None:
    for path in ("/switches", "/api/switches", "/journal", "/sessions"):
        assert (await client.get(path)).status_code == 404


def test_every_switch_has_a_name_on_the_command_line() -> None:
    for name in switch_names():
        assert switches_from([name.replace("=SECONDS", "=2.5")])
    chosen = switches_from(["logout=hangs", "fights", "loops", "loop_after_s=1.5"])
    assert chosen == Switches(logout=LogoutWay.HANGS, quirks=frozenset({Quirk.FIGHTS, Quirk.LOOPS}), loop_after_s=1.5)


@pytest.mark.parametrize("name", ["logout=never", "nope", "loop_after_s=soon", "logout"])
def test_an_unknown_switch_is_refused_with_those_that_exist(name: str) -> None:
    with pytest.raises(ValueError, match=r"possible are: .*logout=hangs"):
        switches_from([name])

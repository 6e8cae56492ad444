"""What the example profiles say of Wagtail and Node-RED is true; shown without the agent."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import httpx
from playwright.async_api import Browser

from tests.portals.servers import RealPortal
from tests.support.by_profile import Described, Verdict


def described(portal: RealPortal, who: int = 0, *, half: bool = False) -> Described:
    person = portal.people[who]
    return Described(portal.profile_text(half=half), person.user, person.password)


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def test_the_placeholder_is_all_that_has_to_be_replaced(portal: RealPortal) -> None:
    addresses = [text for text in texts(described(portal).profile) if "://" in text]
    assert len(addresses) >= 4
    assert [address for address in addresses if not address.startswith(f"{portal.url}/")] == []


async def test_the_steps_sign_in_and_the_account_is_the_right_person(portal: RealPortal, browser: Browser) -> None:
    for who, person in enumerate(portal.people):
        profile = described(portal, who)
        context = await browser.new_context()
        page = await profile.sign_in(context)
        assert await profile.is_signed_in(page)
        assert await profile.account(page) == person.name
        assert await profile.protected_page(context) is Verdict.OPENED


async def test_nobody_counts_as_signed_in_before_the_sign_in(portal: RealPortal, browser: Browser) -> None:
    profile = described(portal)
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(profile.profile["portal"]["start_url"])
    await page.locator(profile.profile["signed_out"]["selector"]).wait_for()
    assert not await profile.is_signed_in(page)
    assert await profile.protected_page(context) is Verdict.REFUSED


async def test_a_full_logout_ends_the_session_here_and_at_the_server(portal: RealPortal, browser: Browser) -> None:
    profile = described(portal)
    context = await browser.new_context()
    page = await profile.sign_in(context)
    noted = await context.storage_state()
    assert await profile.replay(browser, noted) is Verdict.OPENED  # otherwise a later refusal proves nothing
    await profile.account(page)  # what the agent has opened to read it does not stand in the way
    await profile.log_out(page)
    assert not await profile.is_signed_in(page)
    assert await profile.protected_page(context) is Verdict.REFUSED
    assert await profile.replay(browser, noted) is Verdict.REFUSED
    assert profile.profile["proof"]["expect"] == "revoked"


async def test_without_the_steps_the_session_lives_on(portal: RealPortal, browser: Browser) -> None:
    profile = described(portal, half=True)
    assert profile.profile["logout"]["steps"] == []
    context = await browser.new_context()
    await profile.sign_in(context)
    noted = await context.storage_state()
    assert await profile.protected_page(context) is Verdict.OPENED
    await context.close()
    assert await profile.replay(browser, noted) is Verdict.OPENED


async def test_one_persons_logout_leaves_the_other_signed_in(portal: RealPortal, browser: Browser) -> None:
    first, second = described(portal, 0), described(portal, 1)
    one, other = await browser.new_context(), await browser.new_context()
    page = await first.sign_in(one)
    await second.sign_in(other)
    await first.log_out(page)
    assert await first.protected_page(one) is Verdict.REFUSED
    assert await second.protected_page(other) is Verdict.OPENED


async def test_the_pages_ask_nothing_of_the_internet(portal: RealPortal, browser: Browser) -> None:
    profile = described(portal)
    context = await browser.new_context()
    asked: set[str] = set()
    context.on("request", lambda request: asked.add(request.url))
    page = await profile.sign_in(context)
    await profile.log_out(page)
    assert {url for url in asked if not url.startswith((portal.url, "data:", "blob:"))} == set()


async def test_wagtails_logout_is_not_a_mere_visit_to_an_address(wagtail: RealPortal, browser: Browser) -> None:
    profile = described(wagtail)
    context = await browser.new_context()
    await profile.sign_in(context)
    noted = await context.storage_state()
    cookies = {cookie["name"]: cookie["value"] for cookie in noted["cookies"]}
    assert httpx.get(f"{wagtail.url}/admin/logout/", cookies=cookies, trust_env=False).status_code == 405
    assert httpx.post(f"{wagtail.url}/admin/logout/", cookies=cookies, trust_env=False).status_code == 403
    assert await profile.replay(browser, noted) is Verdict.OPENED


async def test_node_reds_token_is_refused_after_the_logout(nodered: RealPortal, browser: Browser) -> None:
    profile = described(nodered)
    context = await browser.new_context()
    page = await profile.sign_in(context)
    token = await page.evaluate("JSON.parse(localStorage.getItem('auth-tokens')).access_token")
    assert await context.cookies() == []
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{nodered.url}/flows", headers=headers, trust_env=False).status_code == 200
    await profile.log_out(page)
    assert httpx.get(f"{nodered.url}/flows", headers=headers, trust_env=False).status_code == 401


def test_node_red_outlives_a_page_that_is_left_while_it_loads(nodered: RealPortal) -> None:
    """As a browser does it: the connection ends while a file of the debug sidebar is on its way."""
    port = httpx.URL(nodered.url).port
    asked = b"GET /debug/view/debug-utils.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for _ in range(5):
        with socket.socket() as leaving:
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that the server is still sending
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            leaving.connect(("127.0.0.1", port))
            leaving.sendall(asked * 400)
            assert leaving.recv(1)
        assert httpx.get(nodered.url, trust_env=False).status_code == 200

"""Each variant of the profile, followed in the browser: does the portal behave as the profile says?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from kiosk_agent.portal.load import load_profile
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import (
    DEFAULT_PORTAL_URL,
    DEFAULT_PROVIDER_URL,
    Variant,
    practice_profile,
    profile_text,
)
from kiosk_agent.practice.switches import Credentials, LogoutWay, Provider, Quirk, Switches
from tests.support.by_profile import Described, Verdict

ROOT = Path(__file__).resolve().parent.parent.parent
STORAGE = Credentials.STORAGE
SCRIPTED = frozenset({Quirk.SCRIPTED})


@dataclass
class Visit:
    portal: PracticePortal
    profile: Described
    context: BrowserContext
    page: Page


@asynccontextmanager
async def signed_in(browser: Browser, variant: Variant, switches: Switches) -> AsyncIterator[Visit]:
    async with PracticePortal(switches) as portal:
        profile = Described(practice_profile(portal, variant), "resident-a", "practice-a")
        context = await browser.new_context()
        yield Visit(portal, profile, context, await profile.sign_in(context))
        await context.close()


@pytest.mark.parametrize("variant", Variant)
def test_every_variant_is_a_valid_profile(variant: Variant, tmp_path: Path) -> None:
    path = tmp_path / "practice.toml"
    path.write_text(profile_text(DEFAULT_PORTAL_URL, DEFAULT_PROVIDER_URL, variant), encoding="utf-8")
    assert load_profile(path).portal.name == "practice"


def test_the_profile_in_the_configuration_is_the_plain_one() -> None:
    written = (ROOT / "config" / "portals" / "practice.toml").read_text(encoding="utf-8")
    assert written == profile_text(DEFAULT_PORTAL_URL, DEFAULT_PROVIDER_URL, Variant.PLAIN)


@pytest.mark.parametrize(
    ("variant", "switches"),
    [
        (Variant.PLAIN, Switches()),
        (Variant.REVEAL, Switches()),
        (Variant.PROVIDER, Switches(provider=Provider.FULL)),
        (Variant.STORAGE, Switches(credentials=STORAGE)),
        (Variant.SCRIPTED, Switches(quirks=SCRIPTED)),
    ],
    ids=str,
)
async def test_a_full_logout_is_revoked(browser: Browser, variant: Variant, switches: Switches) -> None:
    async with signed_in(browser, variant, switches) as visit:
        assert await visit.profile.is_signed_in(visit.page)
        assert await visit.profile.account(visit.page) == "利用者A"
        noted = await visit.context.storage_state()
        assert await visit.profile.replay(browser, noted) is Verdict.OPENED
        await visit.profile.log_out(visit.page)
        assert not await visit.profile.is_signed_in(visit.page)
        assert visit.portal.sessions == visit.portal.idp_sessions == {}
        assert await visit.profile.protected_page(visit.context) is Verdict.REFUSED
        assert await visit.profile.replay(browser, noted) is Verdict.REFUSED


@pytest.mark.parametrize(
    ("variant", "switches"),
    [
        (Variant.CLEARED, Switches(logout=LogoutWay.COOKIE_ONLY)),
        (Variant.STORAGE, Switches(credentials=STORAGE, logout=LogoutWay.COOKIE_ONLY)),
    ],
    ids=str,
)
async def test_where_the_server_keeps_the_session_it_is_only_cleared(
    browser: Browser, variant: Variant, switches: Switches
) -> None:
    async with signed_in(browser, variant, switches) as visit:
        noted = await visit.context.storage_state()
        await visit.profile.log_out(visit.page)
        assert list(visit.portal.sessions) == ["resident-a"]
        assert await visit.profile.protected_page(visit.context) is Verdict.REFUSED
        assert await visit.profile.replay(browser, noted) is Verdict.OPENED


async def test_after_a_half_logout_the_provider_silently_signs_the_same_person_in(browser: Browser) -> None:
    async with signed_in(browser, Variant.PROVIDER, Switches(provider=Provider.HALF)) as visit:
        noted = await visit.context.storage_state()
        await visit.profile.log_out(visit.page)  # shows the same page as a full one
        assert visit.portal.sessions == {}
        assert list(visit.portal.idp_sessions) == ["resident-a"]
        assert await visit.profile.replay(browser, noted) is Verdict.REFUSED  # the old session is dead indeed
        assert await visit.profile.protected_page(visit.context) is Verdict.OPENED
        assert list(visit.portal.sessions) == ["resident-a"]


async def test_where_only_a_consent_is_asked_for_one_button_is_enough(browser: Browser) -> None:
    async with signed_in(browser, Variant.PROVIDER, Switches(provider=Provider.CONSENT)) as visit:
        await visit.profile.log_out(visit.page)
        assert await visit.profile.protected_page(visit.context, unknown_after_ms=2000) is Verdict.UNKNOWN
        page = visit.context.pages[-1]
        assert page.url.startswith(visit.portal.idp_url)
        assert await page.locator("input:visible").count() == 0
        assert await page.locator("button").count() == 1
        await page.click("#consent")
        await page.wait_for_selector("#account-name")
        assert list(visit.portal.sessions) == ["resident-a"]


async def test_without_the_logouts_steps_the_session_lives_on(browser: Browser) -> None:
    async with signed_in(browser, Variant.NO_STEPS, Switches()) as visit:
        await visit.profile.run(visit.page, visit.profile.profile["logout"]["steps"])
        assert await visit.profile.protected_page(visit.context) is Verdict.OPENED


async def test_a_bearer_token_needs_no_cookie(browser: Browser) -> None:
    async with signed_in(browser, Variant.STORAGE, Switches(credentials=STORAGE)) as visit:
        assert await visit.context.cookies() == []
        token = await visit.page.evaluate("localStorage.getItem('practice-token')")
        assert len(token) >= 43
        await visit.page.reload()
        await visit.page.wait_for_selector("#account-name")


async def test_a_registration_is_recognised_by_the_profiles_operation(browser: Browser) -> None:
    async with signed_in(browser, Variant.PLAIN, Switches()) as visit:
        page = visit.page
        await page.click("#to-register")
        await page.check("input[name=bank][value=みほん銀行]")
        await page.click("#next")
        await page.check("input[name=branch][value=本店]")
        await page.click("#next")
        await page.fill("#number", "1234567")
        await page.click("#next")
        await page.fill("#holder", "リヨウシャ エー")
        await page.click("#next")
        await page.click("#register")
        [operation] = visit.profile.profile["operation"]
        await page.wait_for_selector(operation["done"])
        assert page.url == operation["url"]
        assert [account.number for account in visit.portal.registered["resident-a"]] == ["1234567"]


async def test_a_registration_by_script_is_recognised_too(browser: Browser) -> None:
    async with signed_in(browser, Variant.STORAGE, Switches(credentials=STORAGE)) as visit:
        page = visit.page
        await page.check("input[name=bank][value=みほん銀行]")
        await page.check("input[name=branch][value=本店]")
        await page.fill("#number", "7654321")
        await page.fill("#holder", "リヨウシャ エー")
        await page.click("#register")
        [operation] = visit.profile.profile["operation"]
        await page.wait_for_selector(operation["done"])
        assert page.url == operation["url"]
        assert [entry.kind for entry in visit.portal.seen_as("resident-a")][-1] == "act"

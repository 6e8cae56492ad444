"""Signing in, whose account it is, and signing out: noticed from what the portal shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk_agent.hands.signs import AccountTagger, mask, normalise
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import Variant, practice_profile
from kiosk_agent.practice.switches import Credentials, Quirk, Switches
from kiosk_agent.session import events as ev
from tests.browser.conftest import LIMIT_S, Visit, visiting


async def test_nobody_is_signed_in_before_the_sign_in(visit: Visit) -> None:
    await visit.page.goto(f"{visit.portal.url}/help")
    await visit.page.go_back()
    assert not visit.of(ev.SignInSeen)
    assert visit.browser.hint == ""


async def test_a_sign_in_and_its_account_are_seen_once(visit: Visit) -> None:
    await visit.sign_in()
    await visit.until(ev.AccountSeen)
    await visit.page.click("#to-register")
    await visit.page.go_back()
    await visit.page.wait_for_selector("#account-name")
    await visit.page.reload()
    assert len(visit.of(ev.SignInSeen)) == 1
    assert len(visit.of(ev.AccountSeen)) == 1
    assert visit.browser.hint == "利＊＊＊"


async def test_another_account_in_the_same_visit_has_another_tag(visit: Visit) -> None:
    await visit.sign_in("a")
    await visit.until(ev.AccountSeen)
    async with asyncio.timeout(LIMIT_S):
        while not await visit.page.locator(
            "#to-sign-in"
        ).count():  # an answer that was on its way may bring a cookie back
            await visit.page.context.clear_cookies()
            await visit.page.goto(visit.portal.url)
    await visit.sign_in("b", seen=False)
    await visit.until(ev.AccountSeen, times=2)
    first, second = visit.of(ev.AccountSeen)
    assert first.tag != second.tag


async def test_tags_of_one_account_differ_from_visit_to_visit(portal: PracticePortal, tmp_path: Path) -> None:
    tags = set()
    for _ in range(2):
        async with visiting(portal, tmp_path) as visit:
            await visit.sign_in()
            tags.add((await visit.until(ev.AccountSeen)).tag)
    assert len(tags) == 2


async def test_the_residents_own_logout_is_seen(visit: Visit) -> None:
    await visit.sign_in()
    for selector in ("#menu-button", "#menu-log-out", "#confirm-log-out"):
        await visit.page.click(selector)
    await visit.until(ev.SignOutSeen)


async def test_a_page_without_the_account_is_no_logout(visit: Visit) -> None:
    await visit.sign_in()
    await visit.until(ev.AccountSeen)
    await visit.page.goto(f"{visit.portal.url}/help")
    await visit.page.goto(f"{visit.portal.url}/account")
    await visit.page.wait_for_selector("#account-name")
    assert not visit.of(ev.SignOutSeen)


async def test_a_session_that_the_server_ended_is_seen_when_the_portal_asks_to_sign_in(visit: Visit) -> None:
    await visit.sign_in()
    await visit.page.context.clear_cookies()
    await visit.page.goto(f"{visit.portal.url}/account")
    await visit.until(ev.SignOutSeen)


async def test_a_cookie_that_is_gone_is_noticed_on_a_page_that_shows_nothing_of_it(visit: Visit) -> None:
    await visit.sign_in()
    await visit.page.context.clear_cookies()
    await visit.page.goto(f"{visit.portal.url}/help")
    await visit.until(ev.SignOutSeen)
    assert visit.portal.sessions != {}  # the server would still accept it


@pytest.fixture
async def by_selector(portal: PracticePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visit]:
    """A visit in which the sign-in is told by what a page shows, not by its cookie, on a page that shows nothing."""

    def profile(portal: PracticePortal, variant: Variant) -> str:
        text = practice_profile(portal, variant)
        return text.replace('[signed_in]\ncookie = "practice_session"', '[signed_in]\nselector = "#account-name"')

    monkeypatch.setattr("tests.browser.conftest.practice_profile", profile)
    async with visiting(portal, tmp_path) as visit:
        assert visit.profile.signed_in.cookie is None
        await visit.sign_in()
        await visit.page.goto(f"{portal.url}/help")
        yield visit


async def test_what_the_portal_shows_after_a_logout_is_enough(by_selector: Visit) -> None:
    await by_selector.page.evaluate("() => { document.querySelector('h1').id = 'signed-out'; return fetch('/help') }")
    await by_selector.until(ev.SignOutSeen)
    assert by_selector.portal.sessions != {}


@pytest.mark.parametrize("switches", [Switches(credentials=Credentials.STORAGE)])
async def test_a_session_in_web_storage_comes_and_goes(portal: PracticePortal, tmp_path: Path) -> None:
    async with visiting(portal, tmp_path, variant=Variant.STORAGE) as visit:
        await visit.sign_in()
        await visit.until(ev.AccountSeen)
        for selector in ("#menu-button", "#menu-log-out", "#confirm-log-out"):
            await visit.page.click(selector)
        await visit.until(ev.SignOutSeen)


async def test_an_account_behind_a_menu_is_read_once_and_the_menu_is_closed_again(
    portal: PracticePortal, tmp_path: Path
) -> None:
    async with visiting(portal, tmp_path, variant=Variant.REVEAL) as visit:
        await visit.sign_in()
        await visit.until(ev.AccountSeen)
        assert visit.browser.hint == "利＊＊＊"
        assert visit.profile.account is not None
        assert not await visit.page.is_visible(visit.profile.account.selector)


@pytest.mark.parametrize("switches", [Switches(quirks=frozenset({Quirk.SCRIPTED}))])
async def test_a_page_that_is_filled_by_script_is_read_when_it_is_filled(
    portal: PracticePortal, tmp_path: Path
) -> None:
    async with visiting(portal, tmp_path, variant=Variant.SCRIPTED) as visit:
        await visit.sign_in()
        await visit.until(ev.AccountSeen)


async def test_a_finished_operation_is_told_once(visit: Visit) -> None:
    await visit.sign_in()
    for _ in range(2):
        # the operation's page as the portal shows it after the last question
        await visit.page.route(
            "**/register/done", lambda route: route.fulfill(body='<h1 id="registration-done">済</h1>')
        )
        await visit.page.goto(f"{visit.portal.url}/register/done")
        await visit.until(ev.OperationFinished)
        await visit.page.goto(f"{visit.portal.url}/account")
    assert [event.name for event in visit.of(ev.OperationFinished)] == ["公金受取口座の登録"]


def test_the_same_account_written_in_another_way_is_the_same_account() -> None:
    tagger = AccountTagger()
    assert tagger.tag(" 利用者Ａ　太郎 ") == tagger.tag("利用者a 太郎")
    assert tagger.tag("利用者A") != tagger.tag("利用者B")
    assert normalise("ｱｲｳ") == "アイウ"


def test_a_hint_shows_the_first_letter_only() -> None:
    assert mask("  山田 太郎") == "山＊＊＊"
    assert mask("") == ""


async def test_what_was_noted_can_be_forgotten(visit: Visit) -> None:
    await visit.sign_in()
    await visit.until(ev.AccountSeen)
    visit.browser.forget()
    assert visit.browser.hint == ""
    await visit.browser.destroy()
    assert (await visit.browser.prove()).value == "unproven"


OTHER_ACCOUNT = '<p class="who"><span id="account-name">利用者B</span></p>'


async def bound(visit: Visit) -> None:
    """Signed in as A, and the account is known."""
    await visit.sign_in("a")
    await visit.until(ev.AccountSeen)


async def is_noticed(visit: Visit) -> None:
    """The other account is told."""
    await visit.until(ev.AccountSeen, times=2)
    first, second = visit.of(ev.AccountSeen)
    assert first.tag != second.tag


async def test_another_account_in_an_older_tab_is_noticed_while_the_newest_shows_the_first(visit: Visit) -> None:
    await bound(visit)
    older, newest = visit.page, await visit.page.context.new_page()
    await newest.goto(f"{visit.portal.url}/account")
    await newest.wait_for_selector("#account-name")
    await older.evaluate("() => { document.getElementById('account-name').textContent = '利用者B' }")
    await is_noticed(visit)


async def test_another_account_in_the_newest_tab_is_noticed_while_an_older_one_shows_the_first(visit: Visit) -> None:
    await bound(visit)
    newest = await visit.page.context.new_page()
    await newest.goto(f"{visit.portal.url}/account")
    await newest.wait_for_selector("#account-name")
    await newest.evaluate("() => { document.getElementById('account-name').textContent = '利用者B' }")
    await is_noticed(visit)


async def test_another_account_in_a_frame_alone_is_noticed(visit: Visit) -> None:
    await bound(visit)
    await visit.page.route(
        "**/help", lambda route: route.fulfill(body=OTHER_ACCOUNT, content_type="text/html; charset=utf-8")
    )
    await visit.page.route("**/account", lambda route: route.fulfill(body="<iframe src='/help'></iframe>"))
    await visit.page.goto(f"{visit.portal.url}/account")
    await is_noticed(visit)


async def test_another_account_after_the_address_was_changed_by_script_is_noticed(visit: Visit) -> None:
    await bound(visit)
    await visit.page.goto(f"{visit.portal.url}/help")  # shows no account
    await visit.page.evaluate(
        "html => { history.pushState(null, '', '/account'); document.body.innerHTML = html }", OTHER_ACCOUNT
    )
    await is_noticed(visit)


async def test_another_account_in_a_shadow_root_or_a_field_is_noticed(visit: Visit) -> None:
    await bound(visit)
    await visit.page.evaluate(
        "() => { document.body.innerHTML = '<div id=host></div>';"
        "const root = document.getElementById('host').attachShadow({mode: 'open'});"
        "root.innerHTML = '<input id=account-name>'; root.firstChild.value = '利用者B' }"
    )
    await is_noticed(visit)

"""A form about the resident is held in the browser until the two names were found the same, or the worker says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Error as BrowserError
from playwright.async_api import Page, Route, expect

from kiosk_agent.portal.names import plain_name
from kiosk_agent.practice.journal import Entry
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import Variant, practice_profile
from kiosk_agent.practice.switches import Credentials, Switches
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Check
from tests.browser.conftest import LIMIT_S, Visit, visiting

OWN = "リヨウシャ エー"
OTHERS = "リヨウシャ ビー"
SUBMIT = "document.getElementById('registration-form').submit()"
REQUEST_SUBMIT = "document.getElementById('registration-form').requestSubmit()"
FETCH = """
fetch('/register/holder', {method: 'POST', body: new URLSearchParams(
    new FormData(document.getElementById('registration-form')))}).then(answer => { document.title = answer.status },
    () => { document.title = 'refused' })
"""
XHR = """
{ const x = new XMLHttpRequest(); x.open('POST', '/register/holder');
  x.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
  x.send(new URLSearchParams(new FormData(document.getElementById('registration-form')))) }
"""
WAITING_XHR = XHR.replace("'/register/holder')", "'/register/holder', false)")  # nothing in the page goes on
BEACON = """
navigator.sendBeacon('/register/holder', new URLSearchParams(
    new FormData(document.getElementById('registration-form'))))
"""
NEW_TAB = "{ const f = document.getElementById('registration-form'); f.target = '_blank'; f.submit() }"
IN_FRAME = """
{ const f = document.getElementById('registration-form'), i = document.createElement('iframe');
  i.name = 'inner'; document.body.append(i); f.target = 'inner'; f.submit() }
"""


def sent(visit: Visit) -> list[Entry]:
    """What reached the portal."""
    return [one for one in visit.portal.journal if (one.method, one.path) == ("POST", "/register/holder")]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not holds():
            await asyncio.sleep(0.02)  # the portal tells nobody when it is asked something


async def at_the_form(visit: Visit, name: str, way: str = "") -> Page:
    """Signed in, and the account holder's name filled in."""
    await visit.sign_in()
    await visit.until(ev.AccountSeen)
    await noticed(visit)
    page = visit.page
    if way == IN_FRAME:
        await page.route("**/register/holder", without_policy)
    await page.goto(f"{visit.portal.url}/register/holder")
    await page.fill("#holder", name)
    return page


async def without_policy(route: Route) -> None:
    """The practice portal lets nobody put a frame into its pages; others do."""
    if route.request.method != "GET":
        await route.fallback()  # to the agent
        return
    answer = await route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
    await route.fulfill(response=answer, headers=headers)


async def noticed(visit: Visit) -> None:
    """Until the portal's kana was read: the page with the form does not show it."""
    guard = visit.browser._same_person
    await until(lambda: bool(guard._names))


async def is_held(visit: Visit, check: Check = Check.NAME_DIFFERENT, *, times: int = 1) -> None:
    """The session is told, and nothing has left the browser."""
    assert (await visit.until(ev.FormHeld, times=times)).check is check
    # a request that was not held would be at the portal before this one, which is made after it
    await visit.page.context.request.get(f"{visit.portal.url}/help")
    assert sent(visit) == []


WAYS = pytest.mark.parametrize("way", [SUBMIT, REQUEST_SUBMIT, FETCH, XHR, BEACON, NEW_TAB, IN_FRAME], ids=[
    *("submit()", "requestSubmit()", "fetch", "XMLHttpRequest", "beacon", "new tab", "frame"),
])  # fmt: skip


@WAYS
async def test_a_form_with_another_name_is_held_however_it_is_sent_and_then_goes_once(visit: Visit, way: str) -> None:
    page = await at_the_form(visit, OTHERS, way)
    await page.evaluate(f"() => {{ {way} }}")
    await is_held(visit)
    visit.browser.let_form_go()
    await until(lambda: bool(sent(visit)))
    await page.context.request.get(f"{visit.portal.url}/help")
    assert len(sent(visit)) == 1
    assert len(visit.of(ev.FormHeld)) == 1


@WAYS
async def test_a_form_with_ones_own_name_goes_at_once_and_nobody_is_asked(visit: Visit, way: str) -> None:
    page = await at_the_form(visit, OWN, way)
    await page.evaluate(f"() => {{ {way} }}")
    await until(lambda: bool(sent(visit)))
    assert len(sent(visit)) == 1
    assert visit.of(ev.FormHeld) == []


async def test_a_click_is_held_and_goes_on_as_it_was(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    await page.click("#next", no_wait_after=True)
    await is_held(visit)
    visit.browser.let_form_go()
    await page.wait_for_url("**/register/bank")
    assert len(sent(visit)) == 1


async def test_enter_is_held(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    await page.press("#holder", "Enter", no_wait_after=True)
    await is_held(visit)


async def test_pressing_twice_sends_once_and_asks_once(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    await page.dblclick("#next", no_wait_after=True)
    await is_held(visit)
    visit.browser.let_form_go()
    await page.wait_for_url("**/register/bank")
    assert len(sent(visit)) == 1
    assert len(visit.of(ev.FormHeld)) == 1


async def test_a_name_that_the_worker_has_called_the_same_is_not_asked_about_again(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    await page.click("#next", no_wait_after=True)
    await is_held(visit)
    visit.browser.let_form_go()
    await page.wait_for_url("**/register/bank")
    for name, times in ((OTHERS, 1), ("ﾘﾖｳｼﾔ ﾋﾞｰ", 1), ("ダレカ", 2)):
        await page.goto(f"{visit.portal.url}/register/holder")
        await page.fill("#holder", name)
        await page.click("#next", no_wait_after=True)
        if times == 1:
            await page.wait_for_url("**/register/bank")
    await visit.until(ev.FormHeld, times=2)


async def test_at_the_visits_end_a_held_form_is_refused_for_good(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    await page.evaluate(f"() => {{ {FETCH} }}")
    await is_held(visit)
    asked = visit.browser._same_person._asked
    await visit.browser.run_logout(steps=True)
    assert asked is not None
    assert asked.result() is False  # whatever is answered later
    assert sent(visit) == []
    assert visit.portal.sessions == {}  # the logout's own form was none of the guard's business


async def test_where_two_pages_show_a_name_the_newest_counts(visit: Visit) -> None:
    await visit.sign_in()
    await noticed(visit)
    older, guard = visit.page, visit.browser._same_person
    (selector,) = guard._names
    await older.goto(f"{visit.portal.url}/account")
    async with older.context.expect_page() as opened:
        await older.evaluate("() => { window.open('/account') }")
    newer = await opened.value
    await newer.locator(selector).first.wait_for(state="attached")
    await newer.evaluate("([at, name]) => { document.querySelector(at).textContent = name }", [selector, OTHERS])
    await guard.note_names([older, newer])
    assert guard._names[selector] == plain_name(OTHERS)


async def test_a_page_whose_form_is_refused_stays_where_it_is_for_the_logout(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    await page.click("#next", no_wait_after=True)
    await is_held(visit)
    visit.browser._same_person.end()
    assert await page.input_value("#holder") == OTHERS
    assert sent(visit) == []


async def test_a_page_that_tries_again_while_it_is_logged_out_is_refused_too(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    again = "const go = () => fetch('/register/holder', {method: 'POST'}).catch(() => setTimeout(go, 20)); go()"
    await page.evaluate(f"() => {{ {again} }}")
    await is_held(visit)
    visit.browser._same_person.end()
    await page.evaluate("() => new Promise(done => setTimeout(done, 200))")  # some tries of the page's
    assert sent(visit) == []


async def test_a_form_whose_page_goes_elsewhere_is_never_sent(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    await page.evaluate(f"() => {{ {FETCH} }}")
    await is_held(visit)
    await page.goto(f"{visit.portal.url}/help")
    visit.browser.let_form_go()
    await page.goto(f"{visit.portal.url}/account")
    assert sent(visit) == []


async def test_a_second_form_waits_for_its_own_answer(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    other = await page.context.new_page()
    await other.goto(f"{visit.portal.url}/register/holder")
    await other.fill("#holder", "ダレカ")
    await page.evaluate(f"() => {{ {FETCH} }}")
    await is_held(visit)
    await other.evaluate(f"() => {{ {FETCH} }}")
    await is_held(visit)  # still one: the other stands in line
    visit.browser.let_form_go()
    await visit.until(ev.FormHeld, times=2)
    await until(lambda: len(sent(visit)) == 1)
    visit.browser.let_form_go()
    await until(lambda: len(sent(visit)) == 2)


@pytest.mark.parametrize(("name", "held"), [(OWN, False), (OTHERS, True)])
async def test_a_page_that_hangs_is_compared_by_what_it_has_told(visit: Visit, name: str, held: bool) -> None:
    page = await at_the_form(visit, name)
    hang = asyncio.ensure_future(page.evaluate(f"() => {{ {WAITING_XHR} }}"))
    if held:
        await is_held(visit)
        await visit.browser.destroy()
        with pytest.raises(BrowserError):
            await hang
    else:
        await hang
        assert len(sent(visit)) == 1


async def test_an_empty_field_cannot_be_compared(visit: Visit) -> None:
    page = await at_the_form(visit, "")
    await page.click("#next", no_wait_after=True)
    await is_held(visit, Check.NAME_UNREADABLE)


async def test_a_portal_whose_name_was_never_read_cannot_be_compared(visit: Visit) -> None:
    page = await at_the_form(visit, OWN)
    visit.browser._same_person._names.clear()
    await page.click("#next", no_wait_after=True)
    await is_held(visit, Check.NAME_UNREADABLE)


async def test_a_page_that_empties_its_form_while_it_sends_it_is_compared_as_it_was_pressed(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    empties = FETCH + "; document.getElementById('registration-form').reset()"
    await page.evaluate(
        "body => document.getElementById('next').addEventListener('click', event => { event.preventDefault(); "
        "eval(body) })",
        empties,
    )
    await page.click("#next")
    await is_held(visit)
    assert await page.input_value("#holder") == ""


async def test_what_the_page_sends_besides_is_not_held(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    status = await page.evaluate("() => fetch('/register/bank', {method: 'POST'}).then(answer => answer.status)")
    assert status == 403  # without the form's token; but it was asked
    assert visit.of(ev.FormHeld) == []


@pytest.mark.parametrize("switches", [Switches(credentials=Credentials.STORAGE)])
@pytest.mark.parametrize(("name", "held"), [(OWN, False), (OTHERS, True)])
async def test_a_program_in_the_page_is_guarded_too(
    portal: PracticePortal, tmp_path: Path, name: str, held: bool
) -> None:
    async with visiting(portal, tmp_path, variant=Variant.STORAGE) as visit:
        await visit.sign_in()
        page = visit.page
        for key, value in (("bank", "みほん銀行"), ("branch", "本店")):
            await page.check(f"input[name={key}][value={value}]")
        await page.fill("#number", "1234567")
        await page.fill("#holder", name)
        await page.click("#register")
        if held:
            assert (await visit.until(ev.FormHeld)).check is Check.NAME_DIFFERENT
            assert portal.registered["resident-a"] == ()
            visit.browser.let_form_go()
        await expect(page.locator("#registration-done")).to_be_visible()
        assert [one.holder for one in portal.registered["resident-a"]] == [name]


# where the fields may be, and what becomes of them

FORM = """<form id=registration-form action=/register/holder method=post>
<input id=holder name=holder><button id=next>次へ</button></form>"""


async def with_frame(visit: Visit, name: str) -> Page:
    """The form, and in a frame of the page the same form with ``name`` in it."""
    page = await at_the_form(visit, OWN, IN_FRAME)
    script = "() => { const i = document.createElement('iframe'); i.src = '/register/holder'; document.body.append(i) }"
    await page.evaluate(script)
    await page.frame_locator("iframe").locator("#holder").fill(name)
    return page


async def test_a_page_with_two_names_is_held(visit: Visit) -> None:
    page = await with_frame(visit, OTHERS)
    await page.click("#next", no_wait_after=True)
    await is_held(visit)


@pytest.mark.parametrize("gone", ["i.src = '/help'", "i.remove()"])
async def test_what_stood_in_a_frame_that_is_gone_does_not_count(visit: Visit, gone: str) -> None:
    page = await with_frame(visit, OTHERS)
    guard = visit.browser._same_person
    await until(lambda: len(guard._forms[page]) == 2)
    await page.evaluate(f"() => {{ const i = document.querySelector('iframe'); {gone} }}")
    await until(lambda: len(guard._forms[page]) == 1)
    await page.click("#next")
    await page.wait_for_url("**/register/bank")
    assert visit.of(ev.FormHeld) == []


async def test_a_page_that_writes_itself_anew_is_compared(visit: Visit) -> None:
    page = await at_the_form(visit, OWN)
    await page.evaluate("form => { document.open(); document.write(form); document.close() }", FORM)
    await page.fill("#holder", OTHERS)
    await page.click("#next", no_wait_after=True)  # left at once: only what was told can be compared
    await is_held(visit)


async def test_fields_in_a_shadow_root_are_compared(visit: Visit) -> None:
    page = await at_the_form(visit, OWN)
    script = """form => {
      document.body.innerHTML = '<div id=host></div>';
      document.getElementById('host').attachShadow({mode: 'open'}).innerHTML = form }"""
    await page.evaluate(script, FORM)
    await page.fill("#holder", OTHERS)
    await page.click("#next", no_wait_after=True)
    await is_held(visit)


async def test_a_name_that_the_page_itself_shows_is_read_when_it_is_needed(visit: Visit) -> None:
    page = await at_the_form(visit, OTHERS)
    visit.browser._same_person._names.clear()
    shows = f"document.body.insertAdjacentHTML('beforeend', '<p id=account-kana>{OTHERS}</p>')"
    await page.evaluate(f"() => {{ {shows}; {FETCH} }}")
    await until(lambda: bool(sent(visit)))
    assert visit.of(ev.FormHeld) == []


# other profiles


@asynccontextmanager
async def with_rule(
    portal: PracticePortal, folder: Path, rule: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Visit]:
    """A visit by the practice profile with another rule in place of its own."""

    def profile(portal: PracticePortal, variant: Variant) -> str:
        text = practice_profile(portal, variant).partition("[[same_person]]")[0]
        return f"{text}[[same_person]]\n{rule.format(url=portal.url)}\n"

    monkeypatch.setattr("tests.browser.conftest.practice_profile", profile)
    async with visiting(portal, folder) as visit:
        yield visit


RULE = 'url = "{url}/register/holder"\nfields = ["#holder"]\n'
KANA = 'account = "#account-kana"\n'


async def test_without_sends_each_request_that_changes_something_is_taken_for_the_form(
    portal: PracticePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with with_rule(portal, tmp_path, RULE + KANA, monkeypatch) as visit:
        page = await at_the_form(visit, OTHERS)
        await page.evaluate("() => fetch('/help')")
        assert visit.of(ev.FormHeld) == []
        await page.evaluate("() => { fetch('/register/bank', {method: 'POST'}) }")
        await is_held(visit)


async def test_where_only_the_card_is_wanted_pressing_twice_asks_once(
    portal: PracticePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = 'url = "{url}/register/holder"\nsends = "{url}/register/holder"\nconfirm_card = true'
    async with with_rule(portal, tmp_path, rule, monkeypatch) as visit:
        await visit.sign_in()
        page = visit.page
        await page.goto(f"{portal.url}/register/holder")
        await page.fill("#holder", OTHERS)  # no name is compared
        await page.dblclick("#next", no_wait_after=True)
        await is_held(visit, Check.CARD_WANTED)
        visit.browser.let_form_go()
        await page.wait_for_url("**/register/bank")
        assert len(sent(visit)) == 1
        assert len(visit.of(ev.FormHeld)) == 1


async def test_without_sends_a_form_that_goes_into_a_new_tab_is_held(
    portal: PracticePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with with_rule(portal, tmp_path, RULE + KANA, monkeypatch) as visit:
        page = await at_the_form(visit, OTHERS)
        await page.evaluate(f"() => {{ {NEW_TAB} }}")
        await is_held(visit)


async def test_a_form_that_is_sent_with_get_is_held_where_its_query_is_named(
    portal: PracticePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with with_rule(portal, tmp_path, RULE + KANA + 'sends = "{url}/help?*"', monkeypatch) as visit:
        page = await at_the_form(visit, OTHERS)
        await page.evaluate("() => { fetch('/help?holder=x') }")
        await is_held(visit)


async def test_the_parts_of_a_name_are_joined_and_the_accounts_own_selector_is_the_default(
    portal: PracticePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = RULE.replace('"#holder"', '"#holder", "#more"') + 'sends = "{url}/register/holder"'
    async with with_rule(portal, tmp_path, rule, monkeypatch) as visit:
        page = await at_the_form(visit, "利用者")
        await page.evaluate(
            "() => document.querySelector('form').insertAdjacentHTML('beforeend', '<p id=more> Ａ</p>')"
        )
        await page.evaluate(f"() => {{ {FETCH} }}")
        await until(lambda: bool(sent(visit)))
        assert visit.of(ev.FormHeld) == []
        await page.evaluate("() => { document.getElementById('more').textContent = 'B' }")
        await page.evaluate(f"() => {{ {FETCH} }}")
        assert (await visit.until(ev.FormHeld)).check is Check.NAME_DIFFERENT

"""A finished operation is told once, and once more when it was done once more."""

from __future__ import annotations

from pathlib import Path

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.session import events as ev
from tests.browser.conftest import Visit, visiting
from tests.browser.test_same_person import OWN, noticed

FIRST, SECOND = "公金受取口座の登録", "口座の確認"


async def finish(visit: Visit, address: str) -> None:
    """Open a page that shows something as done, and wait until it was looked at."""
    await visit.page.goto(f"{visit.portal.url}{address}")
    await visit.page.wait_for_load_state()


async def test_each_operation_is_told_once_however_often_its_page_is_loaded(
    portal: PracticePortal, tmp_path: Path
) -> None:
    async with visiting(portal, tmp_path, further=SECOND_OPERATION.format(url=portal.url)) as visit:
        await visit.sign_in()
        await finish(visit, "/register/done")
        await visit.until(ev.OperationFinished)
        await finish(visit, "/register/done")
        await finish(visit, "/register/done#again")
        await finish(visit, "/register/bank")
        await visit.until(ev.OperationFinished, lambda event: event.name == SECOND)
        assert [event.name for event in visit.of(ev.OperationFinished)] == [FIRST, SECOND]
        await finish(visit, "/register/done")
        await finish(visit, "/register/bank")
        await visit.page.evaluate("location.hash = 'looked'")
        await visit.until(ev.AccountSeen)
        assert [event.name for event in visit.of(ev.OperationFinished)] == [FIRST, SECOND]


async def register(visit: Visit, *, done: int) -> None:
    """As a resident does, page by page, until it is said for the ``done``-th time that it is done."""
    page = visit.page
    await page.goto(f"{visit.portal.url}/register")
    for key, value in (("bank", "みほん銀行"), ("branch", "本店")):
        await page.check(f"input[name={key}][value={value}]")
        await page.click("#next")
    for key, value in (("number", "1234567"), ("holder", OWN)):
        await page.fill(f"#{key}", value)
        await page.click("#next")
    await page.click("#register")
    await page.wait_for_url("**/register/done")
    await visit.until(ev.OperationFinished, times=done)


async def test_what_is_done_once_more_is_told_once_more_and_what_is_only_looked_at_again_is_not(
    portal: PracticePortal, tmp_path: Path
) -> None:
    async with visiting(portal, tmp_path) as visit:
        await visit.sign_in()
        await noticed(visit)  # otherwise the form would be held for the worker
        await register(visit, done=1)
        await visit.page.evaluate(
            "() => fetch('/help', {method: 'POST'}).then(answer => answer.status)"
        )  # it stays shown
        await finish(visit, "/account")
        await visit.page.go_back()
        await visit.page.reload()
        await register(visit, done=2)
        await finish(visit, "/help")
        await register(visit, done=3)
        assert [event.name for event in visit.of(ev.OperationFinished)] == [FIRST] * 3


SECOND_OPERATION = f"""
[[operation]]
name = "{SECOND}"
url = "{{url}}/register/bank"
done = "#registration-form"
"""

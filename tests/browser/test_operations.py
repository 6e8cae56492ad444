"""A finished operation is told once; a second one is told as well."""

from __future__ import annotations

from pathlib import Path

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.session import events as ev
from tests.browser.conftest import Visit, visiting

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


SECOND_OPERATION = f"""
[[operation]]
name = "{SECOND}"
url = "{{url}}/register/bank"
done = "#registration-form"
"""

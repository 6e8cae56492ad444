"""The warning in the page: what it says, and what answers it."""

from __future__ import annotations

import re

import pytest

from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Answer, Answerer
from tests.overlay.conftest import Warned, until
from tests.support.closed_root import in_closed_root, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one visit for all of them

SAME, OTHER = "button.primary", "button.danger"
ANSWERS = [(SAME, Answer.SAME), (OTHER, Answer.OTHER)]


async def seconds_shown(warned: Warned) -> int:
    found = re.search(r"あと (\d+) 秒", await text_of(warned.page))
    assert found is not None
    return int(found[1])


async def test_it_says_whose_session_it_is_and_counts_down(warned: Warned) -> None:
    await warned.warn(seconds=20.0)
    text = await text_of(warned.page)
    assert "まだご利用中ですか" in text
    assert f"{warned.visit.browser.hint} さんの画面です。" in text
    assert re.fullmatch(r".＊＊＊", warned.visit.browser.hint)
    first = await seconds_shown(warned)
    assert 0 < first <= 20

    async def is_less() -> bool:
        return await seconds_shown(warned) < first

    await until(is_less, "the count goes down")


async def test_it_stops_at_nothing_and_ends_nothing_by_itself(warned: Warned) -> None:
    await warned.warn(seconds=0.0)
    assert await seconds_shown(warned) == 0
    assert warned.visit.of(ev.WarningAnswered) == []


@pytest.mark.parametrize(("button", "answer"), ANSWERS)
async def test_a_mouse_answers(warned: Warned, button: str, answer: Answer) -> None:
    await warned.warn()
    await warned.click(button)
    assert await warned.answered() == ev.WarningAnswered(answer, Answerer.RESIDENT, "")


@pytest.mark.parametrize(("button", "answer"), ANSWERS)
async def test_a_finger_answers(warned: Warned, button: str, answer: Answer) -> None:
    await warned.warn()
    await warned.tap(button)
    assert await warned.answered() == ev.WarningAnswered(answer, Answerer.RESIDENT, "")


@pytest.mark.parametrize(("tabs", "answer"), [(2, Answer.SAME), (3, Answer.OTHER)])
async def test_tab_and_space_answer(warned: Warned, tabs: int, answer: Answer) -> None:
    page = await warned.warn()
    for _ in range(tabs):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    assert await warned.answered() == ev.WarningAnswered(answer, Answerer.RESIDENT, "")


async def test_enter_alone_escape_and_space_on_no_button_answer_nothing(warned: Warned) -> None:
    page = await warned.warn()
    for key in ("Enter", "Space", "Escape", "Escape", *["Tab", "Enter"] * 3, "NumpadEnter", "Escape"):
        await page.keyboard.press(key)
    assert await warned.holds()
    await page.keyboard.press("Space")  # the second button has the focus: everything before it answered nothing
    assert await warned.answered() == ev.WarningAnswered(Answer.OTHER, Answerer.RESIDENT, "")


async def test_a_click_beside_the_buttons_answers_nothing(warned: Warned) -> None:
    page = await warned.warn()
    await warned.click("h1")
    await page.mouse.click(5, 5)
    assert await warned.holds()
    await warned.click(OTHER)
    assert (await warned.answered()).answer is Answer.OTHER


async def test_a_click_that_was_on_its_way_when_the_warning_appeared_answers_nothing(warned: Warned) -> None:
    was_early = False
    while not was_early:  # on a busy machine it may have been there for a while
        warned.visit.events.clear()
        assert await warned.visit.browser.show_warning(warned.view(), lambda: None)
        await warned.click(SAME)
        was_early = not (await warned.state())["armed"]
    await warned.warn()
    await warned.click(OTHER)
    assert (await warned.answered()).answer is Answer.OTHER


async def test_what_the_page_makes_up_answers_nothing(warned: Warned) -> None:
    page = await warned.warn()
    await page.evaluate(
        """() => {
          const host = document.documentElement.lastElementChild;
          host.click();
          for (let y = 0; y < innerHeight; y += 20) for (let x = 0; x < innerWidth; x += 40)
            for (const type of ['pointerdown', 'mousedown', 'mouseup', 'click'])
              for (const target of [host, document, window])
                target.dispatchEvent(new MouseEvent(type,
                  { bubbles: true, composed: true, detail: 1, clientX: x, clientY: y }));
          for (const key of [' ', 'Enter', 'Tab'])
            for (const type of ['keydown', 'keyup'])
              host.dispatchEvent(new KeyboardEvent(type, { bubbles: true, composed: true, key }));
        }"""
    )
    assert await warned.holds()
    await warned.click(OTHER)
    assert (await warned.answered()).answer is Answer.OTHER


async def test_after_a_gap_only_the_support_worker_is_asked(warned: Warned) -> None:
    await warned.warn(worker_only=True)
    text = await text_of(warned.page)
    assert "支援員の方へ：席の方に確かめてから答えてください。" in text
    assert "はい、本人です" not in text
    await warned.click(SAME)
    assert await warned.answered() == ev.WarningAnswered(Answer.SAME, Answerer.WORKER, "")


async def test_where_a_mark_is_asked_for_the_same_person_needs_one(warned: Warned) -> None:
    page = await warned.warn(worker_only=True, needs_mark=True)
    await warned.click(SAME)
    await page.keyboard.type("  ")
    await warned.click(SAME)
    assert "上の欄に入力してください。" in await text_of(page)
    await page.keyboard.type("ＹＴ7")  # the missing mark led to its field
    assert await in_closed_root(page, "root => root.querySelector('input').value") == "  ＹＴ7"
    await warned.click(SAME)
    assert await warned.answered() == ev.WarningAnswered(Answer.SAME, Answerer.WORKER, "ＹＴ7")


async def test_another_person_is_said_without_a_mark(warned: Warned) -> None:
    await warned.warn(worker_only=True, needs_mark=True)
    await warned.click(OTHER)
    assert await warned.answered() == ev.WarningAnswered(Answer.OTHER, Answerer.WORKER, "")


async def test_where_time_is_over_logging_out_is_all_that_can_be_answered(warned: Warned) -> None:
    await warned.warn(can_extend=False)
    text = await text_of(warned.page)
    assert "利用時間が終わりました" in text
    assert "続け" not in text
    assert await in_closed_root(warned.page, "root => root.querySelectorAll('.buttons button').length") == 1
    await warned.click(".buttons button")
    assert (await warned.answered()).answer is Answer.OTHER


async def test_a_hidden_warning_is_gone_and_the_page_is_the_residents_again(warned: Warned) -> None:
    page = await warned.warn()
    await warned.visit.browser.hide_warning()
    assert await text_of(page) == ""
    await page.click("#menu-button")
    assert await page.locator("#menu-log-out").is_visible()


async def test_a_screen_reader_hears_an_alert_with_its_question_and_its_count(warned: Warned) -> None:
    page = await warned.warn()
    session = await page.context.new_cdp_session(page)
    tree = await session.send("Accessibility.getFullAXTree")
    await session.detach()
    heard = {
        node["role"]["value"]: (node.get("name", {}).get("value"), node.get("description", {}).get("value"))
        for node in tree["nodes"]
        if not node.get("ignored")
    }
    name, description = heard["alertdialog"]
    assert name == "まだご利用中ですか"
    assert "秒でログアウトします" in str(description)
    assert "button" in heard

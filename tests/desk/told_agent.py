"""An agent under a real supervisor, told by a test what the people at its desk do.

``main`` (see ``tests/desk/agent_child.py``): connects to SOCKET and takes one JSON line for each thing to do;
answers each with ``{"ok": true, …}`` or ``{"ok": false, "why": …}``.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from playwright.async_api import Error as BrowserError
from playwright.async_api import Page

from kiosk_agent.app import guard
from kiosk_agent.demo.people import STEP_LIMIT_S, Hall, PlayError, SupportWorker
from kiosk_agent.desk import Desk
from kiosk_agent.errors import BrowserLostError
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.hands.same_card import FakeCardCheck
from kiosk_agent.hands.shield import NullCover
from kiosk_agent.hands.steps import Front, run_steps
from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import Profile
from kiosk_agent.session.vocabulary import CardVerdict, StateName
from kiosk_agent.settings.resolve import resolve

PATIENCE_S = 90.0  # for the desk to come to a state: a logout has its own limit, and so have residue and proof after it


async def at_once() -> None:
    """People in tests do not dawdle."""


class Child:
    """Does what the test says."""

    def __init__(self, socket_path: str, profile: Profile) -> None:
        self._socket_path = socket_path
        self._profile = profile
        self._hall = Hall()
        self.card = FakeCardCheck()
        self._unanswered: list[asyncio.Future[Any]] = []
        self.watchers = Watchers(observe=self._hall.observe, state_changed=self._hall.state_changed)

    async def beside(self, desk: Desk) -> None:
        """The conversation with the test."""
        reader, writer = await asyncio.open_unix_connection(self._socket_path)
        try:
            writer.write(json.dumps({"hello": os.getpid()}).encode() + b"\n")
            while line := await reader.readline():
                try:
                    answer = {"ok": True, **(await self._do(desk, json.loads(line)))}
                except Exception as error:  # noqa: BLE001  # whatever it is, the test must hear of it
                    answer = {"ok": False, "why": f"{type(error).__name__}: {error}"}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        finally:
            writer.close()

    async def _do(self, desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
        worker = SupportWorker(desk, self._hall, at_once)
        match wish:
            case {"do": "start"}:
                await worker.start_visit()
            case {"do": "sign_in", "user": user} if desk.visit is not None:
                await self._sign_in(desk.visit.page, user)
            case {"do": "next_person"}:
                await worker.next_person()
            case {"do": "end"}:
                await worker.end_visit()
            case {"do": "confirm"}:
                await worker.confirm()
            case {"do": "wait", "states": states}:
                await self._hall.until(*(StateName(state) for state in states), limit_s=wish.get("limit_s", PATIENCE_S))
            case {"do": "goto", "url": url} if desk.visit is not None:
                await desk.visit.page.goto(url, wait_until="commit")
            case {"do": "press", "selector": selector} if desk.visit is not None:
                await desk.visit.page.locator(selector).click(timeout=STEP_LIMIT_S * 1000)
            case {"do": "see", "selector": selector} if desk.visit is not None:
                await desk.visit.page.locator(selector).first.wait_for(timeout=STEP_LIMIT_S * 1000)
            case {"do": "run", "script": script} if desk.visit is not None:  # in the page; it may never answer
                await desk.visit.page.wait_for_load_state()  # until its own scripts listen
                self._unanswered.append(asyncio.ensure_future(desk.visit.page.evaluate(script)))
            case {"do": "read", "script": script} if desk.visit is not None:
                return {"answer": await desk.visit.page.evaluate(script)}
            case {"do": "choose_language", "language": language}:  # at the gate's start page
                await desk.gate.page.locator(f'[data-language="{language}"]').click(timeout=STEP_LIMIT_S * 1000)
            case {"do": "gate_speaks"}:
                return {"answer": await desk.gate.page.evaluate("document.documentElement.lang")}
            case {"do": "gate_offers", "act": act}:
                return {"answer": await offers(desk, act)}
            case {"do": "gate_says"}:
                return {"answer": await desk.gate.page.locator("main").inner_text()}
            case {"do": "visit"} if desk.visit is not None:  # what the visit's browser holds
                pages = desk.visit.page.context.pages
                cookies = await desk.visit.page.context.cookies()
                return {"cookies": [one["name"] for one in cookies], "urls": [page.url for page in pages]}
            case {"do": "paint", "script": script} if desk.visit is not None:  # this page, and all that come
                await desk.visit.page.context.add_init_script(script)
                await desk.visit.page.evaluate(script)
            case {"do": "foreign"} if desk.visit is not None:
                return {"answer": await foreign_windows(desk.visit.page)}
            case {"do": "close_pages"} if desk.visit is not None:
                for page in desk.visit.page.context.pages:
                    await page.close()
            case {"do": "answer", "button": button} if isinstance(desk.cover, NullCover):
                desk.cover.press(button, *wish.get("texts", ()))
            case {"do": "named"} if desk.visit is not None:  # the portal's own name of the resident was read
                async with asyncio.timeout(STEP_LIMIT_S):
                    while not desk.visit._same_person._names:
                        await asyncio.sleep(0.01)  # a look at the pages tells nobody that it is over
            case {"do": "card", "verdict": verdict}:
                self.card.put(CardVerdict(verdict))
            case {"do": "hang"}:  # the agent's own event loop hangs for ever
                while True:
                    pass
            case {"do": "release", "code": code, "mark": mark} if isinstance(desk.cover, NullCover):
                await self._hall.until(StateName.HELD)
                async with asyncio.timeout(STEP_LIMIT_S):
                    while panel_of(desk) != "held":
                        await asyncio.sleep(0.01)  # a cover says nothing of when it is drawn
                desk.cover.press("release", code, mark)
            case {"do": "panels_said"} if isinstance(desk.cover, NullCover):
                return {"answer": [panel.title for panel in desk.cover.panels]}
            case {"do": "look"}:
                warnings = {one.code: one.detail for one in desk.health.warnings}
                return {
                    "state": desk.runner.state.value,
                    "covered": desk.cover.visible,
                    "panel": panel_of(desk),
                    "said": said_by(desk),
                    "warnings": warnings,
                }
            case _:
                raise PlayError(f"nobody knows how to {wish}")
        return {"state": desk.runner.state.value}

    async def _sign_in(self, page: Page, user: str) -> None:
        """As the profile says, for whatever portal it is; the agent must notice."""
        words = {"KIOSK_TEST_USER": user, "KIOSK_TEST_PASSWORD": user.replace("resident", "practice")}
        front = Front(page.context, page)
        try:
            if not await run_steps(front, self._profile.sign_in, limit_s=STEP_LIMIT_S, variables=words):
                raise PlayError("the sign-in did not work")
        finally:
            front.release()
        await self._hall.until(StateName.SIGNED_IN)


async def foreign_windows(page: Page) -> list[str]:
    """Addresses of the windows of the visit's browser that are not the visit's."""
    browser = page.context.browser
    if browser is None:
        raise PlayError("the visit has no browser")
    session = await browser.new_browser_cdp_session()
    own = set((await session.send("Target.getBrowserContexts"))["browserContextIds"])
    targets = (await session.send("Target.getTargets"))["targetInfos"]
    await session.detach()
    return [
        one["url"]
        for one in targets
        if one["url"].startswith("devtools:") or (one["type"] == "page" and one.get("browserContextId") not in own)
    ]


async def offers(desk: Desk, act: str) -> bool:
    """Whether the gate's page is there and shows this button."""
    try:
        return await desk.gate.page.locator(f"[data-act={act}]").is_visible()
    except (BrowserError, BrowserLostError):
        return False


def panel_of(desk: Desk) -> str:
    """What a cover that covers nothing would say."""
    panels = desk.cover.panels if isinstance(desk.cover, NullCover) else []
    return panels[-1].kind if panels and desk.cover.visible else ""


def said_by(desk: Desk) -> tuple[str, ...]:
    """The sentences on it."""
    panels = desk.cover.panels if isinstance(desk.cover, NullCover) else []
    return panels[-1].lines if panels and desk.cover.visible else ()


def main(config: Path, socket_path: str) -> int:
    """Guard the desk of ``config``."""
    resolved = resolve(config)
    profile = load_profile(resolved.config.profile)
    child = Child(socket_path, profile)
    # a desk with a reader asks that
    card_check = None if resolved.config.senses.card.enabled else child.card
    return guard(resolved, profile, child.watchers, child.beside, card_check)

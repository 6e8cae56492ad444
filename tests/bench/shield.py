"""Change signal → shield on screen: the time from asking the cover to its acknowledgement that it is drawn."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from playwright.async_api import async_playwright

from kiosk_agent.hands.find_browser import find_browser, sandbox_wanted
from kiosk_agent.hands.panels import shield_panel
from kiosk_agent.hands.shield import StandaloneCover
from kiosk_agent.hands.visit_language import VisitLanguage
from tests.bench.figures import Figure, Goal


async def measure(runs: int) -> list[Figure]:
    """With a browser that is idle beneath, and with one whose renderer loops for ever."""
    executable: Path = find_browser()
    figures = []
    async with async_playwright() as playwright:
        for name, script in (("idle", ""), ("renderer in an endless loop", "for (;;);")):
            browser = await playwright.chromium.launch(
                executable_path=executable, headless=False, chromium_sandbox=sandbox_wanted()
            )
            page = await browser.new_page()
            looping = asyncio.create_task(page.evaluate(script)) if script else None
            cover = StandaloneCover()
            await cover.start()
            values = []
            for _ in range(runs):
                began = time.perf_counter()
                await cover.shield(shield_panel(VisitLanguage()))
                values.append((time.perf_counter() - began) * 1000)
                await cover.hide()
            figures.append(Figure(f"change signal → shield on screen ({name})", "ms", tuple(values), Goal(20.0)))
            await cover.close()
            await browser.close()
            if looping is not None:
                await asyncio.gather(looping, return_exceptions=True)
    return figures

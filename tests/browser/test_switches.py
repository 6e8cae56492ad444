"""What the browser is really started with."""

from __future__ import annotations

from pathlib import Path

import psutil
from playwright.async_api import async_playwright

from kiosk_agent.hands.launch import launch_options
from kiosk_agent.hands.launched import browser_pid


async def test_what_the_driver_switches_off_stays_off(browser_path: str) -> None:
    """Chromium takes the last of several --disable-features: ours must name everything that Playwright's names."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options(Path(browser_path), headless=True, proxy=None))
        command_line = psutil.Process(await browser_pid(browser)).cmdline()
        await browser.close()
    named = [argument.partition("=")[2].split(",") for argument in command_line if "--disable-features=" in argument]
    assert len(named) == 2, "Playwright's and ours"
    assert set(named[0]) <= set(named[-1])

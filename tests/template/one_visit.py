"""One visit in a process of its own, signed in with the card: ``one_visit.py DATA_DIR BROWSER URL EXTENSION``.

Prints the account and what the portal and the extension already knew, then stays until its input ends.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright

from kiosk_agent.hands.launch import context_options, launch_options
from kiosk_agent.hands.template_launch import TemplateLaunch
from kiosk_agent.portal.profile import Profile
from tests.template.conftest import card_profile


@asynccontextmanager
async def visit(profile: Profile, data_dir: Path, executable: Path) -> AsyncIterator[tuple[TemplateLaunch, Page]]:
    """The browser of one visit at the portal's first page. It is not closed here: that is the test's to do."""
    async with async_playwright() as playwright:
        launch = TemplateLaunch(
            playwright,
            profile,
            data_dir,
            launch_options=launch_options(executable, headless=True, proxy=None),
            context_options=context_options(headless=True),
        )
        _browser, context = await launch.start()
        page = context.pages[0]
        await page.goto(profile.portal.start_url)
        yield launch, page


async def sign_in(page: Page) -> tuple[str, str, str]:
    """Returns what was found in the browser before, the account, and whom the extension had seen before."""
    found = await page.inner_text("#found")
    await page.click("#card")
    await page.wait_for_selector("#account")
    return found, await page.inner_text("#account"), await page.inner_text("#seen")


async def main(data_dir: Path, executable: Path, url: str, extension: str) -> None:
    async with visit(card_profile(url, extension, data_dir), data_dir, executable) as (launch, page):
        found, account, seen = await sign_in(page)
        print(f"{account}|{found}|{seen}|{launch.root_pid}", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await launch.close()
        await launch.wipe()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))

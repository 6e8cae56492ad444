"""A browser driven by a profile's own words, without the agent: is what the profile says of its portal true?"""

from __future__ import annotations

import os
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urljoin

import httpx
from playwright.async_api import Browser, BrowserContext, Page, StorageState, async_playwright
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

SANDBOX = os.environ.get("KIOSK_AGENT_NO_SANDBOX") != "1" and not (hasattr(os, "geteuid") and os.geteuid() == 0)
STEP_LIMIT_MS = 30_000  # two busy cores


class Verdict(StrEnum):
    OPENED = "opened"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@asynccontextmanager
async def opened_browser(path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, chromium_sandbox=SANDBOX)
        try:
            yield browser
        finally:
            await browser.close()


class Described:
    """A portal as its profile describes it."""

    def __init__(self, text: str, user: str, password: str) -> None:
        self.profile: dict[str, Any] = tomllib.loads(text)
        self._values = {"${KIOSK_TEST_USER}": user, "${KIOSK_TEST_PASSWORD}": password}

    async def sign_in(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.set_default_timeout(STEP_LIMIT_MS)
        await page.goto(self.profile["portal"]["start_url"])
        await self.run(page, self.profile["sign_in"]["steps"])
        return page

    async def account(self, page: Page) -> str:
        await self.run(page, self.profile["account"].get("reveal", []))
        return (await page.locator(self.profile["account"]["selector"]).inner_text()).strip()

    async def is_signed_in(self, page: Page) -> bool:
        signed_in = self.profile["signed_in"]
        holds = []
        if "selector" in signed_in:
            holds.append(await page.locator(signed_in["selector"]).count() > 0)
        if "cookie" in signed_in:
            names = [cookie["name"] for cookie in await page.context.cookies()]
            holds.append(signed_in["cookie"] in names)
        if "storage" in signed_in:
            key = signed_in["storage"].removeprefix("local:")
            holds.append(await page.evaluate("key => localStorage.getItem(key) !== null", key))
        assert holds
        return all(holds)

    async def log_out(self, page: Page) -> None:
        await self.run(page, self.profile["logout"]["steps"])
        signed_out = self.profile["signed_out"]
        await page.locator(signed_out["selector"]).wait_for()
        assert "url" not in signed_out or fnmatchcase(page.url, signed_out["url"])

    async def run(self, page: Page, steps: list[dict[str, str]]) -> None:
        for step in steps:
            match step:
                case {"click": selector}:
                    await page.click(selector)
                case {"fill": selector, "value": value}:
                    await page.fill(selector, self._values.get(value, value))
                case {"press": key}:
                    await page.keyboard.press(key)
                case {"goto": url}:
                    await page.goto(url)
                case {"wait": selector}:
                    await page.wait_for_selector(selector)
                case _:
                    raise AssertionError(f"no such step: {step}")

    async def protected_page(self, context: BrowserContext, *, unknown_after_ms: float = STEP_LIMIT_MS) -> Verdict:
        """What the protected page says in this browser; unknown where it shows neither sign for so long."""
        proof = self.profile["proof"]
        refused, opened = proof["refused"], proof["opened"]
        page = await context.new_page()
        response = await page.goto(proof["protected_url"])
        assert response is not None
        if response.status in refused.get("status", []):
            return Verdict.REFUSED
        if fnmatchcase(page.url, refused.get("redirect", "")):
            return Verdict.REFUSED
        signs = [part["selector"] for part in (refused, opened) if "selector" in part]
        if signs:
            with suppress(PlaywrightTimeoutError):  # neither: unknown
                await page.locator(", ".join(signs)).first.wait_for(timeout=unknown_after_ms)
        if "selector" in refused and await page.locator(refused["selector"]).is_visible():
            return Verdict.REFUSED
        if "status" in opened and response.status not in opened["status"]:
            return Verdict.UNKNOWN
        if "selector" in opened and not await page.locator(opened["selector"]).is_visible():
            return Verdict.UNKNOWN
        return Verdict.OPENED

    async def replay(self, browser: Browser, noted: StorageState) -> Verdict:
        """What the server says to credentials that were noted before, sent again from somewhere else."""
        proof = self.profile["proof"]
        if proof["replay"] == "storage":
            context = await browser.new_context(storage_state=noted)
            try:
                return await self.protected_page(context)
            finally:
                await context.close()
        cookies = {cookie["name"]: cookie["value"] for cookie in noted["cookies"]}
        async with httpx.AsyncClient(cookies=cookies, trust_env=False) as client:
            answer = await client.get(proof["protected_url"])
        refused = proof["refused"]
        target = urljoin(proof["protected_url"], answer.headers.get("location", ""))
        if answer.status_code in refused.get("status", []):
            return Verdict.REFUSED
        if answer.is_redirect and fnmatchcase(target, refused.get("redirect", "")):
            return Verdict.REFUSED
        return Verdict.OPENED if answer.status_code in proof["opened"]["status"] else Verdict.UNKNOWN

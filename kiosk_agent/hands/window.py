"""Where a browser's window stands."""

from __future__ import annotations

from playwright.async_api import Page

from kiosk_agent.config import WindowMode


async def place_window(page: Page, mode: WindowMode, *, headless: bool) -> None:
    """Bring the window of ``page`` to the front, in the size that the policy names (``--kiosk`` does nothing here)."""
    if headless:
        return
    session = await page.context.new_cdp_session(page)
    window = await session.send("Browser.getWindowForTarget")
    await session.send(
        "Browser.setWindowBounds", {"windowId": window["windowId"], "bounds": {"windowState": mode.value}}
    )
    await session.detach()
    await page.bring_to_front()

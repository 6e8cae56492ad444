"""The practice portal itself under test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser

from kiosk_agent.practice.portal import PracticePortal
from tests.support.by_profile import opened_browser


@pytest.fixture
async def portal() -> AsyncIterator[PracticePortal]:
    async with PracticePortal() as portal:
        yield portal


@pytest.fixture
async def client(portal: PracticePortal) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who talks to the portal without a browser."""
    async with httpx.AsyncClient(base_url=portal.url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    async with opened_browser(browser_path) as browser:
        yield browser

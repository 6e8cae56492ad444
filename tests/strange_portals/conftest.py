"""The agent's own live check of a portal, in a browser without a window."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kiosk_agent.hands.check import LiveCheck, LiveReport
from kiosk_agent.portal.profile import Profile
from tests.strange_portals.portal import PASSWORD, USER

Check = Callable[[Profile], Awaitable[LiveReport]]


@pytest.fixture
def check(browser_path: str, tmp_path: Path) -> Check:
    """Checks a profile against its portal."""

    async def run(profile: Profile) -> LiveReport:
        variables = {"KIOSK_TEST_USER": USER, "KIOSK_TEST_PASSWORD": PASSWORD}
        live = LiveCheck(
            profile,
            executable=Path(browser_path),
            headless=True,
            on_step=lambda _step: None,
            variables=variables,
            data_dir=tmp_path,
        )
        return await live.run()

    return run

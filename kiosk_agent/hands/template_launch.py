"""A visit's browser on a copy of the portal's template.

The copy's own browser is only the host of the extension: the visit runs in an in-memory context of it, so that
nothing of the resident reaches the disk but what the extension itself keeps, and that is in the copy. Where an
extension must not run in memory, the visit runs in the copy itself.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Playwright
from playwright.async_api import Error as BrowserError

from kiosk_agent.errors import BrowserLostError, KioskError
from kiosk_agent.hands.launch import first_line
from kiosk_agent.hands.launched import browser_pid, with_temporary
from kiosk_agent.hands.template import load_template
from kiosk_agent.hands.template_copies import VisitCopy, make_copy
from kiosk_agent.hands.temporary import count_files
from kiosk_agent.portal.profile import Profile

# Playwright switches extensions off by default; the other one is the bar "controlled by automated software".
VISIT_DROPS = ("--disable-extensions", "--enable-automation")


class TemplateLaunch:
    """Starts one visit's browser and leaves nothing of it. For one visit only.

    ``launch_options`` and ``context_options`` are Playwright's, the same as for a browser without a template.
    """

    def __init__(
        self,
        playwright: Playwright,
        profile: Profile,
        data_dir: Path,
        *,
        launch_options: Mapping[str, Any],
        context_options: Mapping[str, Any],
    ) -> None:
        self._playwright = playwright
        self._profile = profile
        self._data_dir = data_dir
        self._launch_options = dict(launch_options)
        self._context_options = dict(context_options)
        self._copy: VisitCopy | None = None
        self._host: BrowserContext | None = None
        self.root_pid: int | None = None
        self.started_ms: float | None = None

    @property
    def copy(self) -> VisitCopy | None:
        """The visit's folders; None before the start."""
        return self._copy

    async def start(self) -> tuple[Browser, BrowserContext]:
        """Copy, launch, and open the visit's context with its first, empty page.

        Raises TemplateError where the template is missing or does not fit, BrowserLostError, OSError.
        """
        before = time.perf_counter()
        template = load_template(self._profile, self._data_dir)
        copy = self._copy = await make_copy(template, self._data_dir)
        options = self._launch_options
        try:
            host = self._host = await self._playwright.chromium.launch_persistent_context(
                copy.profile_dir,
                **{
                    **with_temporary(options, copy.temporary),
                    **({} if template.in_memory else self._context_options),
                    "ignore_default_args": sorted({*VISIT_DROPS, *options.get("ignore_default_args", ())}),
                    "downloads_path": copy.downloads_dir,
                    "artifacts_dir": copy.artifacts_dir,
                },
            )
            browser = host.browser
            if browser is None:
                raise BrowserLostError("The browser gives no access to itself: install a newer one.")
            self.root_pid = await browser_pid(browser)
            load_template(self._profile, self._data_dir, browser.version)
            context = await self._visit_context(host, browser) if template.in_memory else host
        except BrowserError as error:
            await self._give_up()
            raise BrowserLostError(f"The browser did not start: {first_line(error)}") from error
        except KioskError:
            await self._give_up()
            raise
        self.started_ms = (time.perf_counter() - before) * 1000
        return browser, context

    async def _give_up(self) -> None:
        with contextlib.suppress(BrowserError):  # the first error is the one to tell
            await self.close()

    async def _visit_context(self, host: BrowserContext, browser: Browser) -> BrowserContext:
        context = await browser.new_context(**self._context_options)
        await context.new_page()
        for page in host.pages:  # not before: a browser whose last page closes ends
            await page.close()
        return context

    async def close(self) -> None:
        """Close the browser in good order; whether its processes are gone is the caller's to see."""
        if self._host is not None:
            await self._host.close()

    async def wipe(self) -> bool:
        """After the browser's processes are gone: remove everything; returns whether nothing is left."""
        return self._copy is None or await self._copy.wipe()

    def downloads(self) -> int:
        """How many files the resident has saved."""
        return 0 if self._copy is None else count_files(self._copy.downloads_dir)

    def temporary_files(self) -> int:
        """How many files the browser and what it started have left."""
        return 0 if self._copy is None else self._copy.temporary.files()

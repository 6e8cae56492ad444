"""Starting the browser of a visit: one process tree, one context, nothing on disk that outlives it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from playwright.async_api import Browser, BrowserContext, Playwright
from playwright.async_api import Error as BrowserError

from kiosk_agent.errors import BrowserLostError
from kiosk_agent.hands.driver import SWITCHES
from kiosk_agent.hands.find_browser import sandbox_wanted
from kiosk_agent.hands.launched import Launched

# What Playwright switches off itself. Of several --disable-features Chromium takes only the last: ours names them too.
DRIVER_OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
# A closed network answers none of these; each refused connection costs time and fills the firewall's log.
QUIET_ARGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    f"--disable-features={','.join((*DRIVER_OFF, 'Translate', 'AutofillServerCommunication'))}",
    "--disable-save-password-bubble",
)


class Launch(Protocol):
    """How the browser of one visit is started and what is left of it removed. For one visit only."""

    @property
    def root_pid(self) -> int | None:
        """The root of the browser's process tree, once that is known."""
        ...

    async def start(self) -> tuple[Browser, BrowserContext]:
        """The browser, and the visit's context in it. Raises BrowserLostError, OSError."""
        ...

    async def close(self) -> None:
        """Close it in good order; whether its processes are gone is the caller's to see."""
        ...

    async def wipe(self) -> bool:
        """After the processes are gone: remove everything; returns whether nothing is left."""
        ...

    def downloads(self) -> int:
        """How many files there are that the resident has saved. May block."""
        ...

    def temporary_files(self) -> int:
        """How many files there are that the browser and what it started have left behind. May block."""
        ...


def launch_options(executable: Path, *, headless: bool, proxy: str | None) -> dict[str, Any]:
    """What every browser of the agent is started with. Raises SandboxError."""
    environment = {name: value for name, value in os.environ.items() if name not in SWITCHES}
    return {
        "executable_path": executable,
        "headless": headless,
        "chromium_sandbox": sandbox_wanted(),
        "ignore_default_args": ["--enable-automation"],
        "args": list(QUIET_ARGS),
        "env": environment,
        "handle_sigint": False,
        "handle_sigterm": False,
        "handle_sighup": False,
        **({"proxy": {"server": proxy}} if proxy else {}),
    }


def context_options(*, headless: bool) -> dict[str, Any]:
    """What the context of a visit is made with."""
    viewport: dict[str, Any] = {} if headless else {"no_viewport": True}
    # a service worker would answer requests that the agent never sees
    return {"accept_downloads": True, "service_workers": "block", "locale": "ja-JP", **viewport}


class MemoryLaunch:
    """A browser with one in-memory context: no extensions, no files of it but downloads and what the driver makes."""

    def __init__(
        self,
        playwright: Playwright,
        data_dir: Path,
        *,
        launch_options: Mapping[str, Any],
        context_options: Mapping[str, Any],
    ) -> None:
        self._launched = Launched(playwright, data_dir)
        self._launch_options = dict(launch_options)
        self._context_options = dict(context_options)

    @property
    def root_pid(self) -> int | None:
        """The root of the browser's process tree, once that is known."""
        return self._launched.root_pid

    async def start(self) -> tuple[Browser, BrowserContext]:
        try:
            browser = await self._launched.start(self._launch_options)
            context = await browser.new_context(**self._context_options)
        except BrowserError as error:
            raise BrowserLostError(f"The browser did not start: {first_line(error)}") from error
        return browser, context

    async def close(self) -> None:
        await self._launched.close()

    async def wipe(self) -> bool:
        return await self._launched.wipe()

    def downloads(self) -> int:
        return self._launched.downloads()

    def temporary_files(self) -> int:
        return self._launched.temporary_files()


def first_line(error: BrowserError) -> str:
    """What went wrong, without the call log, which may hold addresses of the portal."""
    return error.message.splitlines()[0] if error.message else type(error).__name__

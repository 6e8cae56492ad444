"""The live check of a profile: open the portal in the agent's own way, sign in, log out, and prove it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from playwright.async_api import Playwright

from kiosk_agent.config import WindowMode
from kiosk_agent.errors import HandError
from kiosk_agent.hands.browser import BrowserSettings, ResidentBrowser
from kiosk_agent.hands.driver import driver
from kiosk_agent.hands.steps import Front, StepResult, run_steps
from kiosk_agent.portal.profile import Expect, Profile
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Proof

SIGN_IN_LIMIT_S = 30.0
SEEN_LIMIT_S = 10.0
EXPECTED = {Expect.REVOKED: Proof.REVOKED, Expect.CLEARED: Proof.CLEARED}
VARIABLES = ("KIOSK_TEST_USER", "KIOSK_TEST_PASSWORD")


class CheckedStep(msgspec.Struct, frozen=True):
    """One line of the check. ``ms``: how long it took; ``detail``: why it failed, never text of the page."""

    step: str
    ok: bool
    ms: float
    detail: str


class LiveReport(msgspec.Struct):
    """What the check found. ``proof`` is ``unproven`` until something better is known."""

    signed_in: bool = False
    account_seen: bool = False
    logout_steps_ok: bool = False
    signed_out_seen: bool = False
    proof: str = Proof.UNPROVEN.value
    steps: list[CheckedStep] = msgspec.field(default_factory=list)


class _Watch:
    """Hears the visit's events."""

    def __init__(self) -> None:
        self.signed_in = asyncio.Event()
        self.account = asyncio.Event()

    def post(self, event: ev.Event) -> None:
        match event:
            case ev.SignInSeen():
                self.signed_in.set()
            case ev.AccountSeen():
                self.account.set()


class LiveCheck:
    """One check of one profile. ``on_step`` hears each step as it is done."""

    def __init__(
        self,
        profile: Profile,
        *,
        executable: Path,
        headless: bool,
        on_step: Callable[[CheckedStep], None],
        variables: Mapping[str, str],
        data_dir: Path | None = None,
    ) -> None:
        self._profile = profile
        self._executable = executable
        self._headless = headless
        self._on_step = on_step
        self._variables = variables
        self._data_dir = data_dir
        self._report = LiveReport()

    async def run(self) -> LiveReport:
        """The whole check. Leaves no browser behind, whatever happens."""
        with TemporaryDirectory(prefix="kiosk-check-") as folder:
            data_dir = self._data_dir or Path(folder)
            async with driver(data_dir) as playwright:
                return await self.run_with(playwright, data_dir)

    async def run_with(self, playwright: Playwright, data_dir: Path) -> LiveReport:
        """The same with a driver that runs already."""
        watch = _Watch()
        window = WindowMode.NORMAL
        settings = BrowserSettings(self._executable, self._headless, window, data_dir, "ja", attended=False)
        browser = ResidentBrowser(playwright, self._profile, "0" * 32, watch.post, settings)
        try:
            await self._check(browser, watch)
        finally:
            await browser.destroy()
            await browser.remove_residue()
            browser.forget()
        return self._report

    async def _check(self, browser: ResidentBrowser, watch: _Watch) -> None:
        report = self._report
        began = time.monotonic()
        try:
            await browser.open()
        except HandError as error:
            self._note("open the portal", False, began, str(error))
            return
        # where nothing answers, the page stands at the browser's own words, or has not even left about:blank
        reached = browser.page.url.startswith(("http://", "https://"))
        self._note("open the portal", reached, began, "" if reached else "the portal does not answer")
        if not reached:
            return
        front = Front(browser.page.context, browser.page)
        try:
            steps_ok = await run_steps(
                front,
                self._profile.sign_in,
                limit_s=SIGN_IN_LIMIT_S,
                variables=self._variables,
                on_step=self._step_done,
            )
        finally:
            front.release()
        if steps_ok:
            report.signed_in = await self._seen("signed in", watch.signed_in, "its marks were not seen")
            if report.signed_in and self._profile.account is not None:
                report.account_seen = await self._seen("account", watch.account, "its selector shows no text")
        if report.signed_in:
            await self._log_out(browser)

    async def _log_out(self, browser: ResidentBrowser) -> None:
        report = self._report
        began = time.monotonic()
        try:
            logout = await browser.run_logout(steps=True)
        except HandError as error:
            self._note("log out", False, began, str(error))
            return
        for step, ok, ms, detail in logout.steps:
            self._add(CheckedStep(step, ok, ms, detail))
        report.logout_steps_ok, report.signed_out_seen = logout.steps_ok, logout.signed_out_seen
        self._note("signed-out page", logout.signed_out_seen, began, "" if logout.signed_out_seen else "not seen")
        if logout.half:
            half = "the protected page opens in the same browser without signing in"
            self._note("logged out in the same browser", False, began, half)
        elif logout.half is None:
            unknown = "the protected page shows none of the proof's marks after the logout: it may have been half"
            self._note("logged out in the same browser", False, began, unknown)
        began = time.monotonic()
        await browser.destroy()
        proof = await browser.prove()
        report.proof = (Proof.HALF if logout.half else proof).value
        good = EXPECTED[self._profile.proof.expect].value
        self._note("proof", report.proof == good, began, f"{report.proof}, expected {good}")

    async def _seen(self, what: str, event: asyncio.Event, missing: str) -> bool:
        began = time.monotonic()
        try:
            async with asyncio.timeout(SEEN_LIMIT_S):
                await event.wait()
        except TimeoutError:
            self._note(what, False, began, missing)
            return False
        self._note(what, True, began, "")
        return True

    def _step_done(self, result: StepResult) -> None:
        self._add(CheckedStep(result.step, result.ok, result.ms, result.detail))

    def _note(self, step: str, ok: bool, began: float, detail: str) -> None:
        self._add(CheckedStep(step, ok, round((time.monotonic() - began) * 1000, 1), detail))

    def _add(self, step: CheckedStep) -> None:
        self._report.steps.append(step)
        self._on_step(step)


async def check_live(
    profile: Profile,
    *,
    executable: Path,
    headless: bool,
    on_step: Callable[[CheckedStep], None] = lambda _step: None,
    data_dir: Path | None = None,
) -> LiveReport:
    """Check ``profile`` against its portal; test user and password come from the environment."""
    variables = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    check = LiveCheck(
        profile, executable=executable, headless=headless, on_step=on_step, variables=variables, data_dir=data_dir
    )
    return await check.run()


def is_as_expected(report: LiveReport, profile: Profile) -> bool:
    """Whether the proof is what the profile expects."""
    return report.proof == EXPECTED[profile.proof.expect].value

"""The browser of one visit: a process tree of its own, watched, guarded, and thrown away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import Browser, BrowserContext, Page, Playwright
from playwright.async_api import Error as BrowserError

from kiosk_agent.clock import Clock, SystemClock
from kiosk_agent.config import WindowMode
from kiosk_agent.errors import BrowserLostError
from kiosk_agent.hands.borders import Borders
from kiosk_agent.hands.exits import ExitWatch
from kiosk_agent.hands.guard import Guard, guard
from kiosk_agent.hands.launch import Launch, MemoryLaunch, context_options, launch_options
from kiosk_agent.hands.launched import let_go
from kiosk_agent.hands.logout import Logout
from kiosk_agent.hands.on_pages import OnPages
from kiosk_agent.hands.pages import Dialogs, Pages
from kiosk_agent.hands.ports import LogoutReport, Post, WarningView
from kiosk_agent.hands.proof import Replayer
from kiosk_agent.hands.residue import VisitResidue, this_spooler
from kiosk_agent.hands.same_person import SamePersonGuard
from kiosk_agent.hands.signin import SignIn
from kiosk_agent.hands.visit_language import VisitLanguage, Voices
from kiosk_agent.hands.window import place_window
from kiosk_agent.locale import worker_language
from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.profile import CardUse, Isolation, Profile
from kiosk_agent.process_tree import ProcessMark, kill_all, mark_of
from kiosk_agent.session import events as ev
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import Proof, Signal

log = logging.getLogger(__name__)

KILL_LIMIT_S = 3.0
ALIVE_LIMIT_S = 1.0  # measured: 2 ms
ACTIVITY_PAUSE_S = 0.95  # the pages' own limit is a second; their clocks are not ours
FIRST_PAGE_LIMIT_MS = 15_000.0
ADDRESSES = re.compile("^https?:")


@dataclass(frozen=True)
class BrowserSettings:
    """How this desk runs browsers."""

    executable: Path
    headless: bool
    window: WindowMode
    data_dir: Path
    language: str
    proxy: str | None = None
    residue_limit_s: float = 10.0
    print_jobs: bool = False  # whether print jobs of the visit are taken out of the queue
    attended: bool = True  # whether somebody is there to answer native boxes


class ResidentBrowser:
    """Implements :class:`kiosk_agent.hands.ports.VisitBrowser`. ``on_process`` hears the root's pid, then None."""

    def __init__(
        self,
        playwright: Playwright,
        profile: Profile,
        visit_id: str,
        post: Post,
        settings: BrowserSettings,
        on_process: Callable[[int | None], None] = lambda _pid: None,
        clock: Clock | None = None,
        language: VisitLanguage | None = None,
    ) -> None:
        self._playwright = playwright
        self._profile = profile
        self._visit_id = visit_id
        self._post = post
        self._settings = settings
        self._on_process = on_process
        self._clock = clock or SystemClock()
        language = language or VisitLanguage(settings.language)
        voices = Voices(worker_language(settings.language), language)
        self._on_pages = OnPages(profile.operations, voices, self._clock, post, self._start)
        self._borders = Borders(profile.portal.allowed, language, self._refused, self._start)
        self._same_person = SamePersonGuard(profile, post, self._borders.is_portal)
        self._launch = self._choose_launch()
        on_screen = not settings.headless  # otherwise nobody copies or prints
        self._residue = VisitResidue(
            self._launch,
            on_screen=on_screen,
            spooler=this_spooler if settings.print_jobs and on_screen else None,
            limit_s=settings.residue_limit_s,
        )
        self._replayer = Replayer(playwright, profile.proof, settings.executable, settings.data_dir, settings.proxy)
        self._browser: Browser | None = None
        self._context: BrowserContext | None = None
        self._pages: Pages | None = None
        self._sign_in: SignIn | None = None
        self._guard: Guard | None = None
        self._marks: list[ProcessMark] = []
        self._exits: list[ExitWatch] = []
        self._active_at = float("-inf")
        self._ending = False
        self._retry: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def _choose_launch(self) -> Launch:
        settings = self._settings
        options = launch_options(settings.executable, headless=settings.headless, proxy=settings.proxy)
        context = context_options(headless=settings.headless)
        if self._profile.portal.isolation is Isolation.TEMPLATE:
            from kiosk_agent.hands.template_launch import TemplateLaunch

            return TemplateLaunch(
                self._playwright, self._profile, settings.data_dir, launch_options=options, context_options=context
            )
        return MemoryLaunch(self._playwright, settings.data_dir, launch_options=options, context_options=context)

    # its life

    async def open(self) -> None:
        self._residue.begin()
        self._browser, self._context = await self._launch.start()
        if self._launch.root_pid is None:
            raise BrowserLostError("The browser does not say which process it is.")
        self._watch_processes(self._launch.root_pid)
        self._on_process(self._launch.root_pid)
        context = self._context
        try:
            await self._borders.close(self._browser, context)
            await context.route(ADDRESSES, self._same_person.route)
            self._guard = await guard(self._browser, self._foreign_window)
            self._pages = Pages(
                context,
                self._heard,
                arrived=lambda _watched: self._look(),
                renewed=self._on_pages.again,
                moved=self._moved,
                emptied=self._emptied,
                more_script=f"{self._borders.script()}\n{self._same_person.script()}",
            )
            self._on_pages.watch(self._pages)
            self._same_person.watch(self._pages)
            self._pages.dialogs = self._dialogs_of_the_visit
            also = self._same_person.note_names
            self._sign_in = SignIn(context, self._profile, self._pages, self._replayer, self._post, also)
            context.on("response", self._sign_in.answered)
            page = context.pages[0] if context.pages else await context.new_page()
            await self._pages.start()
            await place_window(page, self._settings.window, headless=self._settings.headless)
        except BrowserError as error:
            raise BrowserLostError("The browser was lost while it started.") from error
        self._residue.begun()
        with contextlib.suppress(BrowserError):  # a portal that is down shows the browser's own page for that
            await page.goto(self._profile.portal.start_url, wait_until="domcontentloaded", timeout=FIRST_PAGE_LIMIT_MS)
        if self._ending:
            raise BrowserLostError("The browser was lost while it started.")

    def _watch_processes(self, root_pid: int) -> None:
        root = mark_of(root_pid)
        if root is None:
            raise BrowserLostError("The browser died while it started.")
        self._marks = [root]
        self._exits.append(ExitWatch(root_pid, self._process_lost))
        driver_pid = psutil.Process(root_pid).ppid()
        if driver_pid > 1:
            self._exits.append(ExitWatch(driver_pid, self._driver_lost))

    def _process_lost(self) -> None:
        if not self._ending:
            self._post(ev.VisitBrowserLost(crashed=True))

    def _driver_lost(self) -> None:
        # nothing can be asked of the browser any more, and it may live on: nobody may act in it
        kill_all(self._marks, 0.0)
        if not self._ending:
            self._post(ev.VisitBrowserLost(crashed=True))

    async def destroy(self) -> bool:
        # killed at once: closing in good order takes longer and can hang, and there is nothing in it to be saved
        self._stop_watching()
        await self._residue.before_end()
        left = await asyncio.to_thread(kill_all, self._marks, KILL_LIMIT_S)
        await let_go(self._launch.close())  # the driver tidies up its own files
        if not left:
            self._on_process(None)
        return not left

    def _stop_watching(self) -> None:
        self._ending = True
        self._on_pages.end()
        self._same_person.end()
        for watch in self._exits:
            watch.stop()
        self._exits.clear()
        if self._guard is not None:
            self._guard.stop()
        for task in self._tasks:
            task.cancel()

    # what may be opened

    def _refused(self) -> None:
        self._post(ev.NavigationRefused())

    def _foreign_window(self, closed: bool) -> None:
        signal = Signal.FOREIGN_WINDOW_CLOSED if closed else Signal.FOREIGN_WINDOW_STUCK
        self._post(ev.ChangeSignalled(signal))

    # what the pages say

    def _heard(self, page: Page, said: dict[str, Any]) -> None:
        match said:
            case {"k": "activity"}:
                self._note_activity(page)
            case {"k": "changed"}:
                self._look()
            case {"k": "refused", "url": str(url)}:
                self._borders.heard(url)
            case {"k": "form"}:
                self._same_person.heard(page, said)
            case _:
                self._on_pages.heard(page, said)

    def _note_activity(self, page: Page) -> None:
        """Input counts in the portal's pages alone, and once a second, however many pages and frames report it."""
        now = self._clock.now()
        if now - self._active_at >= ACTIVITY_PAUSE_S and self._borders.is_portal(page.url):
            self._active_at = now
            self._post(ev.PortalActivity())
        self._look()

    def _moved(self, page: Page) -> None:
        if not self._borders.may_stay(page):
            self._refused()
            self._start(self._back_to_start(page))
            return
        self._look()

    async def _back_to_start(self, page: Page) -> None:
        await page.goto(self._profile.portal.start_url, wait_until="commit", timeout=FIRST_PAGE_LIMIT_MS)

    def _emptied(self) -> None:
        if not self._ending:
            self._start(self._tell_emptied())

    async def _tell_emptied(self) -> None:
        """A browser that is killed loses its pages first, while its process can still be seen: so it is asked."""
        crashed = self._browser is None
        try:
            async with asyncio.timeout(ALIVE_LIMIT_S):
                if self._browser is not None:
                    await (await self._browser.new_browser_cdp_session()).detach()
        except (BrowserError, TimeoutError):
            crashed = True
        if not self._ending:
            self._post(ev.VisitBrowserLost(crashed=crashed))

    def _look(self) -> None:
        if self._sign_in is not None and not self._ending:
            self._sign_in.look()

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, (BrowserError, TimeoutError)):
            log.error("something in the visit's browser failed", exc_info=error)

    # warning and nudge

    async def show_warning(self, view: WarningView, fought: Callable[[], None]) -> bool:
        return await self._on_pages.warn(view, fought)

    @property
    def _dialogs_of_the_visit(self) -> Dialogs:
        return Dialogs.LEFT if self._settings.attended else Dialogs.ACCEPTED

    async def hide_warning(self) -> None:
        if self._pages is not None and not self._ending:
            self._pages.dialogs = self._dialogs_of_the_visit
        await self._on_pages.stop_warning()

    async def show_nudge(self, operation: str) -> None:
        await self._on_pages.nudge(operation)

    def let_form_go(self) -> None:
        self._same_person.let_go()

    # whose session it is

    @property
    def hint(self) -> str:
        return self._sign_in.hint if self._sign_in is not None else ""

    @property
    def expects_card(self) -> bool:
        front = self._pages.front if self._pages is not None else None
        return front is not None and any(
            operation.card is CardUse.EXPECTED and matches(operation.url, front.url)
            for operation in self._profile.operations
        )

    @property
    def can_be_proved(self) -> bool:
        """Whether the portal was seen to accept this sign-in: without that a later refusal proves nothing."""
        return self._sign_in is not None and self._sign_in.noted.is_controlled

    @property
    def page(self) -> Page:
        """The page in front."""
        if self._pages is None or self._pages.front is None:
            raise BrowserLostError("The visit has no page.")
        return self._pages.front

    # the end

    async def run_logout(self, *, steps: bool) -> LogoutReport:
        if self._context is None or self._pages is None or self._sign_in is None:
            raise BrowserLostError("The visit has no browser.")
        self._ending = True
        self._on_pages.end()
        self._same_person.end()
        await self._pages.answer_dialogs(Dialogs.AGREED)
        logout = Logout(self._context, self._profile, self._pages, self._sign_in)
        try:
            report = await logout.run(steps=steps)
        except BrowserError as error:
            raise BrowserLostError("The browser was lost during the logout.") from error
        self._sign_in.noted.half = report.half
        return report

    async def prove(self) -> Proof:
        if self._sign_in is None:
            return Proof.UNPROVEN
        proof = await self._sign_in.noted.prove()
        if proof is Proof.UNPROVEN and self._sign_in.noted.can_retry:
            self._retry = asyncio.get_running_loop().create_task(self._try_again(self._sign_in))
        return proof

    async def _try_again(self, sign_in: SignIn) -> None:
        try:
            proof = await sign_in.noted.prove_later()
            if proof is not Proof.UNPROVEN:
                self._post(ev.ProofRevised(self._visit_id, proof))
        finally:
            sign_in.forget()

    async def remove_residue(self) -> tuple[Residue, ...]:
        return await self._residue.remove()

    def forget(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
        if self._sign_in is not None:
            self._sign_in.forget()
        self._same_person.forget()

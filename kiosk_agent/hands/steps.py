"""Carrying out a profile's steps on the portal's own controls."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from playwright.async_api import BrowserContext, Frame, Locator, Page
from playwright.async_api import Error as BrowserError
from playwright.async_api import TimeoutError as NotInTime

from kiosk_agent.errors import StepError
from kiosk_agent.portal.profile import Step, Verb

OPTIONAL_LIMIT_S = 2.0  # what may be missing is not waited for longer
STILL_LIMIT_S = 2.0  # a menu that slides in has come to rest by then
FRAMES_AGAIN_MS = 1000.0  # a frame that appears later is looked into by then
FRONT_FIRST_MS = 500.0  # a new tab that goes on with the logout shows it by then; a pop-up window shall not cost more
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True)
class StepResult:
    """One step: its words, whether it worked, how long it took, and why it did not. Never text of the page."""

    step: str
    ok: bool
    ms: float
    detail: str = ""


@dataclass
class Front:
    """The page that the steps work on: a tab that they open becomes the front, one that closes gives way.

    ``everywhere``: what the front does not have is looked for in all other pages too, for a portal's pop-up windows
    come to the front and have nothing of what is wanted.
    """

    context: BrowserContext
    page: Page
    everywhere: bool = False
    _opened: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("page", self._follow)

    def _follow(self, page: Page) -> None:  # Playwright marks its handlers, which a built-in method does not let it
        self._opened.append(page)

    def look(self) -> Page:
        """The page to work on now."""
        while self._opened:
            self.page = self._opened.pop(0)
        if self.page.is_closed() and self.context.pages:
            self.page = self.context.pages[-1]
        return self.page

    def others(self) -> list[Page]:
        """Where else to look, the newest first."""
        return list(reversed(self.context.pages)) if self.everywhere else []

    def release(self) -> None:
        """Stop following new tabs."""
        self.context.remove_listener("page", self._follow)


def in_words(step: Step) -> str:
    """The step as the profile has it; a value is never shown."""
    return f"{step.verb} {step.target}"


def expand(value: str, variables: Mapping[str, str]) -> str:
    """``value`` with ${NAME} replaced. Raises KeyError with the name that is missing."""
    return VARIABLE.sub(lambda match: variables[match.group(1)], value)


async def run_steps(
    front: Front,
    steps: Sequence[Step],
    *,
    limit_s: float,
    variables: Mapping[str, str] | None = None,
    on_step: Callable[[StepResult], None] = lambda _result: None,
    before_step: Callable[[], Awaitable[None]] | None = None,
) -> bool:
    """Carry out ``steps`` within ``limit_s`` seconds; returns whether all that must work did. Never raises.

    Stops at the first step that fails and is not optional. ``before_step``: called before each one that acts.
    """
    deadline = time.monotonic() + limit_s
    for number, step in enumerate(steps, start=1):
        if before_step is not None and step.verb is not Verb.WAIT:
            await before_step()
        began = time.monotonic()
        left_s = deadline - began
        limit = min(left_s, OPTIONAL_LIMIT_S) if step.optional else left_s
        try:
            if limit <= 0:
                raise StepError(number, step.verb, "no time was left")
            async with asyncio.timeout(limit):
                await _carry_out(front, step, limit, variables or {})
        except KeyError as error:
            problem = f"the environment variable {error.args[0]} is not set"
        except TimeoutError:
            problem = f"not possible within {limit:.1f} s"
        except StepError as error:
            problem = error.detail
        except BrowserError as error:
            problem = _reason(error)
        else:
            problem = ""
        ms = (time.monotonic() - began) * 1000
        on_step(StepResult(in_words(step), not problem, round(ms, 1), problem))
        if problem and not step.optional:
            return False
    return True


async def _carry_out(front: Front, step: Step, limit_s: float, variables: Mapping[str, str]) -> None:
    page = front.look()
    match step.verb:
        case Verb.GOTO:
            await page.goto(step.target, wait_until="domcontentloaded", timeout=limit_s * 1000)
        case Verb.PRESS:
            await page.keyboard.press(step.target)
        case Verb.WAIT:
            await find(front, step.target)
        case Verb.CLICK:
            await _click(await find(front, step.target), limit_s)
        case Verb.FILL:
            value = expand(step.value or "", variables)
            await (await find(front, step.target)).fill(value, timeout=limit_s * 1000)


async def _click(found: Locator, limit_s: float) -> None:
    """Press it once it keeps still; what never does, such as a button that pulses, is pressed where it is.

    Asked without pressing first: a press waits for the page that it leads to, and must not be cut short or done twice.
    (Playwright's "trial" is no such question: it presses, and keeps that press only from what listens after it.)
    """
    until = time.monotonic() + limit_s
    moves = False
    try:
        element = await found.element_handle(timeout=limit_s * 1000)
        await element.wait_for_element_state("stable", timeout=min(STILL_LIMIT_S, limit_s / 2) * 1000)
    except NotInTime as error:
        moves = "element is not stable" in error.message
    except BrowserError:
        pass  # it is not there any more; the press looks for it again
    await found.click(timeout=max(until - time.monotonic(), 0.001) * 1000, force=moves)


async def find(front: Front, selector: str) -> Locator:
    """The first visible match on the front page or in one of its frames. Waits until cancelled.

    Where ``front`` is everywhere, its page is the only one for a moment; then any page will do, and is the front.
    """
    others: list[Page] = []
    limit_ms = FRONT_FIRST_MS if front.everywhere else FRAMES_AGAIN_MS
    while True:
        page = front.look()
        frames = [frame for one in dict.fromkeys((page, *others)) for frame in one.frames]
        found = await _first_to_show(frames, selector, limit_ms)
        if found is not None:
            front.page = found.page
            return _first_visible(found, selector)
        others, limit_ms = front.others(), FRAMES_AGAIN_MS


async def _first_to_show(frames: Sequence[Frame], selector: str, limit_ms: float) -> Frame | None:
    """The frame in which ``selector`` is visible first; None where in none of them within ``limit_ms``."""
    waiting = {asyncio.create_task(_visible(frame, selector, limit_ms)): frame for frame in frames}
    try:
        pending = set(waiting)
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task.exception() is None and task.result():
                    return waiting[task]
                _raise_if_meaningless(task)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return None


async def _visible(frame: Frame, selector: str, limit_ms: float) -> bool:
    try:
        await _first_visible(frame, selector).wait_for(state="visible", timeout=limit_ms)
    except BrowserError as error:
        if _is_meaningless(error):
            raise
        await asyncio.sleep(0)  # a frame that is gone answers at once: let the others speak
        return False
    return True


def _first_visible(frame: Frame, selector: str) -> Locator:
    return frame.locator(selector).filter(visible=True).first


def _is_meaningless(error: BrowserError) -> bool:
    return "selector" in error.message and any(
        words in error.message for words in ("Unexpected token", "Unknown engine", "not a valid selector", "parsing")
    )


def _raise_if_meaningless(task: asyncio.Task[bool]) -> None:
    error = task.exception()
    if error is not None:
        raise error


def _reason(error: BrowserError) -> str:
    """Playwright's first line, without addresses: those of a portal may name a resident."""
    line = error.message.splitlines()[0] if error.message else type(error).__name__
    return re.sub(r"https?://\S+", "…", line)[:200]


async def shows(page: Page, selector: str) -> bool:
    """Whether ``selector`` is visible now on ``page`` or in one of its frames."""
    for frame in page.frames:
        try:
            if await frame.locator(selector).filter(visible=True).count() > 0:
                return True
        except BrowserError:
            continue  # it is just going away
    return False

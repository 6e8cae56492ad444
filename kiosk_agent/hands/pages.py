"""The pages of a visit: a session and a world of our own in each, which the portal can neither see nor call."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from importlib import resources
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Dialog, Frame, Page
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.overlay import overlay_source

log = logging.getLogger(__name__)

WORLD = "agent_iso"
BINDING = "__kiosk_post"
# A dialog that opens while its page is being left can't be answered by the agent, and keeps the next page from coming.
AGREES = "window.alert = () => {}; window.confirm = () => true; window.prompt = (_text, value = '') => String(value);"
CALL_LIMIT_S = 1.0  # measured: 4–18 ms; a page that needs longer hangs

Heard = Callable[[Page, dict[str, Any]], None]


class Dialogs(Enum):
    """What becomes of a native dialog that a page opens."""

    LEFT = auto()  # the person's own to answer
    DISMISSED = auto()
    ACCEPTED = auto()
    AGREED = auto()  # none opens, as far as the agent can help it: the page's scripts get "yes" at once; else as above


@dataclass
class Watched:
    """One page: its session, and the world of ours in its main frame."""

    page: Page
    session: CDPSession
    worlds: dict[int, str] = field(default_factory=dict)  # execution context → frame
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    dialog: Dialog | None = None
    main_frame_id: str = ""

    def forget_dialog(self) -> None:
        """It was answered, by whomever."""
        self.dialog = None

    def main_world(self) -> int | None:
        """The newest world of ours in the main frame."""
        return next((world for world, frame in reversed(self.worlds.items()) if frame == self.main_frame_id), None)


class Pages:
    """Watches every page of ``context``, also those that pages and people open.

    ``heard`` gets what the worlds post; ``emptied`` is called when the last page is closed; ``moved`` when a page shows
    another address; ``arrived`` when a page is watched; ``renewed`` when a page has a new document, in which nothing of
    the agent is shown yet. ``more_script`` runs in the world of ours, too.
    """

    def __init__(
        self,
        context: BrowserContext,
        heard: Heard,
        *,
        arrived: Callable[[Watched], None],
        renewed: Callable[[Watched], None],
        moved: Callable[[Page], None],
        emptied: Callable[[], None],
        more_script: str = "",
    ) -> None:
        self._context = context
        self._heard = heard
        self._arrived = arrived
        self._renewed = renewed
        self._moved = moved
        self._emptied = emptied
        activity = resources.files("kiosk_agent.hands.web").joinpath("activity.js").read_text(encoding="utf-8")
        self._source = f"{overlay_source()}\n{activity}\n{more_script}"
        self._watched: dict[Page, Watched] = {}
        self._frames: dict[Frame, Watched] = {}  # those with a session of their own
        self._tasks: set[asyncio.Task[None]] = set()
        self.dialogs = Dialogs.LEFT
        self.front: Page | None = None

    async def start(self) -> None:
        """Begin with the pages that are there: when this returns, nothing that happens in them is missed."""
        self._context.on("page", self._opened)
        for page in self._context.pages:
            self._listen(page)
            await self._arm(page)

    @property
    def watched(self) -> list[Watched]:
        """The open pages, in the order of their opening."""
        return [watched for page, watched in self._watched.items() if not page.is_closed()]

    @property
    def sessions(self) -> dict[Page, CDPSession]:
        """The session of each open page."""
        return {watched.page: watched.session for watched in self.watched}

    async def answer_dialogs(self, answer: Dialogs) -> None:
        """From now on give native dialogs this answer, and "cancel" to those open: one blocks every script of its page.

        The rule comes before the answers: a page may open the next dialog as soon as one is answered.
        """
        self.dialogs = answer
        if answer is Dialogs.AGREED:
            self._start(self._context.add_init_script(AGREES))  # before any script of each document to come
            for watched in (*self.watched, *self._frames.values()):
                self._start(self._agree(watched.session))
        for watched in self.watched:
            dialog, watched.dialog = watched.dialog, None
            if dialog is not None:
                with contextlib.suppress(BrowserError):  # the person was quicker
                    await dialog.dismiss()

    async def _agree(self, session: CDPSession) -> None:
        """In the documents that are there."""
        await session.send("Page.addScriptToEvaluateOnNewDocument", {"source": AGREES, "runImmediately": True})

    async def call(self, watched: Watched, function: str, *arguments: object) -> Any:
        """Call a function of the overlay in the main frame. Raises BrowserError or TimeoutError."""
        async with asyncio.timeout(CALL_LIMIT_S):
            await watched.ready.wait()
            world = watched.main_world()
            if world is None:  # without one, the page's own world would be asked
                raise BrowserError("the page has no world of ours")
            words = ",".join(json.dumps(argument) for argument in arguments)
            answer = await watched.session.send(
                "Runtime.evaluate",
                {
                    "expression": f"globalThis.__kiosk_overlay.{function}({words})",
                    "contextId": world,
                    "returnByValue": True,
                },
            )
        if "exceptionDetails" in answer:
            raise BrowserError(f"the overlay failed: {answer['exceptionDetails'].get('text', '')}")
        return answer["result"].get("value")

    async def ask_everywhere(self, page: Page, expression: str) -> list[Any]:
        """What ``expression`` gives in the world of ours of each frame; a frame that hangs or is gone is left out."""
        inside = [watched for frame, watched in self._frames.items() if frame.page is page]
        all_of_it = [self._watched[page], *inside] if page in self._watched else inside
        asked = [self._ask(one.session, world, expression) for one in all_of_it for world in list(one.worlds)]
        return [answer for answer in await asyncio.gather(*asked) if answer is not None]

    async def _ask(self, session: CDPSession, world: int, expression: str) -> Any:
        try:
            async with asyncio.timeout(CALL_LIMIT_S):
                question = {"expression": expression, "contextId": world, "returnByValue": True}
                return (await session.send("Runtime.evaluate", question))["result"].get("value")
        except (BrowserError, TimeoutError):
            return None

    # a page's life

    def _opened(self, page: Page) -> None:
        self._listen(page)
        self._start(self._arm(page))
        self._moved(page)  # it has gone where it was sent before this event comes

    def _listen(self, page: Page) -> None:
        page.on("close", self._closed)
        page.on("dialog", self._dialog_opened)
        page.on("framenavigated", self._navigated)
        page.on("crash", lambda crashed: self._start(crashed.close()))
        self.front = page

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, BrowserError):
            log.error("a page could not be watched", exc_info=error)

    async def _arm(self, page: Page) -> None:
        session = await self._context.new_cdp_session(page)
        watched = Watched(page, session)
        tree = await session.send("Page.getFrameTree")
        watched.main_frame_id = tree["frameTree"]["frame"]["id"]
        self._watched[page] = watched
        await self._arm_session(watched, session)
        self._arrived(watched)

    async def _arm_session(self, watched: Watched, session: CDPSession) -> None:
        session.on("Runtime.bindingCalled", lambda message: self._posted(watched, message))
        session.on("Runtime.executionContextCreated", lambda message: self._world_made(watched, message))
        session.on("Runtime.executionContextDestroyed", lambda message: self._world_gone(watched, message))
        session.on("Runtime.executionContextsCleared", lambda _message: self._worlds_gone(watched))
        session.on("Page.javascriptDialogClosed", lambda _message: watched.forget_dialog())
        for method, parameters in (
            ("Runtime.enable", {}),
            ("Page.enable", {}),
            ("Runtime.addBinding", {"name": BINDING, "executionContextName": WORLD}),
            (
                "Page.addScriptToEvaluateOnNewDocument",
                {"source": self._source, "worldName": WORLD, "runImmediately": True},
            ),
        ):
            await session.send(method, parameters)

    def _world_made(self, watched: Watched, message: dict[str, Any]) -> None:
        context = message["context"]
        if context["name"] == WORLD:
            watched.worlds[context["id"]] = context["auxData"]["frameId"]
            if context["auxData"]["frameId"] == watched.main_frame_id:
                watched.ready.set()
                self._renewed(watched)

    def _world_gone(self, watched: Watched, message: dict[str, Any]) -> None:
        watched.worlds.pop(message["executionContextId"], None)
        if watched.main_world() is None:
            watched.ready.clear()

    def _worlds_gone(self, watched: Watched) -> None:
        watched.worlds.clear()
        watched.ready.clear()

    def _posted(self, watched: Watched, message: dict[str, Any]) -> None:
        if message["name"] != BINDING or message["executionContextId"] not in watched.worlds:
            return
        said = json.loads(message["payload"])
        if said.get("k") == "activity":
            self.front = watched.page
        self._heard(watched.page, said)

    def _navigated(self, frame: Frame) -> None:
        page = frame.page
        if frame == page.main_frame:
            self._moved(page)
        else:
            self._start(self._arm_frame(page, frame))

    async def _arm_frame(self, page: Page, frame: Frame) -> None:
        """A frame of another site lives in a process of its own and needs a session of its own."""
        watched = self._watched.get(page)
        if watched is None or await self._is_armed(frame):
            return
        try:
            session = await self._context.new_cdp_session(frame)
        except BrowserError:
            return  # it shares the page's process, and so its session
        self._frames[frame] = Watched(page, session)
        await self._arm_session(self._frames[frame], session)

    async def _is_armed(self, frame: Frame) -> bool:
        """Whether the frame's session still lives: another site in the same frame is another process."""
        inside = self._frames.get(frame)
        if inside is None:
            return False
        try:
            await inside.session.send("Page.enable")
        except BrowserError:
            del self._frames[frame]
            return False
        return True

    def _dialog_opened(self, dialog: Dialog) -> None:
        watched = self._watched.get(dialog.page) if dialog.page is not None else None
        if self.dialogs in (Dialogs.ACCEPTED, Dialogs.AGREED):
            self._start(dialog.accept())
        elif self.dialogs is Dialogs.DISMISSED:
            self._start(dialog.dismiss())
        elif watched is not None:
            watched.dialog = dialog

    def _closed(self, page: Page) -> None:
        self._watched.pop(page, None)
        for frame in [frame for frame in self._frames if frame.page is page]:
            del self._frames[frame]
        if self.front is page:
            self.front = next(iter(reversed(self._watched)), None)
        if not self._context.pages:
            self._emptied()

    async def stop(self) -> None:
        """Let go of everything."""
        for task in self._tasks:
            task.cancel()
        self._watched.clear()

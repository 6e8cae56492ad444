"""The doors between the runner and the hands. Each has a real implementation, and a fake held to the same contract.

Hands never decide: they do what a command says and report what happened through ``post``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from kiosk_agent.session.events import Post as Post  # noqa: PLC0414 - the hands take it from here
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import Proof, WarningKind


class PanelButton(msgspec.Struct, frozen=True):
    """A button. ``id`` comes back in PanelAnswer; ``role``: primary, danger, plain.

    ``needs_mark``: pressing it does nothing while a required entry is empty. ``language``: of its label (BCP 47), where
    that is not the panel's.
    """

    id: str
    label: str
    role: str = "plain"
    needs_mark: bool = False
    language: str = ""


class PanelEntry(msgspec.Struct, frozen=True):
    """A one-line field: initials, staff number (``secret`` false) or release code (``secret`` true)."""

    label: str
    secret: bool = False
    required: bool = True


class Panel(msgspec.Struct, frozen=True):
    """What the native cover shows, over every monitor. Texts are already translated.

    ``kind``: shield, challenge, warning, held, hang, notice. ``countdown_s``: seconds left when the panel is shown; the
    remaining whole seconds are put in place of ``{seconds}`` in ``countdown_label``; ``countdown_whole_s``: how long
    the whole countdown was, where the panel is shown again in the middle of it. ``tone``: neutral, warning, error.
    ``language``: of the texts (BCP 47), for the font; ``note`` is one more line, in ``note_language``.
    ``languages_label``: of the language button, which answers ``languages``; empty: there is none.
    No button has the focus at first, and Enter alone presses none.
    """

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    tone: str = "neutral"
    countdown_s: float | None = None
    countdown_label: str = ""
    buttons: tuple[PanelButton, ...] = ()
    entries: tuple[PanelEntry, ...] = ()
    countdown_whole_s: float | None = None
    language: str = "ja"
    note: str = ""
    note_language: str = ""
    languages_label: str = ""


class PanelAnswer(msgspec.Struct, frozen=True):
    """A button of the panel was pressed. ``texts``: the entries' contents in order."""

    kind: str
    button: str
    texts: tuple[str, ...] = ()


class Cover(Protocol):
    """The native window(s) that hide everything. It lives in another process than the agent."""

    def shield(self, panel: Panel) -> asyncio.Future[float]:
        """Cover every monitor, asked for before this returns; gives the moment (SystemClock) it came on screen.

        Answered as soon as nothing else can be seen or reached, before ``panel`` is drawn. On a shown cover it changes
        what the cover says. Waiting raises ShieldLostError.
        """
        ...

    def show(self, panel: Panel) -> Awaitable[float]:
        """As :meth:`shield`, but answered when ``panel`` can be read."""
        ...

    async def update(self, panel: Panel) -> None:
        """Change what a shown cover says, without a gap."""
        ...

    async def hide(self) -> None:
        """Take it away."""
        ...

    def on_answer(self, listener: Callable[[PanelAnswer], None]) -> None:
        """Who hears of pressed buttons."""
        ...

    @property
    def visible(self) -> bool:
        """Whether it covers the screen now."""
        ...


class WarningView(msgspec.Struct, frozen=True):
    """What a warning or challenge says. ``seconds`` are left when it is shown. ``hint`` masks whose session it is."""

    kind: WarningKind
    seconds: float
    worker_only: bool
    can_extend: bool
    needs_mark: bool
    hint: str


class LogoutReport(msgspec.Struct, frozen=True):
    """``steps`` as printed by ``profile check``: step, ok, ms, detail (never page text)."""

    steps_ok: bool
    signed_out_seen: bool
    half: bool | None
    steps: tuple[tuple[str, bool, float, str], ...] = ()


class VisitBrowser(Protocol):
    """The browser of one visit: a process tree of its own, thrown away afterwards.

    It posts: VisitBrowserLost, PortalActivity (at most one a second), SignInSeen, SignOutSeen, AccountSeen,
    FormHeld, OperationFinished, NavigationRefused, ChangeSignalled(FOREIGN_WINDOW_*), WarningAnswered,
    EndRequested(NUDGE).
    """

    async def open(self) -> None:
        """Start it and load the portal's first page, in front of all windows. Raises HandError."""
        ...

    async def show_warning(self, view: WarningView, fought: Callable[[], None]) -> bool:
        """Show the warning in every page; returns whether it is really on screen (bounded, false on a hung page).

        ``fought`` is called when a page has removed it again and again.
        """
        ...

    async def hide_warning(self) -> None: ...

    async def show_nudge(self, operation: str) -> None: ...

    def let_form_go(self) -> None:
        """The form that FormHeld told of goes on as the resident sent it. Does nothing where none is held."""
        ...

    @property
    def hint(self) -> str:
        """A masked hint of whose session it is (``山＊＊＊``), empty where unknown. Lives in memory only."""
        ...

    @property
    def expects_card(self) -> bool:
        """Whether the page in front belongs to an operation for which the card is put on the reader again."""
        ...

    async def run_logout(self, *, steps: bool) -> LogoutReport:
        """The portal's own logout, bounded by the profile's timeout, then the check in the same browser."""
        ...

    async def destroy(self) -> bool:
        """Kill every process of it; returns whether all are gone. May be called at any time, more than once."""
        ...

    async def prove(self) -> Proof:
        """After destroy(): replay the noted credentials against the protected page. Never raises."""
        ...

    async def remove_residue(self) -> tuple[Residue, ...]:
        """After destroy(): remove what it left on the PC; returns what was found of each kind. Never raises."""
        ...

    def forget(self) -> None:
        """Drop the noted credentials, the account's tag and the hint from memory."""
        ...


class Bulletin(msgspec.Struct, frozen=True):
    """What central's staff tell the support worker. ``ask_read``: the worker is to say that it was read."""

    id: int
    title_ja: str
    title_en: str
    body_ja: str
    body_en: str
    ask_read: bool


class GateView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the gate's page shows; the page itself decides nothing.

    ``screen``: start, visit, ending, confirm, held. ``last_reason``/``last_proof``: EndReason/Proof values or "".
    ``checks``: the codes of the health warnings. ``mark``: none, initials, staff_number.
    ``bulletins``: for the support worker, on the start page alone.
    ``hold_note``: what central's staff want shown at a desk that they have closed.
    ``proof_detail``: reason, proof and residue of the visit to be confirmed. ``language``: the support workers'.
    """

    screen: str
    language: str
    desk: str
    last_reason: str = ""
    last_proof: str = ""
    severity: str = "green"
    checks: tuple[str, ...] = ()
    mark: str = "none"
    reason: str = ""
    proof: str = ""
    residue_clean: bool = True
    residue: tuple[Residue, ...] = ()
    hold_reason: str = ""
    hold_note: str = ""
    bulletins: tuple[Bulletin, ...] = ()


class Gate(Protocol):
    """The start page, in a browser of its own that can open nothing else.

    It posts: StartRequested (with a fresh visit id), EndRequested(GATE), ChangeSignalled(NEXT_PERSON), Confirmed,
    GateFailed and GateRecovered.
    """

    async def open(self) -> None: ...

    async def show(self, view: GateView, *, front: bool) -> None:
        """Show ``view``; ``front``: bring the window in front of all others."""
        ...

    async def close(self) -> None: ...


class Tray(Protocol):
    """The icon beside the clock. Posts EndRequested(TRAY)."""

    def start(self) -> None: ...

    def show(self, state: str, severity: str) -> None: ...

    def stop(self) -> None: ...

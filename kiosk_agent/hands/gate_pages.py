"""Which page the gate shows: what the session wants there, and what else there is to tell between visits."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from kiosk_agent.hands.lanes import Lane
from kiosk_agent.hands.ports import Bulletin, Gate, GateView
from kiosk_agent.hands.visit_language import Words
from kiosk_agent.health import Health
from kiosk_agent.session import commands as do
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import HoldReason

IN_FRONT = ("start", "confirm", "held")  # the pages that want somebody to do something


class GatePages:
    """The gate's pages, one at a time. ``first`` is awaited before each is drawn; ``failed`` hears what goes wrong."""

    def __init__(
        self,
        gate: Gate,
        health: Health,
        words: Words,
        failed: Callable[[str, BaseException], None],
        first: Callable[[], Awaitable[None]],
    ) -> None:
        self._gate = gate
        self._health = health
        self._words = words
        self._first = first
        self._lane = Lane("gate", failed)
        self._bulletins: tuple[Bulletin, ...] = ()
        self._view = self._make("ending")
        self._shown: GateView | None = None

    def keep_to(self, policy: Policy) -> None:
        """Another policy holds from here on; nothing is shown that came from the one before."""
        self._words = dataclasses.replace(self._words, mark=policy.mark)
        self._view = msgspec.structs.replace(self._view, mark=policy.mark.value)

    def show_start(self, command: do.ShowGate) -> None:
        """No visit runs."""
        self._view = self._make(
            "start",
            last_reason=command.last_reason.value if command.last_reason else "",
            last_proof=command.last_proof.value if command.last_proof else "",
        )

    def show_visit(self) -> None:
        """A visit runs: the gate offers its end."""
        self._view = self._make("visit")

    def show_ending(self) -> None:
        """The visit ends; what asks for something else stays."""
        if self._view.screen in ("visit", "start"):
            self._view = self._make("ending")

    def ask_confirmation(self, command: do.AskConfirmation) -> None:
        """What was proved, and the support worker's checklist."""
        self._view = self._make(
            "confirm",
            reason=command.reason.value,
            proof=command.proof.value,
            residue_clean=command.residue_clean,
            residue=command.residue,
        )

    def show_held(self, reason: HoldReason, note: str) -> None:
        """The desk is held."""
        self._view = self._make("held", hold_reason=reason.value, hold_note=note)

    def show_bulletins(self, bulletins: tuple[Bulletin, ...]) -> None:
        """What central's staff tell the support worker: shown between visits."""
        self._bulletins = bulletins
        self.refresh()

    def refresh(self) -> None:
        """Draw the page again where what it says has changed (its screen, or the desk's health)."""
        checks = tuple(warning.code for warning in self._health.warnings)
        bulletins = self._bulletins if self._view.screen == "start" else ()
        view = msgspec.structs.replace(
            self._view, severity=self._health.worst.value, checks=checks, bulletins=bulletins
        )
        if view == self._shown:
            return
        is_new_screen = self._shown is None or self._shown.screen != view.screen
        front = is_new_screen and view.screen in IN_FRONT
        self._shown = view
        self._lane.put(lambda: self._draw(view, front=front))

    async def _draw(self, view: GateView, *, front: bool) -> None:
        await self._first()
        await self._gate.show(view, front=front)

    async def drawn(self, limit_s: float) -> None:
        """Wait until the last page is on screen, ``limit_s`` at most."""
        await self._lane.drained(limit_s=limit_s)

    async def close(self) -> None:
        """Stop drawing."""
        await self._lane.close()

    def _make(self, screen: str, **fields: Any) -> GateView:
        words = self._words
        return GateView(screen=screen, language=words.voices.worker, desk=words.desk, mark=words.mark.value, **fields)

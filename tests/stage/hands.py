"""The least that a stage and a runner need of the world: nothing is on any screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kiosk_agent.hands.ports import GateView, LogoutReport, Panel, WarningView
from kiosk_agent.hands.shield import NullCover
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import Proof


class NoGate:
    """A gate whose page is nowhere."""

    async def open(self) -> None: ...

    async def show(self, view: GateView, *, front: bool) -> None: ...

    async def close(self) -> None: ...


class NoTray:
    """A tray without an icon."""

    def start(self) -> None: ...

    def show(self, state: str, severity: str) -> None: ...

    def stop(self) -> None: ...


class SlowCover(NullCover):
    """On its way until it is told to arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.on_screen: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def shield(self, panel: Panel) -> asyncio.Future[float]:
        self.show(panel)
        return self.on_screen


class PaperVisit:
    """A visit's browser that shows every warning it is told to and logs out, and notes it."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    async def open(self) -> None: ...

    async def show_warning(self, view: WarningView, fought: Callable[[], None]) -> bool:
        self.shown.append("warning")
        return True

    async def hide_warning(self) -> None:
        self.shown.append("hidden")

    async def show_nudge(self, operation: str) -> None: ...

    def let_form_go(self) -> None: ...

    @property
    def hint(self) -> str:
        return ""

    @property
    def expects_card(self) -> bool:
        return False

    async def run_logout(self, *, steps: bool) -> LogoutReport:
        self.shown.append("logout")
        return LogoutReport(True, True, False)

    async def destroy(self) -> bool:
        return True

    async def prove(self) -> Proof:
        return Proof.REVOKED

    async def remove_residue(self) -> tuple[Residue, ...]:
        return ()

    def forget(self) -> None: ...

"""The practice portal as demo, training and tests use it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from kiosk_agent.practice.api import Api
from kiosk_agent.practice.door import Door
from kiosk_agent.practice.journal import Entry, Journal
from kiosk_agent.practice.provider import IdentityProvider
from kiosk_agent.practice.records import BankAccount, Records
from kiosk_agent.practice.registration import Registration
from kiosk_agent.practice.serving import Serving
from kiosk_agent.practice.site import Site
from kiosk_agent.practice.switches import Switches

PORTAL_HOST = "127.0.0.1"
PROVIDER_HOST = "127.0.0.2"  # another site, not only another port: browsers share cookies between ports


class PracticePortal:
    """The portal and its identity provider, each on a loopback port.

    Use as ``async with PracticePortal(Switches(...)) as portal:`` or with :meth:`start` and :meth:`stop`. ``port`` 0
    takes a free one. ``switches`` may be changed, or replaced, while it runs. What is asked of the portal from another
    thread (all the properties) is a copy of that moment.
    """

    def __init__(self, switches: Switches | None = None, *, port: int = 0, provider_port: int = 0) -> None:
        self._records = Records(switches or Switches())
        self._ports = (port, provider_port)
        self._serving: Serving | None = None
        door = Door(self._records)
        static = Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
        self._portal_app = Starlette(
            routes=[*Site(door).routes(), *Registration(door).routes(), *Api(door).routes(), static]
        )
        self._provider_app = Starlette(routes=[*IdentityProvider(door).routes(), static])

    def start(self) -> None:
        """Listen and answer; returns when both do. Raises OSError where a port is taken."""
        apps = [(self._portal_app, PORTAL_HOST), (self._provider_app, PROVIDER_HOST)]
        addressed = [(app, (host, port)) for (app, host), port in zip(apps, self._ports, strict=True)]
        self._records.stopping = asyncio.Event()
        self._serving = Serving(addressed, self._records.stopping.set)
        self._records.portal_url, self._records.provider_url = self._serving.urls

    def stop(self) -> None:
        """End; requests that hang are let go. Does nothing where it is not running."""
        if self._serving is not None:
            self._serving.stop()
            self._serving = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def go_down(self) -> None:
        """Nobody listens any more: connections are refused. Sessions and everything else are remembered."""
        self._ports = (urlsplit(self.url).port or 0, urlsplit(self.idp_url).port or 0)
        self.stop()

    def come_up(self) -> None:
        """Listen again after :meth:`go_down`, at the same addresses."""
        self.start()

    @property
    def switches(self) -> Switches:
        """How it misbehaves now."""
        return self._records.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self._records.switches = switches

    @property
    def url(self) -> str:
        """The portal's origin, without a slash at the end."""
        return self._records.portal_url

    @property
    def idp_url(self) -> str:
        """The identity provider's origin, without a slash at the end."""
        return self._records.provider_url

    @property
    def sessions(self) -> dict[str, tuple[str, ...]]:
        """Tags of the sessions that the server would accept now, by user; who has none is not in it."""
        return self._records.sessions.by_user()

    @property
    def idp_sessions(self) -> dict[str, tuple[str, ...]]:
        """The same for the identity provider."""
        return self._records.provider_sessions.by_user()

    @property
    def registered(self) -> dict[str, tuple[BankAccount, ...]]:
        """The bank accounts registered for each user: the incident is a wrong one among them."""
        return {user: tuple(accounts) for user, accounts in self._records.registered.items()}

    @property
    def journal(self) -> Journal:
        """Everything that was asked of the portal."""
        return self._records.journal

    def seen_as(self, user: str, since_s: float = 0.0) -> list[Entry]:
        """What was shown to, or changed by, whoever held ``user``'s session at or after ``since_s``."""
        return self._records.journal.seen_as(user, since_s)

    def now(self) -> float:
        """Seconds on the journal's clock, which is the agent's monotonic one."""
        return self._records.clock.now()

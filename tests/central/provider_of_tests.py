"""A real OpenID provider (oidc-provider) on loopback, and a person's way through it."""

from __future__ import annotations

import datetime
import html
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from kiosk_agent.central.oidc.schemas import Settings
from kiosk_agent.clock import SystemClock
from tests.central.people import CSRF
from tests.support.ends import close_input

SERVE = Path(__file__).resolve().parent / "oidc_site" / "serve.mjs"
SECRET = "a secret: of +tests & more"
PEOPLE = {
    "subject-one": {"email": "One@Office.example", "email_verified": True, "preferred_username": "one.person"},
    "subject-two": {"email": "two@office.example", "email_verified": True, "preferred_username": "two.person"},
    "unverified": {"email": "one@office.example", "email_verified": False, "preferred_username": "x"},
}
LEAVING = re.compile(r'<meta http-equiv="refresh" content="0;url=([^"]+)">')
FORM = re.compile(r'<form[^>]* action="([^"]+)"')


class RealProvider:
    """One process of it. ``central``: a port that is kept for central, so that its address can be registered."""

    def __init__(self, folder: Path, log: Path, tls: Path | None = None) -> None:
        self.central = socket.create_server(("127.0.0.1", 0))
        self._log = log.open("wb")
        told = {
            "OIDC_TEST_FOLDER": str(folder),
            "OIDC_TEST_PEOPLE": json.dumps(PEOPLE),
            "OIDC_TEST_CENTRAL": self.public_url,
        }
        if tls is not None:
            told["OIDC_TEST_TLS"] = str(tls)
        self._process = subprocess.Popen(
            ["node.exe" if sys.platform == "win32" else "node", str(SERVE)],
            env={**os.environ, **told},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        self.issuer = self._process.stdout.readline().strip()
        if not self.issuer.startswith("http"):
            self.stop()
            raise RuntimeError(f"oidc-provider did not start: {log.read_text(errors='replace')[-3000:]}")

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.central.getsockname()[1]}"

    def settings(self, **changes: Any) -> Settings:
        told = {"issuer": self.issuer, "client_id": "kiosk-central", "client_secret": SECRET, "name": "職員認証"}
        return Settings(**{**told, "public_url": self.public_url, **changes})

    def behave(self, **mode: Any) -> None:
        """From now on; nothing: as it is."""
        httpx.post(f"{self.issuer}/tests", json=mode).raise_for_status()

    def stop(self) -> None:
        close_input(self._process)
        self._log.close()
        self.central.close()


class ShiftedClock(SystemClock):
    """The provider has the real time; central's may be off."""

    shift = datetime.timedelta()

    def wall(self) -> datetime.datetime:
        return super().wall() + self.shift


class Seat:
    """A browser at central and at the provider."""

    def __init__(self, central: httpx.AsyncClient, real: RealProvider) -> None:
        self.central, self.real = central, real
        self.there = httpx.AsyncClient(follow_redirects=False)

    async def leave(self) -> str:
        """Press the button; returns where central sends the browser."""
        csrf = CSRF.findall((await self.central.get("/login")).text)[0]
        shown = await self.central.post("/login/provider", data={"csrf": csrf})
        assert shown.status_code == 200, shown.text
        return leads_to(shown)

    async def at_provider(self, address: str, login: str | None, code: str = "") -> str:
        """Sign in there, with a second factor where there is a ``code``; None: only if nobody is asked.

        Returns where the provider sends the browser.
        """
        answer = await self.there.get(address)
        while True:
            while answer.is_redirect:
                to = httpx.URL(str(answer.url)).join(answer.headers["location"])
                if str(to).startswith(self.real.public_url):
                    return str(to)
                answer = await self.there.get(to)
            assert answer.status_code == 200, answer.text
            assert login is not None, "the provider asks who is there"
            form = html.unescape(FORM.findall(answer.text)[0])
            told = {"prompt": "login", "login": login, "password": "any", "code": code}
            answer = await self.there.post(form, data=told)

    async def come_back(self, address: str) -> httpx.Response:
        assert address.startswith(self.real.public_url)
        return await self.central.get(address.removeprefix(self.real.public_url))

    async def sign_in(self, login: str = "subject-one", code: str = "") -> httpx.Response:
        """All of it; returns what central shows at the end."""
        return await self.come_back(await self.at_provider(await self.leave(), login, code))


def leads_to(shown: httpx.Response) -> str:
    """Where a page leads by itself."""
    found = LEAVING.findall(shown.text)
    assert len(found) == 1, shown.text
    return html.unescape(found[0])

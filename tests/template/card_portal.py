"""A portal that takes only card sign-ins: sessions are kept on the server, a logout ends them there."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

SIGN_IN = """<!doctype html><title>Card portal</title><h1 id="hello">Welcome</h1>
<p id="found"></p><p id="error"></p><button id="card">Sign in with the card</button>
<form method="post" action="/sign-in"><input type="hidden" name="challenge" value="{challenge}">
<input type="hidden" name="name"><input type="hidden" name="signature"><input type="hidden" name="seen"></form>
<script>
const form = document.forms[0];
document.getElementById('found').textContent =
  JSON.stringify([document.cookie, localStorage.getItem('mine'), sessionStorage.getItem('mine')]);
document.getElementById('card').onclick = () => postMessage({{sign: form.elements.challenge.value}}, location.origin);
addEventListener('message', event => {{
  const answer = event.data.signed;
  if (!answer) return;
  if (answer.error) return document.getElementById('error').textContent = answer.error;
  for (const key of ['name', 'signature', 'seen']) form.elements[key].value = answer[key];
  form.submit();
}});
</script>"""

MINE = """<!doctype html><title>Card portal</title><h1>My page</h1><p>Signed in: <b id="account">{name}</b></p>
<p id="seen">{seen}</p><p id="data">{data}</p><a id="letter" href="/letter">Letter</a>
<form method="post" action="/logout"><button id="logout">Log out</button></form>
<script>
localStorage.setItem('mine', '{data}'); sessionStorage.setItem('mine', '{data}');
document.cookie = 'mine={data}; max-age=86400';
indexedDB.open('mine').onupgradeneeded = event =>
  event.target.result.createObjectStore('mine', {{autoIncrement: true}}).add('{data}');
</script>"""


class CardPortal:
    """``data``: what each resident's page shows, by name; ``secrets``: what their cards sign with."""

    def __init__(self) -> None:
        self.cards: dict[str, str] = {}
        self.data: dict[str, str] = {}
        self.sessions: dict[str, str] = {}
        self._challenges: set[str] = set()
        app = Starlette(
            routes=[
                Route("/", self._start),
                Route("/sign-in", self._sign_in, methods=["POST"]),
                Route("/mine", self._mine),
                Route("/letter", self._letter),
                Route("/logout", self._logout, methods=["POST"]),
                Route("/bye", self._bye),
            ]
        )
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def add_resident(self, name: str) -> dict[str, str]:
        """Returns the resident's card."""
        self.cards[name] = secrets.token_hex(16)
        self.data[name] = f"planted-{secrets.token_hex(16)}"
        return {"name": name, "secret": self.cards[name]}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=30)
        self._socket.close()

    def _name(self, request: Request) -> str | None:
        return self.sessions.get(request.cookies.get("card_session", ""))

    async def _start(self, request: Request) -> Response:
        if self._name(request) is not None:
            return RedirectResponse("/mine", status_code=303)
        challenge = secrets.token_hex(16)
        self._challenges.add(challenge)
        return HTMLResponse(SIGN_IN.format(challenge=challenge))

    async def _sign_in(self, request: Request) -> Response:
        form = await request.form()
        name, challenge = str(form["name"]), str(form["challenge"])
        expected = hmac.new(self.cards[name].encode(), challenge.encode(), hashlib.sha256).hexdigest()
        if challenge not in self._challenges or not hmac.compare_digest(expected, str(form["signature"])):
            return HTMLResponse("The card was not accepted", status_code=403)
        self._challenges.discard(challenge)
        key = secrets.token_urlsafe(32)
        self.sessions[key] = name
        answer = RedirectResponse(f"/mine?seen={form['seen']}", status_code=303)
        answer.set_cookie("card_session", key, httponly=True, max_age=86400)
        return answer

    async def _mine(self, request: Request) -> Response:
        name = self._name(request)
        if name is None:
            return RedirectResponse("/", status_code=303)
        return HTMLResponse(MINE.format(name=name, data=self.data[name], seen=request.query_params.get("seen", "")))

    async def _letter(self, request: Request) -> Response:
        name = self._name(request)
        if name is None:
            return RedirectResponse("/", status_code=303)
        return Response(self.data[name], headers={"Content-Disposition": 'attachment; filename="letter.txt"'})

    async def _logout(self, request: Request) -> Response:
        self.sessions.pop(request.cookies.get("card_session", ""), None)
        answer = RedirectResponse("/bye", status_code=303)
        answer.delete_cookie("card_session")
        return answer

    async def _bye(self, _request: Request) -> Response:
        return HTMLResponse('<!doctype html><title>Card portal</title><h1 id="bye">You are logged out</h1>')

"""Whatever a page of the portal tries, nothing of it leaves for an address outside the profile, and it is counted."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.session import events as ev
from tests.browser.conftest import LIMIT_S, visiting

# RFC 6455, 1.3
SOCKETS_MARK = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

TYPES = {"/script": "text/javascript", "/letter.pdf": "application/pdf"}
PDF = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>> endobj
trailer <</Root 1 0 R/Size 4>>
%%EOF
"""


class Site(BaseHTTPRequestHandler):
    """Gives any page, script or WebSocket; ``/to?URL`` sends elsewhere. Its server's ``asked`` has what was asked."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        if self.headers.get("Upgrade") == "websocket":
            key = hashlib.sha1(
                (self.headers["Sec-WebSocket-Key"] + SOCKETS_MARK).encode(), usedforsecurity=False
            ).digest()
            self.send_response(HTTPStatus.SWITCHING_PROTOCOLS)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", base64.b64encode(key).decode())
            self.end_headers()
            self.close_connection = True
            return
        answer = unquote(query).encode() if path in ("/page", "/script") else PDF if path == "/letter.pdf" else b""
        self.send_response(HTTPStatus.FOUND if path == "/to" else HTTPStatus.OK)
        if path == "/to":
            self.send_header("Location", query)
        self.send_header("Content-Type", TYPES.get(path, "text/html"))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def __init__(self, host: str) -> None:
        super().__init__((host, 0), Site)
        self.asked: list[str] = []
        self.url = f"http://{host}:{self.server_port}"


@contextmanager
def serving(host: str) -> Iterator[Server]:
    server = Server(host)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def outside() -> Iterator[Server]:
    with serving("127.0.0.3") as server:
        yield server


@pytest.fixture
def inside() -> Iterator[Server]:
    with serving("127.0.0.4") as server:
        yield server


# What a page does; `out` and `socket` are addresses outside, `sent` one inside that is sent on to there.
WAYS = {
    "a picture": "new Image().src = out",
    "a picture that is sent on": "new Image().src = sent",
    "a script that is sent on": "document.body.append(Object.assign(document.createElement('script'), {src: sent}))",
    "a request that is sent on": "fetch(sent, {mode: 'no-cors'}).catch(() => 0)",
    "a message at the end": "navigator.sendBeacon(out, 'x')",
    "a stream that is sent on": "new EventSource(sent)",
    "a film that is sent on": "document.createElement('video').src = sent",
    "a font that is sent on": "new FontFace('x', `url(${sent})`).load().catch(() => 0)",
    "a style that is sent on": """document.head.append(
        Object.assign(document.createElement('link'), {rel: 'stylesheet', href: sent}))""",
    "what is loaded ahead and is sent on": """document.head.append(
        Object.assign(document.createElement('link'), {rel: 'preload', as: 'image', href: sent}))""",
    "a frame that is sent on": "document.body.append(Object.assign(document.createElement('iframe'), {src: sent}))",
    "a picture in a frame": """document.body.append(
        Object.assign(document.createElement('iframe'), {srcdoc: `<img src="${out}">`}))""",
    "a request of a frame": """document.body.append(Object.assign(
        document.createElement('iframe'), {src: page(`fetch('${out}', {mode: 'no-cors'})`)}))""",
    "a request of a frame that is sent on": """document.body.append(Object.assign(
        document.createElement('iframe'), {src: page(`fetch('${sent}', {mode: 'no-cors'})`)}))""",
    "a form that is sent on": """document.body.append(
        Object.assign(document.createElement('form'), {action: sent, method: 'post'})); document.forms[0].submit()""",
    "a WebSocket": "new WebSocket(socket)",
    "a WebSocket of a frame's own text": """document.body.append(Object.assign(
        document.createElement('iframe'), {srcdoc: `<script>new WebSocket('${socket}')</scr` + `ipt>`}))""",
    "a WebSocket of an empty frame": """document.body.append(document.createElement('iframe'));
        new frames[0].WebSocket(socket)""",
    "a WebSocket of a frame": """document.body.append(
        Object.assign(document.createElement('iframe'), {src: page(opens)}))""",
    "a WebSocket of a new window": "window.open(page(opens))",
    "a WebSocket of a frame that was looked at before": """const frame = document.createElement('iframe');
        document.body.append(frame); frame.contentWindow.seen = 1; frame.src = page(opens)""",
    "a WebSocket of a worker": "new Worker(script(`new WebSocket('${socket}')`))",
    "a WebSocket of a shared worker": "new SharedWorker(script(`new WebSocket('${socket}')`))",
    "a request of a worker": "new Worker(script(`fetch('${out}', {mode: 'no-cors'})`))",
    "a request of a worker that is sent on": "new Worker(script(`fetch('${sent}', {mode: 'no-cors'})`))",
    "a request of a shared worker": "new SharedWorker(script(`fetch('${out}', {mode: 'no-cors'})`))",
    "a request of a shared worker that is sent on": "new SharedWorker(script(`fetch('${sent}', {mode: 'no-cors'})`))",
    "a request of a worker of the page's own text": """new Worker(URL.createObjectURL(
        new Blob([`fetch('${location.origin}${sent}', {mode: 'no-cors'})`])))""",
}
GIVEN = """
const script = text => `/script?${encodeURIComponent(text)}`;
const page = text => `/page?${encodeURIComponent(`<script>${text}</scr` + `ipt>`)}`;
const opens = `new WebSocket('${socket}')`;
"""


def document(outside: Server, way: str) -> str:
    """The address of a page that tries it as its first script runs."""
    there = outside.url.removeprefix("http:")
    given = f"const out = 'http:{there}/x', socket = 'ws:{there}/x', sent = `/to?${{out}}`;" + GIVEN
    text = f"<!doctype html><body><script>{given}{way}</script>"
    return "/page?" + "".join(f"%{byte:02x}" for byte in text.encode())


async def test_whatever_a_page_tries_is_held_back_and_counted(
    portal: PracticePortal, tmp_path: Path, inside: Server
) -> None:
    async with visiting(portal, tmp_path, allowed=f"{inside.url}/**") as visit:
        for number, (way, script) in enumerate(WAYS.items(), 1):
            with serving("127.0.0.3") as outside:  # each on a port of its own: an origin counts once in a visit
                page = await visit.page.context.new_page()
                await page.goto(inside.url + document(outside, script))
                await visit.until(ev.NavigationRefused, times=number, what=way)
                assert outside.asked == [], way
                await page.close()
        assert len(visit.of(ev.NavigationRefused)) == len(WAYS)


async def test_a_websocket_of_a_worker_of_the_pages_own_text_is_held_back(
    portal: PracticePortal, tmp_path: Path, inside: Server, outside: Server
) -> None:
    """It takes the page's policy with it, and nobody is told of what that holds back: so it is not counted."""
    async with visiting(portal, tmp_path, allowed=f"{inside.url}/**") as visit:
        await visit.page.goto(f"{inside.url}/page?<body>")
        tried = (
            f"const one = new WebSocket('{outside.url.replace('http', 'ws')}'); one.onerror = () => postMessage('held')"
        )
        assert await visit.page.evaluate(
            """text => new Promise(done => {
                new Worker(URL.createObjectURL(new Blob([text]))).onmessage = told => done(told.data);
            })""",
            tried,
        ) == "held"  # fmt: skip
        assert outside.asked == []


OPENS = """
const one = new WebSocket(address);
one.onopen = () => tell('opened');
one.onerror = () => tell('held');
"""
WHERE = {
    "a page": f"address => new Promise(tell => {{ {OPENS} }})",
    "a worker": f"""address => new Promise(done => {{
        const text = `const address = '${{address}}', tell = what => postMessage(what); {OPENS}`;
        new Worker('/script?' + encodeURIComponent(text)).onmessage = told => done(told.data);
    }})""",
    "a shared worker": f"""address => new Promise(done => {{
        const text = `onconnect = ({{ports: [port]}}) => {{
            const address = '${{address}}', tell = what => port.postMessage(what); {OPENS}
        }}`;
        new SharedWorker('/script?' + encodeURIComponent(text)).port.onmessage = told => done(told.data);
    }})""",
}


@pytest.mark.parametrize("where", WHERE)
async def test_the_portals_own_websockets_open(
    portal: PracticePortal, tmp_path: Path, inside: Server, where: str
) -> None:
    async with visiting(portal, tmp_path, allowed=f"{inside.url}/**") as visit:
        await visit.page.goto(f"{inside.url}/page?<body>")
        assert await visit.page.evaluate(WHERE[where], inside.url.replace("http", "ws")) == "opened"
        assert visit.of(ev.NavigationRefused) == []


async def test_a_page_finds_nothing_of_the_policy_and_is_kept_from_nothing_else(
    portal: PracticePortal, tmp_path: Path, inside: Server
) -> None:
    text = """<!doctype html><head><title>x</title><script>
        window.found = [document.head.children.length, eval('1 + 1'), typeof Function('return 1')];
        window.fetched = fetch('/page?inside').then(answer => answer.text());
        document.head.append(Object.assign(document.createElement('style'), {textContent: 'body { color: red }'}));
    </script></head><body onclick="0" style="margin: 0">"""
    encoded = "".join(f"%{byte:02x}" for byte in text.encode())
    async with visiting(portal, tmp_path, allowed=f"{inside.url}/**") as visit:
        page = visit.page
        await page.goto(f"{inside.url}/page?{encoded}")
        assert await page.evaluate("window.found") == [2, 2, "function"]
        assert await page.evaluate("window.fetched") == "inside"
        assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(255, 0, 0)"
        assert visit.of(ev.NavigationRefused) == []


async def test_what_a_page_asks_for_again_and_again_is_counted_once_for_each_place(
    portal: PracticePortal, tmp_path: Path, inside: Server, outside: Server
) -> None:
    with serving("127.0.0.5") as another:
        async with visiting(portal, tmp_path, allowed=f"{inside.url}/**") as visit:
            await visit.page.goto(f"{inside.url}/page?<body>")
            for server in (outside, outside, another):
                for path in ("a", "b"):
                    await visit.page.evaluate(
                        "url => fetch(url, {mode: 'no-cors'}).catch(() => 0)", f"{server.url}/{path}"
                    )
            await visit.until(ev.NavigationRefused, times=2)
            assert len(visit.of(ev.NavigationRefused)) == 2
        assert (outside.asked, another.asked) == ([], [])


async def test_a_report_that_a_page_makes_up_breaks_nothing(
    portal: PracticePortal, tmp_path: Path, inside: Server
) -> None:
    async with visiting(portal, tmp_path, allowed=f"{inside.url}/**") as visit:
        await visit.page.goto(f"{inside.url}/page?<body>")
        for body in ("", "x", "[]", json.dumps({"csp-report": 1})):
            answer = (
                "(body) => fetch('https://refused.invalid/', {method: 'POST', body, mode: 'no-cors'}).catch(String)"
            )
            assert "TypeError" in await visit.page.evaluate(answer, body)
        assert await visit.page.evaluate("fetch('/page?inside').then(answer => answer.text())") == "inside"


@pytest.mark.parametrize("way", ["/letter.pdf", "/page?<iframe src=/letter.pdf>"])
async def test_a_letter_of_the_portal_is_shown_and_nothing_of_its_viewer_is_refused(
    portal: PracticePortal, tmp_path: Path, inside: Server, display: str, way: str
) -> None:
    async with visiting(portal, tmp_path, allowed=f"{inside.url}/**", headless=False) as visit:
        page = visit.page
        await page.goto(inside.url + way)
        async with asyncio.timeout(LIMIT_S):  # the viewer, once it runs, has the letter in a frame of its own
            while len([frame for frame in page.frames if frame.url.endswith("/letter.pdf")]) < 2:
                await asyncio.sleep(0.05)
        assert visit.of(ev.NavigationRefused) == []

"""A build by hand, the person who does it, then one visit: ``by_hand.py DATA_DIR BROWSER URL EXTENSION CRX``.

No store can be reached from here. In its place the office's own page links to the packed extension, and the managed
policy ``ExtensionInstallSources`` (put in place by the test) lets the browser install it from there as it does from
its store: a click, the browser's question, "Add extension". All is done with key presses and the mouse, in the
window that the build opens.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from kiosk_agent.hands.template import Source, Template
from kiosk_agent.hands.template_build import BuildOrder, build_template
from tests.template.conftest import SANDBOX, card_profile
from tests.template.one_visit import sign_in, visit

# Browsers drop keys that come before a page was first painted: hence the two frames.
PAGE = b"""<!doctype html><title>Office</title><script>
const painted = then => requestAnimationFrame(() => requestAnimationFrame(then));
</script><a href="/card.crx" autofocus onfocus="painted(() => fetch('/focus'))">The card</a>"""
# "Add extension", to the right of the window's middle and below its upper edge. Before the question is there, this is
# an empty part of the page; and in its first half second, so that nobody says yes by accident, it cannot be pressed.
YES_RIGHT, YES_DOWN = 134, 270
PRESS_AGAIN_S = 10.0


class Office:
    """The office's page. ``seen``: what happens to it, in order."""

    def __init__(self, crx: Path) -> None:
        self.crx = crx
        self.seen: asyncio.Queue[str] = asyncio.Queue()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).decode().split()[1]
        while (await reader.readline()).strip():
            pass
        packed = path == "/card.crx"
        body = self.crx.read_bytes() if packed else PAGE
        kind = "application/x-chrome-extension" if packed else "text/html"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        self.seen.put_nowait(path)

    async def until(self, path: str) -> None:
        while await self.seen.get() != path:
            pass


@asynccontextmanager
async def open_office(crx: Path) -> AsyncIterator[tuple[Office, str]]:
    office = Office(crx)
    server = await asyncio.start_server(office.answer, "127.0.0.1", 0)
    async with server:
        yield office, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def xdotool(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "xdotool", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await process.communicate()
    return said.decode()


async def open_tab() -> None:
    """Press Ctrl+T until there is a new tab, for the same reason as below."""
    seen = asyncio.create_task(xdotool("search", "--sync", "--onlyvisible", "--name", "^New Tab - "))
    try:
        while not seen.done():
            await xdotool("key", "--clearmodifiers", "ctrl+t")
            await asyncio.wait({seen}, timeout=PRESS_AGAIN_S)
    finally:
        seen.cancel()


async def press(keys: Callable[[], Awaitable[object]], office: Office, path: str) -> None:
    """Press keys until they have led to ``path``: a busy browser loses some, and a person presses again."""
    while True:
        await keys()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PRESS_AGAIN_S):
                return await office.until(path)


async def install(office: Office, address: str) -> None:
    """The person, until cancelled: opens the office's page, follows its link, and says yes when the browser asks."""
    window = ["search", "--sync", "--onlyvisible", "--name", "^Extensions - "]  # what a person waits for, too
    await xdotool(*window, "windowactivate", "--sync")
    await open_tab()

    async def go() -> None:
        await xdotool("key", "--clearmodifiers", "ctrl+l")
        await xdotool("type", "--clearmodifiers", address)
        await xdotool("key", "--clearmodifiers", "Return")

    await press(go, office, "/focus")
    await press(lambda: xdotool("key", "--clearmodifiers", "Return"), office, "/card.crx")
    shape = dict(line.split("=") for line in (await xdotool("getactivewindow", "getwindowgeometry", "--shell")).split())
    across, down = int(shape["X"]) + int(shape["WIDTH"]) // 2 + YES_RIGHT, int(shape["Y"]) + YES_DOWN
    while True:
        await xdotool("mousemove", str(across), str(down), "click", "1")
        await asyncio.sleep(1)  # no event says that the question is there, or that it can be answered by now


async def build(order: BuildOrder, crx: Path) -> Template:
    installed = asyncio.Event()
    async with open_office(crx) as (office, address):
        building = asyncio.create_task(build_template(order, lambda step: installed.set() if step == "allow" else None))
        person = asyncio.create_task(install(office, address))
        waiting = asyncio.create_task(installed.wait())
        # also where somebody is refused: this ends long before the test is killed, and closes the window
        await asyncio.wait({building, person, waiting}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        person.cancel()
        waiting.cancel()
        if not installed.is_set():
            building.cancel()
        return await building


async def main(data_dir: Path, executable: Path, url: str, extension: str, crx: Path) -> None:
    profile = card_profile(url, extension, data_dir)
    template = await build(BuildOrder(profile, data_dir, executable, Source.BY_HAND, sandbox=SANDBOX), crx)
    [built] = template.manifest.extensions
    async with visit(profile, data_dir, executable) as (launch, page):
        _found, account, _seen = await sign_in(page)
        await launch.close()
        await launch.wipe()
    print(f"{template.manifest.source}|{built.version}|{built.in_memory}|{','.join(built.native_programs)}|{account}")


if __name__ == "__main__":
    data_dir, executable, url, extension, crx = sys.argv[1:]
    asyncio.run(main(Path(data_dir), Path(executable), url, extension, Path(crx)))

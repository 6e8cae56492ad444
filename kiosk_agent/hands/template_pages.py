"""What the template's builder asks the browser: on its own page of extensions, and in the extensions' pages."""

from __future__ import annotations

from typing import Any

import msgspec
from playwright.async_api import Error as BrowserError
from playwright.async_api import Page

from kiosk_agent.hands.native_hosts import PROGRAM_LIMIT_S
from kiosk_agent.hands.template import TemplateError

ABORTED = "net::ERR_ABORTED"  # the page is gone; a policy blocks it with an error of its own
EXTENSIONS_PAGE = "chrome://extensions"

# Each waits for the browser's own notice of a change; nothing is asked twice a second.
_FIND = """
const pick = e => ({id: e.id, version: e.version, state: e.state,
  may_run_in_memory: e.incognitoAccess.isEnabled, runs_in_memory: e.incognitoAccess.isActive,
  reasons: Object.entries(e.disableReasons || {}).filter(pair => pair[1] === true).map(pair => pair[0])});
const api = chrome.developerPrivate;
const find = async ids => (await api.getExtensionsInfo({includeDisabled: true, includeTerminated: true}))
  .filter(e => ids.includes(e.id)).map(pick);
const until = (ids, good) => new Promise(resolve => {
  const look = async () => {
    const found = await find(ids);
    if (found.length === ids.length && found.every(good)) {
      api.onItemStateChanged.removeListener(look);
      resolve(found);
    }
  };
  api.onItemStateChanged.addListener(look);
  look();
});
"""
LOOK = "async ids => {" + _FIND + "return find(ids)}"
UNTIL_INSTALLED = "async ids => {" + _FIND + "return until(ids, e => e.state === 'ENABLED')}"
ALLOW_IN_MEMORY = (
    "async ids => {"
    + _FIND
    + """
  for (const e of await find(ids))
    if (e.may_run_in_memory && !e.runs_in_memory)
      await api.updateExtensionConfiguration({extensionId: e.id, incognitoAccess: true});
  return until(ids, e => e.state === 'ENABLED' && (e.runs_in_memory || !e.may_run_in_memory));
}"""
)
ALLOW_UNPACKED = "() => chrome.developerPrivate.updateProfileConfiguration({inDeveloperMode: true})"
RELOAD = "id => chrome.developerPrivate.reload(id, {failQuietly: true})"
START_PROGRAM = """([name, limit]) => new Promise(resolve => {
  const port = chrome.runtime.connectNative(name);
  const late = setTimeout(() => { port.disconnect(); resolve(''); }, limit);
  port.onMessage.addListener(() => { clearTimeout(late); port.disconnect(); resolve(''); });
  port.onDisconnect.addListener(() => {
    clearTimeout(late); resolve(chrome.runtime.lastError?.message || 'the program ended'); });
})"""


class Installed(msgspec.Struct, frozen=True):
    """An extension as the browser sees it. ``state`` is ENABLED when it runs; ``reasons`` say why it does not."""

    id: str
    version: str
    state: str
    may_run_in_memory: bool
    runs_in_memory: bool
    reasons: tuple[str, ...] = ()


class ExtensionsPage:
    """The browser's own page of extensions, which can see and change them."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def open(self) -> None:
        """Raises TemplateError where a policy forbids the page, BrowserError where the window is closed meanwhile."""
        try:
            await self._page.goto(EXTENSIONS_PAGE)
        except BrowserError as error:
            if ABORTED in error.message:
                raise
            raise TemplateError(
                f"The browser does not open {EXTENSIONS_PAGE}: {error.message.splitlines()[0]}.",
                "Allow this page in the managed policies while the template is built.",
            ) from error

    async def look(self, ids: tuple[str, ...]) -> list[Installed]:
        """Those of ``ids`` that are there, in whatever state."""
        return await self._ask(LOOK, ids)

    async def until_installed(self, ids: tuple[str, ...]) -> list[Installed]:
        """Wait until all of them run."""
        return await self._ask(UNTIL_INSTALLED, ids)

    async def allow_in_memory(self, ids: tuple[str, ...]) -> list[Installed]:
        """Let them run in in-memory contexts where their makers allow it; returns them when they run again."""
        return await self._ask(ALLOW_IN_MEMORY, ids)

    async def allow_unpacked(self) -> None:
        """Let extensions run that come from a folder."""
        await self._page.evaluate(ALLOW_UNPACKED)

    async def keep_unpacked(self, extension: str) -> None:
        """Let the profile keep an extension that was loaded over the debugging channel.

        Chromium marks such an extension as gone after the next start; loading it once more takes the mark away.
        """
        await self._page.evaluate(RELOAD, extension)

    async def _ask(self, question: str, ids: tuple[str, ...]) -> list[Installed]:
        answer: Any = await self._page.evaluate(question, list(ids))
        return msgspec.convert(answer, type=list[Installed])


async def start_program(page: Page, extension: str, program: str) -> str:
    """Start a native program as the extension does; returns what went wrong, empty where it runs.

    Raises TemplateError where the extension's own page does not open.
    """
    try:
        await page.goto(f"chrome-extension://{extension}/manifest.json")
    except BrowserError as error:
        reason = error.message.splitlines()[0]
        raise TemplateError(f"The extension {extension} does not open: {reason}.", "Build it again.") from error
    problem: str = await page.evaluate(START_PROGRAM, [program, PROGRAM_LIMIT_S * 1000])
    return problem

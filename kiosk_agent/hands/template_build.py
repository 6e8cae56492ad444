"""Building a template on the desk: install, allow in memory, prune, try, and only then make it the one that counts."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from playwright.async_api import BrowserContext, Playwright, async_playwright
from playwright.async_api import Error as BrowserError

from kiosk_agent.errors import DisplayError
from kiosk_agent.hands.launched import let_go
from kiosk_agent.hands.native_hosts import USER_FOLDER, hosts_for, start_directly, user_hosts_folder
from kiosk_agent.hands.template import (
    PROFILE_FOLDER,
    UNPACKED_FOLDER,
    Manifest,
    Source,
    Template,
    TemplateError,
    TemplateExtension,
    portal_hash,
    template_folder,
    write_manifest,
)
from kiosk_agent.hands.template_copies import make_copy
from kiosk_agent.hands.template_launch import VISIT_DROPS
from kiosk_agent.hands.template_pages import ExtensionsPage, Installed, start_program
from kiosk_agent.hands.wiping import wipe_folder
from kiosk_agent.lock import DeskLock
from kiosk_agent.portal.profile import Profile

INSTALL_LIMIT_S = 120.0  # measured on loopback: 1.3 s; the rest is for slow municipal lines
END_LIMIT_S = 30.0  # to write down what it keeps, on an old disk, too
# A visit has no background network; but through it policies install extensions.
BUILD_DROPS = (*VISIT_DROPS, "--disable-background-networking")
# All that a visit needs of a profile. Everything else is history, caches or somebody's data. The scripts in
# "Service Worker" stay: without them the first native message takes 2.3 s instead of 0.6.
KEPT = ("Local State", "Last Version", "First Run", USER_FOLDER)
KEPT_IN_DEFAULT = (
    "Preferences",
    "Secure Preferences",
    "Extensions",
    "Extension State",
    "Extension Rules",
    "Extension Scripts",
    "Local Extension Settings",
    "Managed Extension Settings",
    "Service Worker",
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class BuildOrder:
    """What to build and how. ``unpacked``: folders of extensions, for Source.UNPACKED."""

    profile: Profile
    data_dir: Path
    executable: Path
    source: Source
    sandbox: bool
    headless: bool = False
    unpacked: tuple[Path, ...] = ()
    install_limit_s: float = INSTALL_LIMIT_S


async def build_template(order: BuildOrder, say: Say = lambda _step: None) -> Template:
    """Build the template; the old one stays until the new one is whole. ``say`` hears each step's name.

    Steps: install, allow, prune, try, keep. Raises TemplateError, DisplayError and OSError.
    """
    if not order.profile.portal.extensions:
        raise TemplateError(f"{order.profile.path} names no extensions in [portal].", "A template is not needed.")
    if order.source is Source.BY_HAND and os.name == "posix" and not os.environ.get("DISPLAY"):
        raise DisplayError("There is no display to open a window on.", "Start it in the desk's own session.")
    folder = template_folder(order.data_dir, order.profile.portal.name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with DeskLock(folder, "build"):
        build = f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        try:
            template = await _build(order, folder / build, say)
        except BrowserError as error:
            await wipe_folder(folder / build)
            reason = error.message.splitlines()[0]
            raise TemplateError(f"The browser was closed or failed: {reason}.", "Build it again.") from error
        except BaseException:
            await wipe_folder(folder / build)
            raise
        say("keep")
        await asyncio.to_thread(_to_disk, folder / build)
        write_manifest(folder, template.manifest)
        for other in await asyncio.to_thread(_others, folder, build):
            await wipe_folder(other)
    return template


async def _build(order: BuildOrder, build_dir: Path, say: Say) -> Template:
    profile_dir = build_dir / PROFILE_FOLDER
    profile_dir.mkdir(mode=0o700, parents=True)
    own_programs = user_hosts_folder(order.executable)
    if own_programs is not None and own_programs.is_dir():
        shutil.copytree(own_programs, profile_dir / USER_FOLDER)  # the browser looks only beside its own profile
    async with async_playwright() as playwright:
        say("install")
        async with _browser(playwright, order, profile_dir, headless=order.headless, dropped=BUILD_DROPS) as context:
            if order.source is Source.BY_HAND:
                await _let_install_from_downloads(context)
            page = ExtensionsPage(context.pages[0])
            await page.open()
            await _install(order, context, page, build_dir)
            say("allow")
            installed = await page.allow_in_memory(order.profile.portal.extensions)
            version = context.browser.version if context.browser is not None else ""
        say("prune")
        prune(profile_dir)
        manifest = Manifest(
            build=build_dir.name,
            source=order.source,
            browser_version=version,
            extensions=tuple(TemplateExtension(e.id, e.version, e.runs_in_memory) for e in installed),
            built_at=datetime.datetime.now().astimezone(),
            portal_hash=portal_hash(order.profile.portal),
        )
        say("try")
        return await _try(playwright, order, Template(manifest, profile_dir))


async def _install(order: BuildOrder, context: BrowserContext, page: ExtensionsPage, build_dir: Path) -> None:
    """Have the extensions installed and wait until all of them run."""
    ids = order.profile.portal.extensions
    if order.source is Source.UNPACKED:
        await page.allow_unpacked()
        for extension in await _load_unpacked(order, context, build_dir):
            await page.keep_unpacked(extension)
    limit_s = None if order.source is Source.BY_HAND else order.install_limit_s
    try:
        async with asyncio.timeout(limit_s):
            await page.until_installed(ids)
    except TimeoutError as error:
        raise _not_installed(order, ids, await page.look(ids)) from error


async def _let_install_from_downloads(context: BrowserContext) -> None:
    """A person's installing begins with a download, which Playwright would keep from the browser."""
    if context.browser is None:
        raise TemplateError("The browser gives no access to itself.", "Install a newer browser.")
    session = await context.browser.new_browser_cdp_session()  # not detached: that would undo it
    await session.send("Browser.setDownloadBehavior", {"behavior": "default"})


async def _load_unpacked(order: BuildOrder, context: BrowserContext, build_dir: Path) -> list[str]:
    """Returns the ids of what was loaded."""
    if context.browser is None:
        raise TemplateError("The browser cannot be asked to load extensions.", "Install a newer browser.")
    session = await context.browser.new_browser_cdp_session()
    loaded = []
    for index, folder in enumerate(order.unpacked):
        kept = build_dir / UNPACKED_FOLDER / str(index)  # the profile names this folder: it stays with the template
        await asyncio.to_thread(shutil.copytree, folder, kept)
        answer = await session.send("Extensions.loadUnpacked", {"path": str(kept)})
        if answer["id"] not in order.profile.portal.extensions:
            raise TemplateError(
                f"{folder} has the id {answer['id']}, which {order.profile.path} does not name.",
                'Give the extension a "key" in its manifest.json, and name its id in [portal] extensions.',
            )
        loaded.append(str(answer["id"]))
    await session.detach()
    return loaded


def _not_installed(order: BuildOrder, ids: tuple[str, ...], found: list[Installed]) -> TemplateError:
    states = {extension.id: extension for extension in found}
    lines = []
    for wanted in ids:
        extension = states.get(wanted)
        if extension is None:
            lines.append(f"{wanted} is not installed")
        elif extension.state != "ENABLED":
            lines.append(f"{wanted} is {extension.state} ({', '.join(extension.reasons) or 'no reason given'})")
    remedy = (
        "Name the extensions in the managed policy ExtensionInstallForcelist and look at chrome://policy, "
        "or use --by-hand."
        if order.source is Source.POLICY
        else "Look at chrome://extensions in this browser."
    )
    return TemplateError(f"After {order.install_limit_s:.0f} s: {'; '.join(lines)}.", remedy)


async def _try(playwright: Playwright, order: BuildOrder, template: Template) -> Template:
    """Start a visit's copy as a visit does; returns the template with the native programs that started.

    Raises TemplateError where an extension does not run in the copy, or a program of its does not start.
    """
    copy = await make_copy(template, order.data_dir)
    try:
        async with _browser(playwright, order, copy.profile_dir, headless=True, dropped=VISIT_DROPS) as context:
            extensions = ExtensionsPage(context.pages[0])
            await extensions.open()
            async with asyncio.timeout(order.install_limit_s):
                await extensions.until_installed(order.profile.portal.extensions)
            running = {e.id: e for e in await extensions.look(order.profile.portal.extensions)}
            tried = []
            for extension in template.manifest.extensions:
                if running[extension.id].runs_in_memory != extension.in_memory:
                    raise TemplateError(
                        f"The extension {extension.id} lost its permission to run in memory.", "Build it again."
                    )
                programs = await _try_programs(order, context, extension.id, copy.profile_dir)
                tried.append(TemplateExtension(extension.id, extension.version, extension.in_memory, programs))
    except TimeoutError as error:
        raise TemplateError("The extensions do not run in a copy of the template.", "Build it again.") from error
    finally:
        await copy.wipe()
    return Template(msgspec.structs.replace(template.manifest, extensions=tuple(tried)), template.profile_dir)


async def _try_programs(
    order: BuildOrder, context: BrowserContext, extension: str, profile_dir: Path
) -> tuple[str, ...]:
    started = []
    for host in hosts_for(extension, order.executable, profile_dir):
        if order.source is Source.POLICY:  # the pages of an extension that a policy installed cannot be driven
            problem = await start_directly(host, extension)
        else:
            problem = await start_program(context.pages[0], extension, host.name)
        if problem:
            raise TemplateError(
                f"The program {host.name} ({host.path}) of the extension {extension} does not start: {problem}.",
                "Install the program again.",
            )
        started.append(host.name)
    return tuple(started)


@contextlib.asynccontextmanager
async def _browser(
    playwright: Playwright, order: BuildOrder, profile_dir: Path, *, headless: bool, dropped: Sequence[str]
) -> AsyncIterator[BrowserContext]:
    args = ["--no-first-run"]
    if headless:
        args.append("--headless=new")  # Playwright's own headless mode is another browser, without extensions
    if order.source is Source.UNPACKED:
        args.append("--enable-unsafe-extension-debugging")
    context = await playwright.chromium.launch_persistent_context(
        profile_dir,
        executable_path=order.executable,
        headless=False,
        args=args,
        ignore_default_args=dropped,
        chromium_sandbox=order.sandbox,
        no_viewport=True,
    )
    try:
        yield context
    except BaseException:  # what is built is thrown away, and where the window was closed nothing may answer any more
        await let_go(context.close())
        raise
    try:
        async with asyncio.timeout(END_LIMIT_S):  # it writes down what it keeps
            with contextlib.suppress(BrowserError):  # the person may have closed the window already
                await context.close()
    except TimeoutError as error:
        raise TemplateError(f"The browser did not end within {END_LIMIT_S:.0f} s.", "Build it again.") from error


def prune(profile_dir: Path) -> None:
    """Leave only what a visit needs. Raises OSError."""
    for folder, kept in ((profile_dir, (*KEPT, "Default")), (profile_dir / "Default", KEPT_IN_DEFAULT)):
        for entry in list(folder.iterdir()):
            if entry.name in kept:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


def _to_disk(build_dir: Path) -> None:
    """The build must be on the disk before the manifest says that it counts."""
    for file in build_dir.rglob("*"):
        if file.is_file() and not file.is_symlink():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())


def _others(folder: Path, build: str) -> list[Path]:
    """Older builds, and what builds that were cut off left behind."""
    return [entry for entry in folder.iterdir() if entry.is_dir() and entry.name != build]

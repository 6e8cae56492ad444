"""Native messaging: which programs on this PC an extension may start.

A program is declared by a JSON file that names it and the extensions it answers to
(https://developer.chrome.com/docs/extensions/develop/concepts/native-messaging).
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

log = logging.getLogger(__name__)

# A program that cannot work ends within this time; one that runs waits for messages for as long as it is let.
PROGRAM_LIMIT_S = 2.0
USER_FOLDER = "NativeMessagingHosts"  # inside the browser's user data folder


class NativeHost(msgspec.Struct, frozen=True):
    """One declaration."""

    name: str
    path: str
    allowed_origins: tuple[str, ...] = ()

    def answers_to(self, extension: str) -> bool:
        """Whether the extension with this id may start it."""
        return f"chrome-extension://{extension}/" in self.allowed_origins


def hosts_for(extension: str, executable: Path, profile_dir: Path) -> list[NativeHost]:
    """The programs declared for ``extension``, for the browser ``executable`` on the profile ``profile_dir``."""
    files = [*_declared_in(profile_dir / USER_FOLDER), *_machine_files(executable)]
    hosts = (host for host in map(_read, files) if host is not None)
    return list({host.name: host for host in hosts if host.answers_to(extension)}.values())


async def start_directly(host: NativeHost, extension: str) -> str:
    """Start the program as the browser would, without the browser; returns what went wrong, empty where it runs."""
    try:
        program = await asyncio.create_subprocess_exec(
            host.path,
            f"chrome-extension://{extension}/",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        return error.strerror or str(error)
    try:
        async with asyncio.timeout(PROGRAM_LIMIT_S):
            return f"it ended with status {await program.wait()}"
    except TimeoutError:  # it waits for messages, as it should
        return ""
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


def user_hosts_folder(executable: Path) -> Path | None:
    """Where this user's own declarations lie, which a profile elsewhere does not see; None on Windows (registry)."""
    if sys.platform == "win32":
        return None
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / _brand(executable) / USER_FOLDER


def _brand(executable: Path) -> str:
    name = executable.name.lower()
    if "edge" in name:
        return "microsoft-edge"
    return "google-chrome" if "chrome" in name else "chromium"


def _declared_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def _machine_files(executable: Path) -> Iterator[Path]:
    if sys.platform == "win32":
        yield from _registered_files()
        return
    folder = {"microsoft-edge": "opt/edge", "google-chrome": "opt/chrome", "chromium": "chromium"}[_brand(executable)]
    yield from _declared_in(Path("/etc") / folder / "native-messaging-hosts")


if sys.platform == "win32":

    def _registered_files() -> Iterator[Path]:
        import winreg

        brands = ("Google\\Chrome", "Microsoft\\Edge", "Chromium")  # Edge looks under all three
        for hive in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            for brand in brands:
                try:
                    key = winreg.OpenKey(hive, f"SOFTWARE\\{brand}\\{USER_FOLDER}")
                except FileNotFoundError:
                    continue
                with key:
                    for index in range(winreg.QueryInfoKey(key)[0]):
                        yield Path(winreg.QueryValue(key, winreg.EnumKey(key, index)))


def _read(file: Path) -> NativeHost | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=NativeHost)
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s is not a native messaging declaration: %s", file, error)
        return None

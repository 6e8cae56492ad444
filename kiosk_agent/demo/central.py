"""A central of the demonstration's own, with a desk enrolled there: the real commands, as an office would run them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk_agent.clock import Clock
from kiosk_agent.config import Central, Config
from kiosk_agent.errors import DeskError
from kiosk_agent.health import Health
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.report.enrolment import enrol
from kiosk_agent.report.keystore import KeystoreError
from kiosk_agent.report.uploading import make_client, make_uploader

COMMAND = (sys.executable, "-m", "kiosk_agent.central")
NOT_INSTALLED = 69  # its exit status where its packages are not there
IN_UTF8 = {"PYTHONIOENCODING": "utf-8"}  # on Windows it would speak the PC's code page into a pipe
MUNICIPALITY, OFFICE = "131016", "デモ窓口"
PLACES = f"code,prefecture,municipality\n{MUNICIPALITY},東京都,千代田区\n"
ACCOUNT = "demo"
NEW_DESK = ("desk", "code", "--municipality", MUNICIPALITY, "--office", OFFICE, "--new-office")
VIEWER = ("staff", "add", ACCOUNT, "--role", "viewer", "--scope", "nation")
LIMIT_S = 60.0  # of each step; one takes about a second
STOP_S = 15.0  # the server itself takes at most 10 for what is under way


class DemoCentralError(DeskError):
    """The demonstration's central does not work. ``missing``: it is not installed."""

    def __init__(self, cause: str, *, missing: bool = False) -> None:
        super().__init__(cause, "The demonstration goes on without it.")
        self.missing = missing


@dataclass(frozen=True)
class DemoCentral:
    """Where it is, and how to look at it: ``account`` and ``password`` are of this demonstration alone."""

    url: str
    page: str
    account: str
    password: str


@asynccontextmanager
async def open_central(folder: Path) -> AsyncIterator[DemoCentral]:
    """A server with a database in ``folder``, an account that may look, and a desk's code; until the block is left.

    The desk whose data are in ``folder`` is enrolled. Raises DemoCentralError.
    """
    data = folder / "central"
    places = folder / "places.csv"
    await asyncio.to_thread(places.write_text, PLACES, encoding="utf-8")
    password = secrets.token_urlsafe(15)
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.TaskGroup() as tasks:  # each takes a second, most of it for imports
                serving = tasks.create_task(stack.enter_async_context(_serving(data)))
                code = tasks.create_task(_code(data, places))
                tasks.create_task(_command(*VIEWER, "--data", str(data), given=password))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        url = serving.result()
        yield await _enrolled(url, code.result(), folder, password)


async def _code(data: Path, places: Path) -> str:
    """A code for a desk of the office. Raises DemoCentralError."""
    await _command("import", "municipalities", str(places), "--data", str(data))
    return (await _command(*NEW_DESK, "--data", str(data))).strip()


async def _enrolled(url: str, code: str, folder: Path, password: str) -> DemoCentral:
    client = await asyncio.to_thread(make_client, url, Central(url=url, proxy="direct"))
    try:
        await enrol(client, folder, url, code, "")
    except (DeskError, KeystoreError) as error:
        raise _failed("enrol", str(error)) from error
    finally:
        await client.close()
    return DemoCentral(url, f"{url}/login", ACCOUNT, password)


async def report_all(config: Config, folder: Path, clock: Clock) -> str:
    """Report what the desk's ledger has, once the desk is closed; returns what went wrong, or nothing."""
    ledger = LedgerWriter(folder, clock)
    await ledger.open()
    health = Health(clock.wall)
    # the desk is closed: no policy of central's is kept to any more
    uploader = make_uploader(
        config.central, folder, ledger, health, clock, lambda: None, lambda _settings: config.policy, None
    )
    try:
        await uploader.round()
    finally:
        await uploader.close()
        await ledger.close()
    state = uploader.state
    if state.acknowledged is None or state.waiting_days:
        return state.problem or "central has not acknowledged the report"
    return ""


async def _command(*arguments: str, given: str = "") -> str:
    """What a command of ``kiosk-central`` prints. Raises DemoCentralError."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={**os.environ, **IN_UTF8}
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await process.communicate(f"{given}\n".encode())
    except TimeoutError:
        raise _failed(arguments[0], f"no end within {LIMIT_S:.0f} s") from None
    finally:
        await _end(process)
    if process.returncode != 0:
        raise _failed(arguments[0], _last_line(err), missing=process.returncode == NOT_INSTALLED)
    return out.decode()


@asynccontextmanager
async def _serving(data: Path) -> AsyncIterator[str]:
    """The address of a server process. Raises DemoCentralError."""
    log = data.with_suffix(".log")
    with await asyncio.to_thread(log.open, "wb") as told:
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, "serve", "--port", "0", "--data", str(data)),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=told,
            env={**os.environ, **IN_UTF8},
        )
    try:
        output = process.stdout
        if output is None:
            raise _failed("serve", "its output cannot be read")
        async with asyncio.timeout(LIMIT_S):
            line = (await output.readline()).decode()
            _, _, url = line.strip().partition("kiosk-central: ")
            status = None if url else await process.wait()
        if not url:
            why = _last_line(await asyncio.to_thread(log.read_bytes))
            raise _failed("serve", why, missing=status == NOT_INSTALLED)
        yield url
    except TimeoutError:
        raise _failed("serve", f"no answer within {LIMIT_S:.0f} s") from None
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_line(told: bytes) -> str:
    """Where a program says why it ended."""
    return (told.decode(errors="replace").strip().splitlines() or ["it ended, and said nothing"])[-1]


def _failed(what: str, why: str, *, missing: bool = False) -> DemoCentralError:
    return DemoCentralError(f"kiosk-central {what}: {why}", missing=missing)

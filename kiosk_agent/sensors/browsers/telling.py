"""Telling what a process is, and whose: pure, from what the process table says."""

from __future__ import annotations

import ntpath
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from kiosk_agent.sensors.browsers.processes import Details
from kiosk_agent.sensors.browsers.programs import BROWSERS, REMOTE_CONTROL, Program, by_name

BROWSER_NAMES = by_name(BROWSERS)
REMOTE_NAMES = by_name(REMOTE_CONTROL)
PROFILE_OPTION = "--user-data-dir="
CHILDS_OPTIONS = ("--type=", "-contentproc")  # Chromium's and Firefox's children carry them; the root has none
PAGE_OPTION = "--type=renderer"
EXTENSION_OPTION = "--extension-process"
# Edge's startup boost and Chrome's background apps: a browser that shows nothing, until somebody opens a window in it
DORMANT_OPTION = "--no-startup-window"
INTERPRETER = re.compile(r"python[0-9.]*w?")
AGENT = "kiosk-agent"
LONGEST_CHAIN = 64  # parents; more is a table that contradicts itself

Read = Callable[[int], Details | None]


def bare(path: str) -> str:
    """A file's name, whichever system's path it is, as :mod:`programs` has it."""
    return ntpath.basename(path).lower().removesuffix(".exe")


def names_of(process: Details) -> Iterator[str]:
    """Every name that a process goes by: the kernel's, its command's, and a Python program's own."""
    yield bare(process.name)
    if process.line:
        yield bare(process.line[0])
        if len(process.line) > 1 and INTERPRETER.fullmatch(bare(process.line[0])):
            yield bare(process.line[1])


def browser_of(process: Details) -> Program | None:
    """Which browser it is a process of; None where of none."""
    return next((BROWSER_NAMES[name] for name in names_of(process) if name in BROWSER_NAMES), None)


def remote_of(process: Details) -> tuple[Program, bool] | None:
    """Which remote control it belongs to, and whether it shows that somebody is connected; None where to none."""
    for name in names_of(process):
        program = REMOTE_NAMES.get(name)
        if program is not None:
            driven = name in program.driven or not program.driven_by.isdisjoint(process.line) or not program.tells
            return program, driven
    return None


def ancestors(process: Details, read: Read) -> Iterator[Details]:
    """Its parent, that one's parent, and so on, as far as they live. A recycled number is nobody's parent."""
    one = process
    for _ in range(LONGEST_CHAIN):
        parent = read(one.parent) if one.parent > 0 and one.parent != one.pid else None
        if parent is None or parent.created > one.created:
            return
        yield parent
        one = parent


def root_of(process: Details, program: Program, read: Read) -> Details:
    """The first process of the browser that ``process`` is part of: several processes of one browser are one."""
    root = process
    for parent in ancestors(process, read):
        if browser_of(parent) is not program:
            break
        root = parent
    return root


def is_child(process: Details) -> bool:
    """Whether a browser made it for a page or the like; alone it is what a dying browser leaves."""
    return any(argument.startswith(CHILDS_OPTIONS) for argument in process.line)


def is_dormant(root: Details) -> bool:
    """Whether it was started to show nothing, and only its pages tell that it is used."""
    return DORMANT_OPTION in root.line


def is_page(process: Details) -> bool:
    """Whether it draws pages, and not an extension that works in the background."""
    return PAGE_OPTION in process.line and EXTENSION_OPTION not in process.line


class Ours:
    """Tells the agent's own browsers: by the folder of their profile, or by who started them. Never by their name.

    ``folders``: where the agent's browsers have their profiles. ``agent_pid``: this process.
    """

    def __init__(self, folders: Iterable[Path], agent_pid: int) -> None:
        self._folders = {os.path.normcase(spelling) for one in folders for spelling in (one, os.path.realpath(one))}
        self._agent_pid = agent_pid

    def has(self, root: Details, read: Read) -> bool:
        """Whether the browser with this root is one of the agent's.

        One that a browser of the agent has started is not: somebody opened a file or a link in another program.
        """
        if self._runs_on_our_folder(root):
            return True
        for one in ancestors(root, read):
            if one.pid == self._agent_pid or is_agents_command(one):
                return True
            if browser_of(one) is not None:
                return False
        return False

    def is_above_us(self, root: Details, read: Read) -> bool:
        """Whether this very process was started from that browser: it must never be killed."""
        me = read(self._agent_pid)
        return me is not None and any(one.pid == root.pid for one in ancestors(me, read))

    def _runs_on_our_folder(self, root: Details) -> bool:
        named = (argument for argument in root.line if argument.startswith(PROFILE_OPTION))
        for argument in named:
            profile = os.path.normcase(argument.removeprefix(PROFILE_OPTION))
            if any(profile.startswith(folder.rstrip("/\\") + os.sep) for folder in self._folders):
                return True
        return False


def is_agents_command(process: Details) -> bool:
    """Whether it is a command of the agent beside this process: ``doctor``, ``template build``, ``profile check``.

    The supervisor is none: what a browser leaves behind when it dies becomes its child.
    """
    line = process.line[:4]
    as_module = "-m" in line and "kiosk_agent" in line
    return as_module or any(bare(argument) == AGENT for argument in line[:2])

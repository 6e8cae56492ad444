"""What runs beside the agent: browsers that nobody watches over, and programs that drive this PC from outside."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

from kiosk_agent.config import BrowserAction, BrowsersSense, RemoteAction
from kiosk_agent.doctor.check import Check, Translate, amber, green
from kiosk_agent.sensors.browsers.processes import ProcessTable, SystemTable
from kiosk_agent.sensors.browsers.scanner import NoListError, Scanner
from kiosk_agent.sensors.browsers.telling import Ours

FIRST_PID = 1  # Linux: always there, and always another user's


def check_beside(
    settings: BrowsersSense, profiles: Iterable[Path], t: Translate, table: ProcessTable | None = None
) -> list[Check]:
    """Look once, as the sense ``browsers`` does once a second. ``profiles``: where the agent's browsers have theirs."""
    if not settings.is_on:
        return [green("browsers", t("The configuration says that nothing beside the agent is looked for."))]
    table = table or SystemTable()
    try:
        seen = Scanner(table, Ours(profiles, os.getpid()), os.getpid()).scan()
        is_hidden = sys.platform == "linux" and FIRST_PID not in table.pids()
    except (NoListError, OSError, psutil.Error) as error:
        detail = t("The list of processes cannot be read: {reason}", reason=f"{type(error).__name__}: {error}")
        return [amber("browsers", detail, t("Let the desk's user see the processes of this PC."))]
    lines: list[Check] = []
    browsers = ", ".join(dict.fromkeys(beside.program.title for beside in seen.browsers))
    if browsers and settings.action is not BrowserAction.IGNORE:
        detail = t("A browser runs beside the agent: {programs}", programs=browsers)
        lines.append(amber("browsers", detail, t("Close it: nobody watches over who signs in there.")))
    if settings.remote_control is not RemoteAction.IGNORE:
        remotes = ", ".join(dict.fromkeys(remote.program.title for remote in seen.remotes))
        if remotes:
            detail = t("This PC is driven from outside, or can be: {programs}", programs=remotes)
            remedy = t("Ask who is connected, and take the program away where nobody needs it.")
            lines.append(amber("browsers", detail, remedy))
        if is_hidden:
            detail = t("Processes of other users are hidden, so a remote control of another user is not noticed.")
            lines.append(amber("browsers", detail, t("Mount /proc without hidepid, or with gid= of the desk's user.")))
    return lines or [green("browsers", t("No other browser and no remote control runs."))]

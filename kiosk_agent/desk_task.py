r"""Windows: the scheduled task for one account alone; the installer calls it where KIOSKUSER is given.

    kiosk-agent.exe -m kiosk_agent.desk_task "C:\Program Files\kiosk-agent\task.xml" "DOMAIN\desk01"

``schtasks /Create /XML`` takes another account than the file's with ``/RU``, but then asks for its password. So the
account is written into the file, as whose log-on starts the task and as whom it runs, in that log-on's own session.
The file's rules: https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
NAME = "kiosk-agent"
WHOSE = ("GroupId", "UserId", "LogonType")  # what says for whom it is


def for_account(document: str, account: str) -> str:
    """The task of ``document``, for ``account`` alone, whoever it was for. Raises ValueError where it is none of ours.

    A repair, and a start-up script that installs at each start, find the file as the installation before has left it.
    """
    ET.register_namespace("", NAMESPACE)
    task = ET.fromstring(document)  # noqa: S314 - the installer's own file
    trigger = task.find(f"{{{NAMESPACE}}}Triggers/{{{NAMESPACE}}}LogonTrigger")
    principal = task.find(f"{{{NAMESPACE}}}Principals/{{{NAMESPACE}}}Principal")
    if trigger is None or principal is None:
        raise ValueError("expected a task with a LogonTrigger and a Principal, as the installer brings it")
    for element in (trigger, principal):
        for former in [one for one in element if one.tag.removeprefix(f"{{{NAMESPACE}}}") in WHOSE]:
            element.remove(former)
    # in a trigger the schema fixes the order: UserId comes after Enabled
    ET.SubElement(trigger, f"{{{NAMESPACE}}}UserId").text = account
    for number, (tag, text) in enumerate((("UserId", account), ("LogonType", "InteractiveToken"))):
        element = ET.Element(f"{{{NAMESPACE}}}{tag}")
        element.text = text
        principal.insert(number, element)
    ET.indent(task)
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(task, encoding="unicode") + "\n"


def main(arguments: list[str]) -> int:
    """Write the file anew and make the task of it; returns the exit status of schtasks."""
    file, account = Path(arguments[0]), arguments[1]
    file.write_text(for_account(file.read_text(encoding="utf-16"), account), encoding="utf-16")
    command = ["schtasks", "/Create", "/TN", NAME, "/XML", str(file), "/F"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``kiosk-agent doctor``: is this PC fit to be a desk, and if not, what is to be done?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kiosk_agent.cli.language import t
from kiosk_agent.doctor.check import Check
from kiosk_agent.doctor.examine import examine, worst
from kiosk_agent.health import Severity
from kiosk_agent.terminal.output import print_json

SIGN = {Severity.GREEN: "●", Severity.AMBER: "▲", Severity.RED: "■"}  # as in `status`: never colour alone
COLOUR = {Severity.GREEN: "green", Severity.AMBER: "yellow", Severity.RED: "red"}
INDENT = " " * 4


def as_text(check: Check) -> str:
    """One check for people; what to do stands below."""
    word = {Severity.GREEN: t("good"), Severity.AMBER: t("mind"), Severity.RED: t("mend")}[check.severity]
    mark = click.style(f"{SIGN[check.severity]} {word}", fg=COLOUR[check.severity])
    line = f"{mark}  {name_of(check.code)}: {check.detail}"
    return f"{line}\n{INDENT}→ {check.remedy}" if check.remedy else line


def name_of(code: str) -> str:
    """A check's name in the reader's language; the code itself is for programs."""
    names = {
        "configuration": t("Configuration"),
        "profile": t("Portal profile"),
        "browser": t("Browser"),
        "sandbox": t("Sandbox"),
        "display": t("Display"),
        "cover": t("Cover"),
        "compositor": t("Compositor"),
        "tray": t("Tray"),
        "printing": t("Printing"),
        "clipboard": t("Clipboard"),
        "os_session": t("Locks and users"),
        "input": t("Input"),
        "card": t("Card reader"),
        "browsers": t("Other browsers"),
        "clock": t("Clock"),
        "data folder": t("Data folder"),
        "ledger": t("Ledger"),
        "release code": t("Release code"),
        "central": t("Central"),
        "template": t("Template"),
    }
    return names[code]


@click.command("doctor", help=t("Check whether this PC is fit to be a desk, and say what to do where it is not."))
@click.option("--config", type=click.Path(path_type=Path), help=t("The desk's configuration file."))
@click.option("--json", "json_", is_flag=True, help=t("Print one JSON object."))
def command(config: Path | None, json_: bool) -> None:
    """Exit status 1 where anything is red."""
    checks = []
    for check in examine(config, t):
        checks.append(check)
        if not json_:
            click.echo(as_text(check))
    if json_:
        answer: dict[str, Any] = {"worst": worst(checks), "checks": checks}
        print_json(answer)
    raise SystemExit(1 if worst(checks) is Severity.RED else 0)

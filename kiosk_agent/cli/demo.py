"""``kiosk-agent demo``: the incident replayed, with the real agent in the way."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from kiosk_agent.cli.language import t
from kiosk_agent.cli.run import supervisor_panels
from kiosk_agent.errors import DeskError
from kiosk_agent.health import Severity
from kiosk_agent.locale.system import system_language
from kiosk_agent.terminal.output import print_json


def has_display() -> bool:
    """Whether windows can be shown."""
    return sys.platform == "win32" or bool(os.environ.get("DISPLAY"))


class Printer:
    """Prints the timeline as it happens, and the summary at the end; or one JSON object."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.result: dict[str, Any] | None = None
        self._lines: list[dict[str, Any]] = []

    def hear(self, said: Any) -> None:
        """What the demonstration's process says."""
        if "result" in said:
            self.result = said["result"]
        else:
            self._lines.append(dict(said))
            if not self._as_json:
                self._print(f"{said['at']:6.1f} s  {said['words']}")

    def _print(self, line: str) -> None:
        try:
            click.echo(line)
        except OSError:
            # Whoever read this is gone (`demo | head`). An error here would leave the agent no time to tidy up: it is
            # asked to stop as Ctrl+C asks it, and what it still says goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            signal.raise_signal(signal.SIGTERM)

    def finish(self) -> None:
        """The end."""
        if self.result is None:
            click.echo(t("The demonstration did not come to its end."), err=True)
        elif self._as_json:
            print_json({**self.result, "timeline": self._lines})
        else:
            self._summary(self.result)

    def _summary(self, result: dict[str, Any]) -> None:
        click.echo("")
        click.echo(t("Visits"))
        for number, visit in enumerate(result["visits"], start=1):
            figures = [f"{number}.", f"{visit['end_reason']:18}", f"{visit['proof']:11}", f"{visit['confirmation']}"]
            if visit["signal_to_shield_ms"] is not None:
                figures.append(t("covered after {ms} ms", ms=visit["signal_to_shield_ms"]))
            if visit["signal_to_browser_gone_ms"] is not None:
                figures.append(t("browser gone after {ms} ms", ms=visit["signal_to_browser_gone_ms"]))
            click.echo("  " + "  ".join(figures))
        click.echo(t("Counts in the ledger"))
        for name, value in result["counts"].items():
            click.echo(f"  {value:4}  {name}")
        click.echo("")
        if result["promise_kept"]:
            click.echo(t("The promise was kept: B never saw or did anything in A's session."))
        if result["unfinished"]:
            click.echo(t("The demonstration did not come to its end: {reason}", reason=result["unfinished"]))
        for breach in result["breaches"]:
            click.echo(t("THE PROMISE WAS BROKEN: {breach}", breach=breach))


def refuse_browser_that_does_not_start(executable: Path) -> None:
    """A supervisor would start the agent again and again, and the demonstration would never end.

    Raises ClickException, which says what to do.
    """
    from kiosk_agent.doctor.browser import check_browser_and_sandbox

    for check in check_browser_and_sandbox(executable, executable.name, t):
        if check.severity is Severity.RED:
            raise click.ClickException(f"{check.detail}\n{check.remedy}")


@click.command("demo", help=t("Replay the incident on the practice portal, with the real agent in the way."))
@click.option("--watch", is_flag=True, help=t("Slowly, in visible windows."))
@click.option("--interactive", is_flag=True, help=t("Hand the desk over to you."))
@click.option("--headless", is_flag=True, help=t("Without a display."))
@click.option("--json", "as_json", is_flag=True, help=t("Print one JSON object."))
@click.option("--language", type=click.Choice(["ja", "en"]), help=t("Language of the desk."))
@click.option("--as-agent", is_flag=True, hidden=True)
def command(
    watch: bool, interactive: bool, headless: bool, as_json: bool, language: str | None, as_agent: bool
) -> None:
    """Exit status 1 if the promise was broken: if B could see or do anything in A's session."""
    language = language or system_language()
    if as_agent:
        from kiosk_agent.demo.play import Wishes, play

        sys.exit(play(Wishes(headless, watch, interactive, language)))
    if not headless and not has_display():
        if watch or interactive:
            raise click.ClickException(t("There is no display to show windows on. Set DISPLAY, or use --headless."))
        click.echo(t("There is no display: the demonstration runs without windows."), err=True)
        headless = True
    from kiosk_agent.hands.find_browser import find_browser, sandbox_wanted
    from kiosk_agent.supervised import Settings
    from kiosk_agent.supervisor import supervise

    printer = Printer(as_json=as_json)
    if interactive:
        yours = t("The desk is yours. Sign in as resident-a with practice-a, or resident-b with practice-b.")
        for line in (yours, t("Ctrl+C ends the demonstration.")):
            click.echo(line, err=as_json)  # with --json nothing may stand beside the one object
    child = [sys.executable, "-m", "kiosk_agent", "demo", "--as-agent", "--language", language]
    child += [name for name, wanted in (("--headless", headless), ("--watch", watch)) if wanted]
    child += ["--interactive"] if interactive else []
    try:
        executable = find_browser()
        sandbox_wanted()
        refuse_browser_that_does_not_start(executable)
        status = supervise(
            Settings(child=tuple(child), panels=supervisor_panels(language), headless=headless), printer.hear
        )
    except DeskError as error:
        raise click.ClickException(error.shown(t)) from error
    printer.finish()
    broken = printer.result is None or printer.result["promise_kept"] is False
    sys.exit(1 if broken or status != 0 else 0)

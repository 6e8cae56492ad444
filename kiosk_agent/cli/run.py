"""``kiosk-agent run``: guard this desk."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk_agent.cli.language import t
from kiosk_agent.cli.options import overrides_option
from kiosk_agent.errors import DeskError, InputError
from kiosk_agent.folders import open_data_dir
from kiosk_agent.hands import panels
from kiosk_agent.hands.visit_language import VisitLanguage
from kiosk_agent.locale import translator, worker_language
from kiosk_agent.memory import import_asyncio_without_tls
from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import Profile
from kiosk_agent.settings.resolve import Resolved, resolve
from kiosk_agent.terminal.output import told

EXIT_INPUT = 2  # the configuration or the profile is wrong: starting again would not help
EXIT_DESK = 1


def supervisor_panels(language: str) -> dict[str, Any]:
    """What the supervisor shows when there is no agent to say it."""
    residents = VisitLanguage(language)
    return {
        "starting": msgspec.to_builtins(panels.starting_panel(residents)),
        "hang": msgspec.to_builtins(panels.hang_panel(residents)),
        "crash_loop": msgspec.to_builtins(panels.crash_loop_panel(translator(worker_language(language)))),
    }


def read_inputs(config_file: Path, overrides: Sequence[str] = ()) -> tuple[Resolved, Profile]:
    """What holds at this desk, and its portal's profile, both checked. Raises InputError."""
    resolved = resolve(config_file, overrides=overrides)
    return resolved, load_profile(resolved.config.profile)


@click.command("run", help=t("Guard this desk: start the supervisor and its agent."))
@click.option(
    "--config",
    "config_file",
    required=True,
    type=click.Path(path_type=Path),
    help=t("The agent's configuration file."),
)
@click.option("--headless", is_flag=True, help=t("Without a display: nothing is guarded on screen."))
@overrides_option
@click.option("--as-agent", is_flag=True, hidden=True)
def command(config_file: Path, headless: bool, overrides: tuple[str, ...], as_agent: bool) -> None:
    """Exit status 0 after an orderly stop, 2 where an input file is wrong, 75 where the desk is guarded already."""
    if headless:
        overrides = (*overrides, "browser.headless=true")
    try:
        resolved, profile = read_inputs(config_file, overrides)
        if as_agent:
            if resolved.config.central.url is None:
                import_asyncio_without_tls()
            from kiosk_agent.app import guard

            sys.exit(guard(resolved, profile))
        config = resolved.config
        from kiosk_agent.hands.find_browser import find_browser, sandbox_wanted
        from kiosk_agent.supervised import Settings
        from kiosk_agent.supervisor import launch

        find_browser(config.browser.executable)
        sandbox_wanted()
        data_dir = open_data_dir(config.desk.data_dir)
        child = [sys.executable, "-m", "kiosk_agent", "run", "--config", str(config_file.absolute()), "--as-agent"]
        settings = Settings(
            child=(*child, *(part for one in overrides for part in ("--set", one))),
            panels=supervisor_panels(config.desk.language),
            hang_limit_s=config.supervision.hang_limit_s,
            headless=config.browser.headless,
            data_dir=str(data_dir),
        )
    except InputError as error:
        for problem in error.problems:
            click.echo(problem.shown(t), err=True)
        sys.exit(EXIT_INPUT)
    except (DeskError, OSError) as error:
        click.echo(told(error, t), err=True)
        sys.exit(EXIT_DESK)
    sys.exit(launch(settings))

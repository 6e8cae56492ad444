"""Looks at everything the agent needs of a PC, one line for each: green, amber or red, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import CardReader, Config, Senses
from kiosk_agent.config_load import SENSES
from kiosk_agent.doctor.beside import check_beside
from kiosk_agent.doctor.browser import check_browser_and_sandbox
from kiosk_agent.doctor.card import check_card
from kiosk_agent.doctor.central import check_central
from kiosk_agent.doctor.check import Check, Translate, amber, green, red
from kiosk_agent.doctor.clock import check_clock
from kiosk_agent.doctor.files import check_data_dir, check_ledger, check_release_code
from kiosk_agent.doctor.residue import check_clipboard, check_printing
from kiosk_agent.doctor.screen import check_compositor, check_cover, check_display, check_tray
from kiosk_agent.doctor.senses import check_input, check_os_session
from kiosk_agent.errors import BrowserMissingError, InputError
from kiosk_agent.folders import default_data_dir
from kiosk_agent.hands.find_browser import find_browser, install_command
from kiosk_agent.hands.residue import this_spooler
from kiosk_agent.hands.template import TemplateError, browser_version, template_problems
from kiosk_agent.hands.visit_folders import all_roots
from kiosk_agent.health import Severity
from kiosk_agent.locale import worker_language
from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import Isolation, Profile
from kiosk_agent.settings.resolve import resolve
from kiosk_agent.text import shown


def worst(checks: list[Check]) -> Severity:
    """The severity of the whole desk."""
    for severity in (Severity.RED, Severity.AMBER):
        if any(check.severity is severity for check in checks):
            return severity
    return Severity.GREEN


def examine(config_file: Path | None, t: Translate) -> Iterator[Check]:
    """Look at everything, one after the other; a check that itself breaks is a red line, never silence.

    ``config_file``: the desk's configuration; None looks at the PC alone.
    """
    config, profile, lines = _inputs(config_file, t)
    yield from lines
    executable = None
    chosen = config.browser.executable if config is not None else None
    try:
        executable = find_browser(chosen)
    except BrowserMissingError as error:
        remedy = t("Install Edge, Chrome or Chromium: {command}", command=install_command(sys.platform))
        yield red("browser", shown(error.message, t), remedy)
    if executable is not None:
        yield from _guarded("browser", lambda: _browser(executable, t), t)
    headless = config is not None and config.browser.headless
    data_dir = config.desk.data_dir if config is not None else None
    yield from _guarded("display", lambda: [check_display(headless, t)], t)
    yield from _guarded("cover", lambda: [check_cover(headless, t)], t)
    yield from _guarded("compositor", lambda: check_compositor(t), t)
    yield from _guarded("tray", lambda: [check_tray(t)], t)
    wanted = config is None or config.residue.print_jobs
    yield from _guarded("printing", lambda: [check_printing(this_spooler, t, wanted=wanted)], t)
    yield from _guarded("clipboard", lambda: [check_clipboard(t)], t)
    if config is None or SENSES["os_session"](config):
        yield from _guarded("os_session", lambda: [check_os_session(t)], t)
    if config is None or SENSES["input"](config):
        yield from _guarded("input", lambda: [check_input(SystemClock(), t)], t)
    reader = config.senses.card if config is not None else CardReader()
    yield from _guarded("card", lambda: [check_card(reader, t)], t)
    yield from _guarded("clock", lambda: [check_clock(SystemClock(), t)], t)
    yield from _guarded("data folder", lambda: [check_data_dir(data_dir, t)], t)
    yield from _guarded("ledger", lambda: [check_ledger(data_dir or default_data_dir(), t)], t)
    senses = config.senses if config is not None else Senses()
    yield from _guarded("browsers", lambda: check_beside(senses.browsers, _profiles(data_dir), t), t)
    if config is not None:
        yield from _guarded("release code", lambda: [check_release_code(config, t)], t)
        yield from _guarded("central", lambda: check_central(config.central, data_dir or default_data_dir(), t), t)
    if profile is not None and profile.portal.isolation is Isolation.TEMPLATE:
        folder = data_dir or default_data_dir()
        yield from _guarded("template", lambda: _template(profile, folder, executable, t), t)


def _guarded(code: str, look: Callable[[], list[Check]], t: Translate) -> list[Check]:
    try:
        return look()
    except Exception as error:  # noqa: BLE001 - whatever breaks, the other lines must still be shown
        detail = t("This could not be looked at: {reason}", reason=f"{type(error).__name__}: {error}")
        return [red(code, detail, t("Please report this with the line above."))]


def _inputs(config_file: Path | None, t: Translate) -> tuple[Config | None, Profile | None, list[Check]]:
    """The configuration and the portal's profile, as far as they can be read."""
    if config_file is None:
        detail = t("No configuration was named: only the PC itself is looked at.")
        return None, None, [amber("configuration", detail, t("Run: kiosk-agent doctor --config FILE"))]
    try:
        resolved = resolve(config_file)
    except InputError as error:
        return (
            None,
            None,
            _problems("configuration", error, t("Mend it; kiosk-agent config check {file} tells more."), t),
        )
    config = resolved.config
    lines = [green("configuration", str(config_file))]
    lines += [
        Check("configuration", one.severity, shown(one.detail, t), shown(one.remedy, t)) for one in resolved.warnings
    ]
    try:
        profile = load_profile(config.profile)
    except InputError as error:
        lines += _problems("profile", error, t("Mend it; kiosk-agent profile check {file} tells more."), t)
        return config, None, lines
    title = profile.portal.title.get(worker_language(config.desk.language)) or profile.portal.name
    return config, profile, [*lines, green("profile", f"{title} ({config.profile})")]


def _profiles(data_dir: Path | None) -> list[Path]:
    """Where the browsers of this PC's agents have their profiles: in this data folder, and in the usual one."""
    folders = {data_dir or default_data_dir(), default_data_dir()}
    return [folder for one in folders for folder in (one, *all_roots(one))]


def _problems(code: str, error: InputError, remedy: str, t: Translate) -> list[Check]:
    return [red(code, problem.shown(t), remedy.format(file=problem.file)) for problem in error.problems]


def _browser(executable: Path, t: Translate) -> list[Check]:
    try:
        version = browser_version(executable)
    except TemplateError as error:
        return [red("browser", shown(error.message, t), shown(error.remedy, t))]
    return check_browser_and_sandbox(executable, version, t)


def _template(profile: Profile, data_dir: Path, executable: Path | None, t: Translate) -> list[Check]:
    problems = template_problems(profile, data_dir, executable, t)
    if not problems:
        return [green("template", t("The template fits the profile and the browser."))]
    return [Check("template", problem.severity, problem.text, problem.remedy) for problem in problems]

"""The two commands of the set-up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from installer.browsers import installed_browser, provide_browser
from installer.card import ensure_card
from installer.environment import base_python, ensure_environment, script_of
from installer.messages import SetupError, say, text
from installer.packages import driver, fonts, provide, tests, tkinter_of, windows_tests
from installer.processes import Interrupted, interruptible, run, shown
from kiosk_agent.hands.find_browser import BROWSER_VARIABLE, SANDBOX_VARIABLE

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
REQUIREMENTS = ROOT / "installer" / "requirements"
DEMO = (REQUIREMENTS / "agent.txt", REQUIREMENTS / "central.txt")  # a desk, and the central that it reports to
SETUP_FAILED = 70  # as in bootstrap.py
INTERRUPTED = 130  # what shells say of Ctrl+C
WINDOWS = "--windows"
SHOWS_WINDOWS = ("--watch", "--interactive")


def main(arguments: Sequence[str]) -> int:
    """Carry out ``demo`` or ``test``; returns the exit status where another program did not take over."""
    if not arguments or arguments[0] not in ("demo", "test"):
        print(text("usage"), file=sys.stderr)
        return 0 if arguments and arguments[0] in ("-h", "--help", "help") else 2
    if sys.platform not in ("linux", "win32"):
        say("platform", platform=sys.platform)
        return SETUP_FAILED
    command, rest = arguments[0], list(arguments[1:])
    try:
        with interruptible():
            if command == "demo":
                prepared = _prepare_demo(rest)
            elif WINDOWS in rest:
                prepared = _prepare_test_on_windows([word for word in rest if word != WINDOWS])
            else:
                prepared = _prepare_test(rest)
    except SetupError as error:
        say("failed", reason=error)
        return SETUP_FAILED
    except (KeyboardInterrupt, Interrupted):
        say("interrupted")
        return INTERRUPTED
    return _hand_over(prepared)


def _compile_catalogues(python: Path) -> None:
    """Installing the project compiles them; what translators have changed since then is compiled here."""
    folder = ROOT / "kiosk_agent" / "locale"
    stale = [
        source
        for source in folder.rglob("*.po")
        if not source.with_suffix(".mo").exists() or source.with_suffix(".mo").stat().st_mtime < source.stat().st_mtime
    ]
    if stale:
        run([str(python), "-m", "kiosk_agent.locale.compile"], cwd=ROOT)


def _prepare_demo(rest: list[str]) -> list[str]:
    python = ensure_environment(FOLDER, DEMO, project=ROOT)
    _compile_catalogues(python)
    say("ready")
    if not _has_screen() and not {"--headless", "--help", "-h", *SHOWS_WINDOWS}.intersection(rest):
        say("no screen")
        rest.append("--headless")
    tkinter = tkinter_of(base_python(), covers="--headless" not in rest)
    missing = provide([driver(), tkinter, fonts()], python)
    ensure_card(python)  # where that takes nothing more: the demo needs no card
    browser = provide_browser(python)
    _use(browser)
    if browser is None or any(need.required for need in missing):
        raise SetupError(text("needed"))
    if missing:
        say("goes on")
    return [str(script_of(FOLDER, "kiosk-agent")), "demo", *rest]


def _prepare_test(rest: list[str]) -> list[str]:
    # The test requirements hold the demo's as well (tests/installer checks it): it can use the environment.
    python = ensure_environment(FOLDER, [REQUIREMENTS / "test.txt"], project=ROOT, covers=DEMO)
    _compile_catalogues(python)
    say("ready")
    missing = provide([driver(), tkinter_of(base_python(), covers=True), fonts(), *tests()], python)
    ensure_card(python)
    browser = provide_browser(python)
    _use(browser)
    if missing or browser is None:
        say("goes on")
    _prepare_applications()
    os.chdir(ROOT)  # where pytest finds its settings
    return [str(python), "-m", "tests.lanes", *rest]


def _prepare_test_on_windows(rest: list[str]) -> list[str]:
    """The tests of ``tests/windows``, with a Windows Python under Wine; on Windows itself, with that system's own."""
    python = ensure_environment(FOLDER, [REQUIREMENTS / "test.txt"], project=ROOT, covers=DEMO)
    _compile_catalogues(python)
    os.chdir(ROOT)
    if sys.platform == "win32":
        return [str(python), "-m", "pytest", "--confcutdir=tests/windows", *(rest or ["tests/windows"])]
    from installer.windows.python import ensure_windows_python

    say("windows")
    if provide([tkinter_of(base_python(), covers=True), *windows_tests()], python):
        raise SetupError(text("needed"))
    ensure_windows_python(ROOT, python)
    return [str(python), "-m", "tests.windows.outside", *rest]


def _prepare_applications() -> None:
    from installer.thirdparty import ensure_nodered, ensure_oidc, ensure_wagtail

    for name, ensure in (("Wagtail", ensure_wagtail), ("Node-RED", ensure_nodered), ("oidc-provider", ensure_oidc)):
        say("third party", name=name)
        try:
            ensure(ROOT)
        except SetupError as error:
            say("without", name=name, reason=error)


def _has_screen() -> bool:
    return sys.platform == "win32" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _use(browser: Path | None) -> None:
    """A browser that only this set-up knows of, such as Playwright's download, is named to what runs next."""
    if browser is not None and installed_browser() != browser:
        os.environ[BROWSER_VARIABLE] = str(browser)


def _hand_over(command: list[str]) -> int:
    """Become the command, so that signals and the exit status are its own."""
    if sys.platform == "linux" and os.geteuid() == 0 and SANDBOX_VARIABLE not in os.environ:
        say("no sandbox")
        os.environ[SANDBOX_VARIABLE] = "1"
    say("running", command=shown(command))
    if sys.platform == "win32":
        # os.exec* starts a second process there and gives the prompt back at once.
        return subprocess.call(command)
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - it needs no shell
    raise AssertionError("exec does not return")

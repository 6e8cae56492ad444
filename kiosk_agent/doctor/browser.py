"""The browser, and whether its own sandbox works: both are found out by starting it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from kiosk_agent.doctor.check import Check, Translate, amber, green, red
from kiosk_agent.hands.find_browser import apparmor_restricts
from kiosk_agent.hands.temporary import has_room_for_a_lock

START_LIMIT_S = 60.0  # half a second on an ordinary PC; an old disk after power-on is slow
NO_SANDBOX = "KIOSK_AGENT_NO_SANDBOX"
# What Chromium says where the kernel refuses it the namespaces of its sandbox.
SANDBOX_WORDS = (
    "No usable sandbox",
    "sandbox_linux",
    "setuid_sandbox",
    "zygote_host_impl_linux",
    "Operation not permitted",
)


class StartError(Exception):
    """The browser did not start. The message is its own last word."""


def start_browser(executable: Path, *, sandbox: bool) -> None:
    """Start it without a window on an empty page, in a profile that is thrown away. Raises StartError."""
    with tempfile.TemporaryDirectory(prefix="kiosk-agent-doctor-", ignore_cleanup_errors=True) as profile:
        command = [
            str(executable),
            "--headless=new",
            f"--user-data-dir={profile}",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-gpu",
            "--dump-dom",
            "about:blank",
        ]
        if not sandbox:
            command.insert(1, "--no-sandbox")
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=START_LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise StartError(f"no answer within {START_LIMIT_S:.0f} s") from error
        except OSError as error:
            raise StartError(str(error)) from error
    if done.returncode != 0 or b"<html" not in done.stdout:
        words = done.stderr.decode(errors="replace").strip()
        raise StartError(words or f"exit status {done.returncode}")


def is_sandbox_failure(words: str) -> bool:
    """Whether the browser's words say that it was the sandbox."""
    return any(word in words for word in SANDBOX_WORDS)


def check_browser_and_sandbox(executable: Path, version: str, t: Translate) -> list[Check]:
    """The browser is there: does it start, and does it start with its sandbox?"""
    switched_off = os.environ.get(NO_SANDBOX) == "1"
    if not switched_off and hasattr(os, "geteuid") and os.geteuid() == 0:
        return [
            green("browser", f"{version}, {executable}"),
            red(
                "sandbox",
                t("Running as root, the browser cannot use its sandbox."),
                t("Run the agent as the desk's own user, never as root."),
            ),
        ]
    try:
        start_browser(executable, sandbox=not switched_off)
    except StartError as failure:
        return _explain(executable, version, str(failure), t)
    started = green("browser", f"{version}, {executable}")
    if switched_off:
        detail = t("The browser's sandbox is switched off ({switch}=1).", switch=NO_SANDBOX)
        return [started, amber("sandbox", detail, t("For development only: take the switch away at a desk."))]
    return [started, green("sandbox", t("The browser starts with its own sandbox."))]


def _explain(executable: Path, version: str, words: str, t: Translate) -> list[Check]:
    if not has_room_for_a_lock(Path(tempfile.gettempdir())):
        detail = t("The name of the folder for temporary files is too long: {path}", path=tempfile.gettempdir())
        return [red("browser", detail, t("Set TMPDIR to a folder with a shorter name, such as /tmp."))]
    if not is_sandbox_failure(words):
        detail = t("{path} does not start: {reason}", path=executable, reason=_last_line(words))
        return [red("browser", detail, t("Install the browser again, and start it once by hand."))]
    if apparmor_restricts():
        remedy = t(
            "AppArmor keeps this browser from making namespaces: install the distribution's or vendor's package, "
            "which brings its AppArmor profile."
        )
    else:
        remedy = t("Allow user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1")
    return [
        green("browser", f"{version}, {executable}"),
        red("sandbox", t("The browser's sandbox does not work: {reason}", reason=_last_line(words)), remedy),
    ]


def _last_line(words: str) -> str:
    return words.splitlines()[-1].strip()[:200]

"""``kiosk-agent profile``: check a portal's profile, on paper or at the portal itself."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk_agent.cli.language import t
from kiosk_agent.errors import DeskError, InputError
from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import Profile
from kiosk_agent.terminal.output import print_json


@click.group("profile", help=t("Check a portal's profile."))
def command() -> None:
    """Commands on portal profiles."""


@command.command("check", help=t("Check a profile; with --live also at the portal itself."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--live", is_flag=True, help=t("Open the portal, sign in, log out, and prove it."))
@click.option("--show", is_flag=True, help=t("With --live: in a visible window."))
@click.option("--browser", type=click.Path(path_type=Path), help=t("The browser's program, if not the usual one."))
@click.option("--data-dir", type=click.Path(path_type=Path), help=t("The agent's data folder, if not the usual one."))
@click.option("--json", "as_json", is_flag=True, help=t("Print one JSON object."))
def check(file: Path, live: bool, show: bool, browser: Path | None, data_dir: Path | None, as_json: bool) -> None:
    """Exit status 0 only if the profile is valid and, with --live, the proof is what it expects."""
    try:
        profile = load_profile(file)
    except InputError as error:
        if as_json:
            problems = [problem.as_object() for problem in error.problems]
            print_json({**_nothing_seen(), "valid": False, "problems": problems})
        else:
            for problem in error.problems:
                click.echo(problem.shown(t), err=True)
        sys.exit(1)
    if not live:
        click.echo('{"valid":true}' if as_json else t("{file} is in order.", file=file))
        return
    try:
        sys.exit(0 if _check_live(profile, show, browser, data_dir, as_json) else 1)
    except DeskError as error:
        raise click.ClickException(error.shown(t)) from error


@command.command("browser-policy", help=t("Print the managed browser policies that fit a profile, as JSON."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--edge", is_flag=True, help=t("For Edge; otherwise for Chromium and Chrome."))
def browser_policy(file: Path, edge: bool) -> None:
    """Exit status 1 where the profile is wrong."""
    from kiosk_agent.portal.browser_policy import browser_policies, edge_policies

    try:
        profile = load_profile(file)
    except InputError as error:
        raise click.ClickException(error.shown(t)) from error
    print_json(edge_policies(profile) if edge else browser_policies(profile))


def _nothing_seen() -> dict[str, Any]:
    seen = ("signed_in", "account_seen", "logout_steps_ok", "signed_out_seen")
    return {**dict.fromkeys(seen, False), "proof": "unproven", "steps": []}


def _check_live(profile: Profile, show: bool, browser: Path | None, data_dir: Path | None, as_json: bool) -> bool:
    from kiosk_agent.hands.check import CheckedStep, check_live, is_as_expected
    from kiosk_agent.hands.find_browser import find_browser, sandbox_wanted

    def print_step(step: CheckedStep) -> None:
        if not as_json:
            sign = "✓" if step.ok else "✗"
            click.echo(f"{sign} {step.step:48} {step.ms:8.0f} ms  {step.detail}".rstrip())

    executable = find_browser(browser)
    sandbox_wanted()
    report = asyncio.run(
        check_live(profile, executable=executable, headless=not show, on_step=print_step, data_dir=data_dir)
    )
    good = is_as_expected(report, profile)
    if as_json:
        print_json({"valid": True, **msgspec.to_builtins(report)})
    else:
        expect = profile.proof.expect.value
        click.echo(t("Proof: {proof}; the profile expects {expect}.", proof=report.proof, expect=expect))
    return good

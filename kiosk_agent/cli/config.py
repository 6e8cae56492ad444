"""``kiosk-agent config``: check the agent's configuration, show what holds, and make a release code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from kiosk_agent.cli.language import t
from kiosk_agent.cli.options import overrides_option
from kiosk_agent.config_load import hash_release_code, load_config
from kiosk_agent.errors import InputError, one_after_another
from kiosk_agent.portal.load import load_profile
from kiosk_agent.session.policy import TIMINGS, Policy, classify, policy_of
from kiosk_agent.session.vocabulary import Signal
from kiosk_agent.settings.describe import as_lines, as_object
from kiosk_agent.settings.resolve import resolve
from kiosk_agent.terminal.output import print_json
from kiosk_agent.text import shown


@click.group("config", help=t("Check the configuration, show what holds, and make a release code."))
def command() -> None:
    """Commands on the agent's configuration."""


@command.command("check", help=t("Check a configuration file and the profile that it names."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=t("Print one JSON object."))
def check(file: Path, as_json: bool) -> None:
    """Exit status 1 where something is wrong."""
    try:
        config = load_config(file)
        load_profile(config.profile)
    except InputError as error:
        stop_with(error, as_json)
    if as_json:
        print_json({"valid": True, "problems": [], "policy": policy_as_object(config.policy)})
        return
    click.echo(t("{file} is in order.", file=file))
    click.echo(t("Policy: preset {preset}", preset=config.policy.preset.value))
    for line in policy_as_lines(config.policy):
        click.echo(f"  {line}")


def stop_with(error: InputError, as_json: bool) -> NoReturn:
    """Tell every mistake, and end."""
    if as_json:
        print_json({"valid": False, "problems": [problem.as_object() for problem in error.problems]})
    else:
        for problem in error.problems:
            click.echo(problem.shown(t), err=True)
    sys.exit(1)


@command.command("show", help=t("Show every setting as it holds at this desk, all sources together."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--origin", is_flag=True, help=t("Also where each value comes from."))
@overrides_option
@click.option("--json", "as_json", is_flag=True, help=t("Print one JSON object."))
def show(file: Path, origin: bool, overrides: tuple[str, ...], as_json: bool) -> None:
    """Exit status 1 where the file or the command line is wrong; what comes from outside and is not taken is told."""
    try:
        resolved = resolve(file, overrides=overrides)
    except InputError as error:
        stop_with(error, as_json)
    if as_json:
        print_json(as_object(resolved))
        return
    for line in as_lines(resolved, t, with_origin=origin):
        click.echo(line)
    for one in resolved.warnings:
        click.echo(shown(one_after_another([one.detail, one.remedy]), t), err=True)


def policy_as_object(policy: Policy) -> dict[str, Any]:
    """What the preset and the file's own settings come to."""
    return {
        "preset": policy.preset,
        "limits": {name: getattr(policy, name) for name in TIMINGS},
        "weights": {signal: classify(signal, policy) for signal in Signal},
    }


def policy_as_lines(policy: Policy) -> list[str]:
    """All that a preset sets, as it holds at this desk; what the file set otherwise is marked."""
    preset = policy_of(policy.preset)
    values = [(name, f"{getattr(policy, name):g} s", f"{getattr(preset, name):g} s") for name in TIMINGS]
    values += [(signal.value, classify(signal, policy).value, classify(signal, preset).value) for signal in Signal]
    width = max(len(name) for name, _, _ in values)
    lines = []
    for name, value, usual in values:
        note = "" if value == usual else t("own setting; the preset has {value}", value=usual)
        lines.append(f"{name:{width}}  {value}" + (f"  ({note})" if note else ""))
    return lines


@command.command("release-code", help=t("Make the line for supervision.release_code_hash from a code that you type."))
def release_code() -> None:
    """Asks twice; the code itself is written nowhere."""
    code = click.prompt(t("Release code"), hide_input=True, confirmation_prompt=True)
    click.echo(f'release_code_hash = "{hash_release_code(code)}"')

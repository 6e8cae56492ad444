"""``kiosk-agent config``: check the agent's configuration, and make a release code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk_agent.cli.language import t
from kiosk_agent.cli.output import print_json
from kiosk_agent.config_load import hash_release_code, load_config
from kiosk_agent.errors import InputError
from kiosk_agent.portal.load import load_profile
from kiosk_agent.session.policy import TIMINGS, Policy, classify, policy_of
from kiosk_agent.session.vocabulary import Signal


@click.group("config", help=t("Check the configuration, and make a release code."))
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
        if as_json:
            problems = [msgspec.to_builtins(problem) for problem in error.problems]
            print_json({"valid": False, "problems": problems})
        else:
            for problem in error.problems:
                click.echo(str(problem), err=True)
        sys.exit(1)
    if as_json:
        print_json({"valid": True, "problems": [], "policy": policy_as_object(config.policy)})
        return
    click.echo(t("{file} is in order.", file=file))
    click.echo(t("Policy: preset {preset}", preset=config.policy.preset.value))
    for line in policy_as_lines(config.policy):
        click.echo(f"  {line}")


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

"""``kiosk-agent config``: check the agent's configuration, and make a release code."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from kiosk_agent.cli.language import t
from kiosk_agent.cli.output import print_json
from kiosk_agent.config_load import hash_release_code, load_config
from kiosk_agent.errors import InputError
from kiosk_agent.portal.load import load_profile


@click.group("config", help=t("Check the configuration, and make a release code."))
def command() -> None:
    """Commands on the agent's configuration."""


@command.command("check", help=t("Check a configuration file and the profile that it names."))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=t("Print one JSON object."))
def check(file: Path, as_json: bool) -> None:
    """Exit status 1 where something is wrong."""
    try:
        load_profile(load_config(file).profile)
    except InputError as error:
        if as_json:
            problems = [msgspec.to_builtins(problem) for problem in error.problems]
            print_json({"valid": False, "problems": problems})
        else:
            for problem in error.problems:
                click.echo(str(problem), err=True)
        sys.exit(1)
    click.echo('{"valid":true,"problems":[]}' if as_json else t("{file} is in order.", file=file))


@command.command("release-code", help=t("Make the line for supervision.release_code_hash from a code that you type."))
def release_code() -> None:
    """Asks twice; the code itself is written nowhere."""
    code = click.prompt(t("Release code"), hide_input=True, confirmation_prompt=True)
    click.echo(f'release_code_hash = "{hash_release_code(code)}"')

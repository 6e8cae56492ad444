"""``kiosk-agent template``: build and check the template of a portal that needs a browser extension."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from kiosk_agent.cli.language import t
from kiosk_agent.errors import DeskError, InputError
from kiosk_agent.folders import default_data_dir, open_data_dir
from kiosk_agent.hands.find_browser import find_browser, sandbox_wanted
from kiosk_agent.hands.template import (
    Manifest,
    Source,
    TemplateError,
    TemplateProblem,
    browser_version,
    read_template,
    template_problems,
)
from kiosk_agent.health import Severity
from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import Isolation, Profile
from kiosk_agent.terminal.output import print_json, told

EXIT_INPUT = 2  # the profile is wrong: trying again would not help
EXIT_DESK = 1
SIGN = {Severity.GREEN: "●", Severity.AMBER: "▲", Severity.RED: "■"}  # as in `status` and `doctor`

profile_argument = click.argument("profile", type=click.Path(path_type=Path))
data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path), help=t("The agent's data folder, if not the usual one.")
)
browser_option = click.option(
    "--browser", type=click.Path(path_type=Path), help=t("The browser's program, if not the usual one.")
)
json_option = click.option("--json", "json_", is_flag=True, help=t("Print one JSON object."))


@click.group("template", help=t("For portals that need a browser extension: the profile that visits are copied from."))
def command() -> None:
    """Exit status 1 where the PC lacks something, 2 where the profile is wrong."""


@command.command("build", help=t("Build the template on this PC; the old one stays until the new one is whole."))
@profile_argument
@click.option("--by-hand", is_flag=True, help=t("Open a window in which you install the extensions yourself."))
@click.option(
    "--unpacked",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help=t("The folder of an unpacked extension, for development."),
)
@data_dir_option
@browser_option
@json_option
def build(
    profile: Path, by_hand: bool, unpacked: tuple[Path, ...], data_dir: Path | None, browser: Path | None, json_: bool
) -> None:
    """Install the extensions from the managed policy, by hand or from a folder, try them and keep the result."""
    from kiosk_agent.hands.template_build import BuildOrder, build_template

    if by_hand and unpacked:
        raise click.UsageError(t("Choose either --by-hand or --unpacked."))
    source = Source.BY_HAND if by_hand else Source.UNPACKED if unpacked else Source.POLICY
    portal = _read(profile)
    try:
        order = BuildOrder(
            profile=portal,
            data_dir=open_data_dir(data_dir),
            executable=find_browser(browser),
            source=source,
            sandbox=sandbox_wanted(),
            headless=not by_hand,
            unpacked=tuple(folder.absolute() for folder in unpacked),
        )
        if by_hand:
            _tell(t("A browser opens. Install these extensions in it, and leave the window open:"))
            for extension in portal.portal.extensions:
                _tell(f"  {extension}")
        template = asyncio.run(build_template(order, _say_step))
    except (DeskError, OSError) as error:
        click.echo(told(error, t), err=True)
        sys.exit(EXIT_DESK)
    if json_:
        print_json(template.manifest)
    else:
        click.echo(as_text(template.manifest))


@command.command("check", help=t("Say whether the template is there, fits the browser and contains the extensions."))
@profile_argument
@data_dir_option
@browser_option
@json_option
def check(profile: Path, data_dir: Path | None, browser: Path | None, json_: bool) -> None:
    """Exit status 0 where visits can begin: nothing is red."""
    portal = _read(profile)
    folder = data_dir or default_data_dir()
    try:
        executable = find_browser(browser)
        problems = template_problems(portal, folder, executable, t)
        manifest = read_template(portal, folder).manifest if _is_whole(portal, folder) else None
        version = browser_version(executable)
    except (DeskError, OSError) as error:
        click.echo(told(error, t), err=True)
        sys.exit(EXIT_DESK)
    red = any(problem.severity is Severity.RED for problem in problems)
    if json_:
        answer: dict[str, Any] = {"fits": not red, "browser": version, "template": manifest, "problems": problems}
        print_json(answer)
    else:
        _show(portal, manifest, problems)
    sys.exit(EXIT_DESK if red else 0)


def _is_whole(portal: Profile, data_dir: Path) -> bool:
    try:
        read_template(portal, data_dir)
    except TemplateError:
        return False
    return True


def _show(portal: Profile, manifest: Manifest | None, problems: list[TemplateProblem]) -> None:
    if portal.portal.isolation is not Isolation.TEMPLATE:
        click.echo(f"{SIGN[Severity.GREEN]} " + t("This portal needs no template."))
        return
    if manifest is not None:
        click.echo(as_text(manifest))
    for problem in problems:
        click.echo(f"{SIGN[problem.severity]} {problem.text}\n    → {problem.remedy}")
    if not problems:
        click.echo(f"{SIGN[Severity.GREEN]} " + t("The template fits the profile and the browser."))


def as_text(manifest: Manifest) -> str:
    """A template in lines for people."""
    lines = [
        t(
            "Template of {time}, built with browser {version}.",
            time=f"{manifest.built_at.astimezone():%Y-%m-%d %H:%M}",
            version=manifest.browser_version,
        )
    ]
    for extension in manifest.extensions:
        where = t("in memory") if extension.in_memory else t("in a copy that is wiped")
        programs = ", ".join(extension.native_programs) or t("none")
        lines.append(
            t(
                "Extension {id} {version}: runs {where}; programs that start: {programs}.",
                id=extension.id,
                version=extension.version,
                where=where,
                programs=programs,
            )
        )
    return "\n".join(lines)


def _say_step(step: str) -> None:
    words = {
        "install": t("Waiting for the extensions to be installed …"),
        "allow": t("Allowing them to run in memory …"),
        "prune": t("Removing everything else …"),
        "try": t("Trying a copy, as a visit gets it …"),
        "keep": t("Keeping it …"),
    }
    _tell(words[step])


def _tell(line: str) -> None:
    """Progress goes beside the answer, so that --json prints one object alone."""
    click.echo(line, err=True)


def _read(file: Path) -> Profile:
    try:
        return load_profile(file)
    except InputError as error:
        for problem in error.problems:
            click.echo(problem.shown(t), err=True)
        sys.exit(EXIT_INPUT)

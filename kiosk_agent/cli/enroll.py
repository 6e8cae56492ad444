"""``kiosk-agent enroll``: trade a one-time code for the right to report to central."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk_agent import reasons
from kiosk_agent.cli.language import t
from kiosk_agent.config import Central, Config
from kiosk_agent.config_load import central_url_problem
from kiosk_agent.errors import InputError, KioskError
from kiosk_agent.folders import open_data_dir
from kiosk_agent.settings.resolve import resolve
from kiosk_agent.terminal.output import print_json, told
from kiosk_agent.text import Text, shown

if TYPE_CHECKING:
    from kiosk_agent.report.enrolment import Enrolment

LONGEST_READ = 1000  # characters: a code has 12, and what is longer is some other file


@click.command("enroll", help=t("Enrol this desk at central with a one-time code."))
@click.option("--central", "url", metavar="URL", help=t("Central's address, if not the configuration's."))
@click.option("--code", help=t("The one-time code, as it was printed."))
@click.option(
    "--code-file",
    type=click.Path(path_type=Path),
    help=t("A file with the code instead; it is removed once the code has been used, or can never be."),
)
@click.option("--config", type=click.Path(path_type=Path), help=t("The agent's configuration file."))
@click.option("--data-dir", type=click.Path(path_type=Path), help=t("The agent's data folder, if not the usual one."))
@click.option("--json", "json_", is_flag=True, help=t("Print one JSON object."))
def command(
    url: str | None, code: str | None, code_file: Path | None, config: Path | None, data_dir: Path | None, json_: bool
) -> None:
    """Exit status 1 where the desk could not be enrolled."""
    code = _the_code(code, code_file)
    try:
        read = resolve(config).config if config is not None else None
    except InputError as error:
        raise click.ClickException(error.shown(t)) from error
    central = read.central if read is not None else Central()
    url = (url or central.url or "").rstrip("/")
    if not url:
        raise click.UsageError(t("Say where central is: --central URL, or central.url in the configuration."))
    if problem := central_url_problem(url):
        raise click.UsageError(f"--central: {shown(problem, t)}")
    folder = data_dir or (read.desk.data_dir if read is not None else None)
    try:
        try:
            enrolment = asyncio.run(_enrol(central, url, code, folder, read))
        except KioskError as error:
            _forget(code_file, error)
            raise
        _forget(code_file)
    except (KioskError, OSError) as error:
        raise click.ClickException(told(error, t)) from error
    if json_:
        print_json(enrolment)
        return
    office = f"{enrolment.municipality_code} {enrolment.office}"
    click.echo(t("Enrolled as desk {number} of {office}.", number=enrolment.desk_id, office=office))
    click.echo(where_kept(enrolment.kept_in))
    if read is None or read.central.url != url:
        click.echo(t('Write into the desk\'s configuration: [central] url = "{url}"', url=url))


def _the_code(code: str | None, file: Path | None) -> str:
    if (code is None) == (file is None):
        raise click.UsageError(t("Give either --code or --code-file."))
    if file is None:
        return code or ""
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(LONGEST_READ).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = shown(reasons.of_unreadable(error), t)
        raise click.ClickException(t("{file} cannot be read: {reason}", file=file, reason=why)) from error


def _forget(file: Path | None, error: KioskError | None = None) -> None:
    """Remove the code's file, unless the same code may still succeed after ``error``."""
    from kiosk_agent.report.enrolment import CodeRefusedError

    if file is not None and (error is None or isinstance(error, CodeRefusedError)):
        file.unlink(missing_ok=True)


def where_kept(kind: str) -> str:
    """Where the desk's token is, in a sentence."""
    texts = {
        "dpapi": t("The desk's token is encrypted by Windows for this user."),
        "secret_service": t("The desk's token is in this user's keyring."),
        "file": t("The desk's token is in a file that only this user can read: no keyring could be used."),
    }
    return texts[kind]


async def _enrol(central: Central, url: str, code: str, folder: Path | None, config: Config | None) -> Enrolment:
    from kiosk_agent.report.client import Client, make_context
    from kiosk_agent.report.enrolment import EnrolError, enrol
    from kiosk_agent.wire import v1

    given = len(code)
    if not 12 <= given <= 40 or not all(one.isascii() and (one.isalnum() or one in " -") for one in code):
        hint = Text("A code has 12 letters and digits, such as {example}.", example="ABCD-EFGH-JKMN")
        raise EnrolError(Text("This is no code."), hint)
    client = Client(url, central.proxy, make_context(central.ca))
    try:
        name = config.desk.name if config is not None else ""
        return await enrol(client, open_data_dir(folder), url, code, name[: v1.LONGEST_NAME])
    finally:
        await client.close()

"""What ``serve`` is told about alerts: options, variables, and files for what nobody else may read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kiosk_agent.central.alerts.schemas import Channel, Pace, Security, Thresholds
from kiosk_agent.errors import CentralError

if TYPE_CHECKING:
    from kiosk_agent.central.alerts.channels import Mailing
    from kiosk_agent.central.alerts.sender import Alerting

Command = TypeVar("Command", bound=Callable[..., Any])
PASSWORD, SECRET = "KIOSK_CENTRAL_SMTP_PASSWORD", "KIOSK_CENTRAL_WEBHOOK_SECRET"
PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}  # RFC 6409, RFC 8314, RFC 5321
SHORTEST_SECRET = 32
FILE = click.Path(path_type=Path, dir_okay=False)


def with_alerting(command: Command) -> Command:
    """The options of the mail server, of webhooks, and of what is alerted of and how often."""
    options = [
        _option("--smtp-host", metavar="HOST", help="The mail server that alerts are sent through."),
        _option("--smtp-port", type=click.IntRange(1, 65535), help="587, 465 or 25, as --smtp-security has it."),
        _option(
            "--smtp-security",
            type=click.Choice([one.value for one in Security]),
            default="starttls",
            show_default=True,
            help="none: only for a server on the same machine.",
        ),
        _option("--smtp-from", metavar="ADDRESS", help="The sender of alerts."),
        _option("--smtp-user", default="", metavar="NAME", help="Signs in at the mail server."),
        _option("--smtp-password-file", type=FILE, help=f"Its first line; or the variable {PASSWORD}."),
        secret_option,
        _option("--alert-ca", type=FILE, help="Authorities of the office's own (PEM), for mail and webhooks."),
        _option(
            "--alert-every",
            default=60.0,
            show_default=True,
            type=click.FloatRange(0.1, 3600),
            help="Seconds between two looks.",
        ),
        _option(
            "--alert-group-minutes",
            default=10.0,
            show_default=True,
            type=click.FloatRange(0, 1440),
            help="Between two messages to one recipient.",
        ),
        _option(
            "--alert-reminder-hours",
            default=24.0,
            show_default=True,
            type=click.FloatRange(0.1, 720),
            help="Until a reminder of what nobody has acknowledged.",
        ),
        _option(
            "--alert-missing-confirmations",
            default=3,
            show_default=True,
            type=click.IntRange(1),
            help="From how many on an office is alerted of, in two days.",
        ),
        _option(
            "--alert-missing-percent",
            default=10,
            show_default=True,
            type=click.IntRange(0, 100),
            help="… and from which share of its visits on.",
        ),
        _option(
            "--alert-unproven",
            default=1,
            show_default=True,
            type=click.IntRange(1),
            help="From how many logouts that were not proved on, in two days.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def secret_option(command: Command) -> Command:
    """The option of the secret that webhooks are signed with."""
    told = f"Its first line signs webhooks; or the variable {SECRET}."
    return _option("--webhook-secret-file", type=FILE, help=told)(command)


def _option(name: str, **more: Any) -> Callable[[Command], Command]:
    """An option that may also be a variable: ``--smtp-host`` is ``KIOSK_CENTRAL_SMTP_HOST``."""
    return click.option(name, envvar=f"KIOSK_CENTRAL_{name[2:].replace('-', '_').upper()}", **more)


def alerting_of(options: dict[str, Any]) -> Alerting:
    """What these options say. Raises CentralError where they do not go together."""
    from kiosk_agent.central.alerts.channels import Ways, trusted
    from kiosk_agent.central.alerts.sender import Alerting

    ca = options["alert_ca"]
    ways = Ways(_mailing(options), read_secret(options["webhook_secret_file"]), None if ca is None else str(ca))
    trusted(ways.ca)  # a file that cannot be read is told now, and not with the first alert
    return Alerting(
        ways,
        Thresholds(options["alert_missing_confirmations"], options["alert_missing_percent"], options["alert_unproven"]),
        Pace(
            group_ms=round(options["alert_group_minutes"] * 60_000),
            reminder_ms=round(options["alert_reminder_hours"] * 3600_000),
        ),
        options["alert_every"],
    )


def read_secret(file: Path | None) -> str:
    """The secret of webhooks; empty where there is none. Raises CentralError where it is too short."""
    secret = _hidden(file, SECRET, "--webhook-secret-file")
    if secret and len(secret) < SHORTEST_SECRET:
        raise CentralError(
            f"The secret of webhooks is shorter than {SHORTEST_SECRET} characters.", "Make one: openssl rand -hex 32"
        )
    return secret


def _mailing(options: dict[str, Any]) -> Mailing | None:
    from kiosk_agent.central.alerts.channels import Mailing
    from kiosk_agent.central.alerts.service import read_channel

    host, sender, user = options["smtp_host"], options["smtp_from"], options["smtp_user"]
    if host is None:
        if sender or user:
            raise CentralError("There is a sender or user of mail, and no mail server.", "Give --smtp-host as well.")
        return None
    if sender is None or read_channel(sender) is not Channel.MAIL:
        raise CentralError("Mail needs a sender's address.", "Give --smtp-from ADDRESS.")
    security = Security(options["smtp_security"])
    password = _hidden(options["smtp_password_file"], PASSWORD, "--smtp-password-file")
    if bool(user) != bool(password):
        raise CentralError(
            "Signing in at the mail server needs a name and a password.",
            f"Give --smtp-user, and --smtp-password-file or {PASSWORD}.",
        )
    if user and security is Security.NONE:
        raise CentralError("The password would travel in clear.", "Use --smtp-security starttls or tls.")
    return Mailing(host, options["smtp_port"] or PORTS[security], security, sender, user, password)


def _hidden(file: Path | None, variable: str, option: str) -> str:
    """What is in no option, where every user of the machine could read it."""
    if file is None:
        return os.environ.get(variable, "")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise CentralError(f"{file}: {reason}.", f"Give a file that can be read: {option} FILE.") from None
    if not lines or not lines[0].strip():
        raise CentralError(f"{file}: its first line is empty.", f"Give a file that holds it: {option} FILE.")
    return lines[0].strip()

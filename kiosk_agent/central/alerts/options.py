"""What ``serve`` is told about alerts: options, variables, and files for what nobody else may read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kiosk_agent.central.alerts.schemas import Channel, Pace, Security, Thresholds
from kiosk_agent.central.command import FILE, hidden, option
from kiosk_agent.central.language import say
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

if TYPE_CHECKING:
    from kiosk_agent.central.alerts.channels import Mailing
    from kiosk_agent.central.alerts.sender import Alerting

Command = TypeVar("Command", bound=Callable[..., Any])
PASSWORD, SECRET = "KIOSK_CENTRAL_SMTP_PASSWORD", "KIOSK_CENTRAL_WEBHOOK_SECRET"
PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}  # RFC 6409, RFC 8314, RFC 5321
SHORTEST_SECRET = 32


def with_alerting(command: Command) -> Command:
    """The options of the mail server, of webhooks, and of what is alerted of and how often."""
    options = [
        option("--smtp-host", metavar="HOST", help=say("The mail server that alerts are sent through.")),
        option(
            "--smtp-port",
            type=click.IntRange(1, 65535),
            help=say("Its port; otherwise 587, 465 or 25, as --smtp-security has it."),
        ),
        option(
            "--smtp-security",
            type=click.Choice([one.value for one in Security]),
            default="starttls",
            show_default=True,
            help=say("How the way to it is encrypted; none: only for a server on the same machine."),
        ),
        option("--smtp-from", metavar="ADDRESS", help=say("The sender of alerts.")),
        option("--smtp-user", default="", metavar="NAME", help=say("Who signs in at the mail server.")),
        option(
            "--smtp-password-file",
            type=FILE,
            help=say("Its first line; or the variable {variable}.", variable=PASSWORD),
        ),
        secret_option,
        option("--alert-ca", type=FILE, help=say("Authorities of the office's own (PEM), for mail and webhooks.")),
        option(
            "--alert-every",
            default=60.0,
            show_default=True,
            type=click.FloatRange(0.1, 3600),
            help=say("Seconds between two looks for what needs a person."),
        ),
        option(
            "--alert-group-minutes",
            default=10.0,
            show_default=True,
            type=click.FloatRange(0, 1440),
            help=say("Minutes at least between two messages to one recipient."),
        ),
        option(
            "--alert-reminder-hours",
            default=24.0,
            show_default=True,
            type=click.FloatRange(0.1, 720),
            help=say("Hours until a reminder of what nobody has acknowledged."),
        ),
        option(
            "--alert-missing-confirmations",
            default=3,
            show_default=True,
            type=click.IntRange(1),
            help=say("From how many missing confirmations on an office is alerted of, in two days;"),
        ),
        option(
            "--alert-missing-percent",
            default=10,
            show_default=True,
            type=click.IntRange(0, 100),
            help=say("… and from which percentage of its visits on."),
        ),
        option(
            "--alert-unproven",
            default=1,
            show_default=True,
            type=click.IntRange(1),
            help=say("From how many logouts that were not proved on an office is alerted of, in two days."),
        ),
    ]
    for one in reversed(options):
        command = one(command)
    return command


def secret_option(command: Command) -> Command:
    """The option of the secret that webhooks are signed with."""
    told = say("Its first line signs webhooks; or the variable {variable}.", variable=SECRET)
    return option("--webhook-secret-file", type=FILE, help=told)(command)


def alerting_of(options: dict[str, Any]) -> Alerting:
    """What these options say. Raises CentralError where they do not go together."""
    from kiosk_agent.central.alerts.channels import CA_OPTION, Ways
    from kiosk_agent.central.alerts.sender import Alerting
    from kiosk_agent.central.trust import trusted

    ca = options["alert_ca"]
    ways = Ways(_mailing(options), read_secret(options["webhook_secret_file"]), None if ca is None else str(ca))
    trusted(ways.ca, CA_OPTION)  # a file that cannot be read is told now, and not with the first alert
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
    secret = hidden(file, SECRET, "--webhook-secret-file")
    if secret and len(secret) < SHORTEST_SECRET:
        raise CentralError(
            Text("The secret of webhooks is shorter than {least} characters.", least=SHORTEST_SECRET),
            Text("Make one: openssl rand -hex 32"),
        )
    return secret


def _is_mail(address: str) -> bool:
    from kiosk_agent.central.alerts.service import read_channel

    try:
        return read_channel(address) is Channel.MAIL
    except CentralError:  # it tells of webhooks, which nobody has asked for here
        return False


def _mailing(options: dict[str, Any]) -> Mailing | None:
    from kiosk_agent.central.alerts.channels import Mailing

    host, sender, user = options["smtp_host"], options["smtp_from"], options["smtp_user"]
    if host is None:
        if sender or user:
            raise CentralError(
                Text("There is a sender or user of mail, and no mail server."), Text("Give --smtp-host as well.")
            )
        return None
    if sender is None or not _is_mail(sender):
        raise CentralError(Text("Mail needs a sender's address."), Text("Give --smtp-from ADDRESS."))
    security = Security(options["smtp_security"])
    password = hidden(options["smtp_password_file"], PASSWORD, "--smtp-password-file")
    if bool(user) != bool(password):
        raise CentralError(
            Text("Signing in at the mail server needs a name and a password."),
            Text("Give --smtp-user, and --smtp-password-file or {variable}.", variable=PASSWORD),
        )
    if user and security is Security.NONE:
        raise CentralError(Text("The password would travel in clear."), Text("Use --smtp-security starttls or tls."))
    return Mailing(host, options["smtp_port"] or PORTS[security], security, sender, user, password)

"""``kiosk-central staff``: accounts, from the server's own command line."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import click

from kiosk_agent.central.command import opened, ready_to_read, ready_to_use, with_database
from kiosk_agent.central.language import say
from kiosk_agent.central.staff.schemas import Role
from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

ROLES = click.Choice([role.name.lower() for role in Role])
SCOPE_HELP = say("What they look after: nation, prefecture:13, municipality:131016 or office:131016/NAME.")
ROLE_HELP = say("What they may do: look, change, or look after accounts as well.")


@click.group(help=say("People who may look at central."))
def staff() -> None:
    """Commands on accounts."""


@staff.command(
    help=say(
        "Add the account NAME. Its password is asked for; where there is no terminal, it is the first line of input."
    )
)
@click.argument("name")
@click.option("--role", required=True, type=ROLES, help=ROLE_HELP)
@click.option("--scope", required=True, help=SCOPE_HELP)
@click.option(
    "--login", help=say("No password: who signs in with this name at the OpenID provider first gets the account.")
)
@with_database
def add(name: str, role: str, scope: str, login: str | None, data: Path | None, database: str | None) -> None:
    """With --login nothing is asked."""
    from kiosk_agent.central.oidc import service as oidc
    from kiosk_agent.central.staff import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        if login is not None:
            oidc.add(chosen, name, Role[role.upper()], scope, login, SystemClock().wall(), actor())
            click.echo(say("Added."))
            return
        password = _ask_password()
        service.add(chosen, name, Role[role.upper()], scope, password, SystemClock().wall(), actor())
    click.echo(say("Added."))


@staff.command(help=say("Give the account NAME another role or scope; its sessions end."))
@click.argument("name")
@click.option("--role", type=ROLES, help=ROLE_HELP)
@click.option("--scope", help=SCOPE_HELP)
@with_database
def change(name: str, role: str | None, scope: str | None, data: Path | None, database: str | None) -> None:
    """What is not said stays."""
    from kiosk_agent.central.staff import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        if role is None and scope is None:
            raise CentralError(Text("Nothing is to be changed."), Text("Give --role, --scope or both."))
        wanted = None if role is None else Role[role.upper()]
        service.change(chosen, name, SystemClock().wall(), actor(), role=wanted, scope=scope)
    click.echo(say("Changed."))


@staff.command(help=say("Let nobody sign in as NAME any more; its sessions end."))
@click.argument("name")
@with_database
def disable(name: str, data: Path | None, database: str | None) -> None:
    """The account itself stays, for the audit log."""
    from kiosk_agent.central.staff import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        service.disable(chosen, name, SystemClock().wall(), actor())
    click.echo(say("Disabled."))


@staff.command(
    "code",
    help=say(
        "Ask NAME for a one-time code, too. Prints the secret for an authenticator program; it is shown only here."
    ),
)
@click.argument("name")
@click.option("--remove", is_flag=True, help=say("Ask for no code any more."))
@with_database
def code_command(name: str, remove: bool, data: Path | None, database: str | None) -> None:
    """An earlier secret is good no more."""
    from kiosk_agent.central.staff import passwords, service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        secret = service.set_code(chosen, name, SystemClock().wall(), actor(), remove=remove)
    if secret is None:
        click.echo(say("Removed."))
    else:
        click.echo(f"{secret}\n{passwords.secret_address(secret, service.normal_name(name))}")


@staff.command(
    help=say("Let whoever signs in as LOGIN at the OpenID provider first have the account NAME; its sessions end.")
)
@click.argument("name")
@click.argument("login")
@click.option("--only", is_flag=True, help=say("Take the account's password away."))
@with_database
def link(name: str, login: str, only: bool, data: Path | None, database: str | None) -> None:
    """Until somebody has come, it awaits them."""
    from kiosk_agent.central.oidc import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        service.await_login(chosen, name, login, SystemClock().wall(), actor(), no_password=only)
    click.echo(say("Set."))


@staff.command(help=say("Let nobody come to the account NAME through the OpenID provider any more; its sessions end."))
@click.argument("name")
@with_database
def unlink(name: str, data: Path | None, database: str | None) -> None:
    """Warns where it can be entered in no way any more."""
    from kiosk_agent.central.oidc import service

    with opened(data, database) as chosen:
        ready_to_use(chosen)
        has_password = service.forget_login(chosen, name, SystemClock().wall(), actor())
    click.echo(say("Removed.") if has_password else say("Removed. It has no password: nobody can sign in with it now."))


@staff.command(
    "list",
    help=say(
        "Print all accounts: name, role, scope, one-time code, disabled, login at the provider; separated by tabs."
    ),
)
@with_database
def list_command(data: Path | None, database: str | None) -> None:
    """Role, scope and marks are the same words in every language: programs read them."""
    from kiosk_agent.central.oidc.repository import logins
    from kiosk_agent.central.staff import repository, sessions

    with opened(data, database) as chosen:
        ready_to_read(chosen)
        with chosen.reading() as connection:
            rows, coming = repository.everybody(connection), logins(connection)
    nobody = say("(nobody yet)")
    for row in rows:
        one = sessions.staff_of(row)
        scope = f"{one.scope.level}:{one.scope.key}".rstrip(":")
        marks = ["code" if row["totp_secret"] else "-", "disabled" if row["disabled_at_ms"] is not None else "-"]
        login = coming.get(one.id)
        told = "-" if login is None else f"{login['login']} {login['subject'] or nobody}"
        click.echo("\t".join([one.name, one.role.name.lower(), scope, *marks, told]))


@staff.command("audit", help=say("Print the audit log, or check that nobody has changed it."))
@click.option("--verify", is_flag=True, help=say("Check the chain; exit status 1 where it is broken."))
@with_database
def audit_command(verify: bool, data: Path | None, database: str | None) -> None:
    """Entries as they were written: they are part of the chain."""
    from kiosk_agent.central.staff import audit
    from kiosk_agent.central.times import from_ms

    with opened(data, database) as chosen:
        ready_to_read(chosen)
        if verify:
            number, broken = audit.verify(chosen)
            if broken is not None:
                raise CentralError(
                    Text(
                        "The audit log is broken at entry {number}: {reason}.",
                        number=broken.number,
                        reason=broken.reason,
                    ),
                    Text("Keep a copy of the database, and find out who has changed it."),
                )
            click.echo(say("All {number} entries are as they were written.", number=number))
            return
        with chosen.reading() as connection:
            for entry in audit.entries(connection):
                at = from_ms(entry.at_ms).isoformat(timespec="seconds")
                told = [entry.actor, entry.action, entry.subject, entry.detail, entry.address]
                click.echo("\t".join([str(entry.number), at, *told]))


def _ask_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt(say("Password"), hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def actor() -> str:
    """Who types: an account of the operating system, told apart from those of central."""
    try:
        return f"kiosk-central ({getpass.getuser()})"
    except (OSError, KeyError, ImportError):  # a container's user may have no name
        return "kiosk-central"

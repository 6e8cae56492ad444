"""What ``serve`` is told about the OpenID provider: options, variables, and a file for the client's secret."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kiosk_agent.central.command import FILE, hidden, option
from kiosk_agent.central.language import say
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

if TYPE_CHECKING:
    from kiosk_agent.central.oidc.provider import Provider

Command = TypeVar("Command", bound=Callable[..., Any])
SECRET = "KIOSK_CENTRAL_OIDC_CLIENT_SECRET"  # noqa: S105 - a variable's name
LONGEST_NAME = 40  # what fits on the button


def with_provider(command: Command) -> Command:
    """The options of the provider."""
    options = [
        option("--oidc-issuer", metavar="URL", help=say("The OpenID provider that staff may sign in with.")),
        option("--oidc-client-id", metavar="ID", help=say("What central is registered as there.")),
        option(
            "--oidc-client-secret-file",
            type=FILE,
            help=say("Its first line; or the variable {variable}.", variable=SECRET),
        ),
        option(
            "--oidc-claim",
            default="email",
            show_default=True,
            metavar="NAME",
            help=say("What of a person names the account at the first sign-in; an e-mail address must be verified."),
        ),
        option(
            "--oidc-acr",
            default="",
            metavar="VALUES",
            help=say("How the provider calls a sign-in with a second factor, to ask it for one (acr_values)."),
        ),
        option("--oidc-amr", default="", metavar="VALUES", help=say("What it calls the methods that are one (amr).")),
        option("--oidc-second-factor", is_flag=True, help=say("Let nobody in without one, going by the answer.")),
        option(
            "--oidc-name", default="", metavar="TEXT", help=say("What people know the provider by; otherwise its host.")
        ),
        option("--oidc-ca", type=FILE, help=say("Authorities of the office's own (PEM), for the provider.")),
        option("--public-url", metavar="URL", help=say("Central's own address as browsers see it.")),
    ]
    for one in reversed(options):
        command = one(command)
    return command


def provider_of(options: dict[str, Any]) -> Provider | None:
    """The provider that these options name; None where there is none. Raises CentralError."""
    issuer, client_id, public = options["oidc_issuer"], options["oidc_client_id"], options["public_url"]
    file: Path | None = options["oidc_client_secret_file"]
    if issuer is None:
        if client_id is not None or file is not None or options["oidc_ca"] is not None:
            raise CentralError(
                Text("There is a client of a provider, and no provider."), Text("Give --oidc-issuer as well.")
            )
        return None
    from kiosk_agent.central.oidc.provider import Provider, is_safe
    from kiosk_agent.central.oidc.schemas import Settings

    if not is_safe(issuer) or "?" in issuer or "#" in issuer:
        raise CentralError(
            Text(
                "{address} is no provider's address: https, without ? and #; http only on this machine.", address=issuer
            ),
            Text("Give it exactly as the provider calls itself: --oidc-issuer https://login.example.jp"),
        )
    if public is None or not is_safe(public) or urllib.parse.urlsplit(public)[2:] not in (("", "", ""), ("/", "", "")):
        raise CentralError(
            Text("The provider must know where to send people back to: central's own https address, without a path."),
            Text("Give --public-url https://central.example.jp"),
        )
    secret = hidden(file, SECRET, "--oidc-client-secret-file")
    if not client_id or not secret:
        raise CentralError(
            Text("Central must be registered at the provider."),
            Text("Give --oidc-client-id, and --oidc-client-secret-file or {variable}.", variable=SECRET),
        )
    name = options["oidc_name"].strip()
    if len(name) > LONGEST_NAME:
        raise CentralError(
            Text("The provider's name has more than {most} characters.", most=LONGEST_NAME), Text("Give a shorter one.")
        )
    ca = options["oidc_ca"]
    acr, amr = options["oidc_acr"].split(), options["oidc_amr"].split()
    _check_second_factor(acr, amr, is_needed=options["oidc_second_factor"])
    return Provider(
        Settings(
            issuer=issuer,
            client_id=client_id,
            client_secret=secret,
            public_url=public.rstrip("/"),
            claim=options["oidc_claim"],
            name=name,
            ca=None if ca is None else str(ca),
            acr_values=tuple(acr),
            amr=tuple(amr),
            needs_second_factor=options["oidc_second_factor"],
        )
    )


def _check_second_factor(acr: list[str], amr: list[str], *, is_needed: bool) -> None:
    """Raises CentralError where it could never be told, or is told and looked at by nobody."""
    if is_needed and not acr and not amr:
        raise CentralError(
            Text("A second factor is needed, and nothing says how the provider calls it."),
            Text("Give --oidc-acr or --oidc-amr."),
        )
    if amr and not is_needed:
        raise CentralError(
            Text("Methods in an answer are looked at only where a second factor is needed."),
            Text("Give --oidc-second-factor too."),
        )

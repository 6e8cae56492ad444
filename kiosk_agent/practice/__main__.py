"""``python -m kiosk_agent.practice``: the practice portal alone, for training and for trying a desk out."""

from __future__ import annotations

import signal
import threading

import click

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import Variant, profile_text
from kiosk_agent.practice.records import PEOPLE
from kiosk_agent.practice.switches import switch_names, switches_from


@click.command(epilog=f"Switches: {', '.join(switch_names())}")
@click.option("--port", default=8765, show_default=True, help="Port of the portal on 127.0.0.1; 0 takes a free one.")
@click.option("--idp-port", default=8766, show_default=True, help="Port of the identity provider on 127.0.0.2.")
@click.option("--switch", "switches", multiple=True, metavar="NAME", help="Make it misbehave; may be repeated.")
@click.option(
    "--profile",
    type=click.Choice([str(variant.value) for variant in Variant]),
    help="Print this profile of it as well.",
)
def main(port: int, idp_port: int, switches: tuple[str, ...], profile: str | None) -> None:
    """Run the practice portal until Ctrl+C."""
    try:
        chosen = switches_from(switches)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--switch") from error
    portal = PracticePortal(chosen, port=port, provider_port=idp_port)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, frame: ended.set())
    try:
        portal.start()
    except OSError as error:
        raise click.ClickException(
            f"The practice portal cannot listen on port {port} or {idp_port}: {error}"
        ) from error
    click.echo(portal.url)
    for person in PEOPLE.values():
        click.echo(f"{person.name}: {person.user} / {person.password}", err=True)
    if profile is not None:
        click.echo(profile_text(portal.url, portal.idp_url, Variant(profile)))
    # In pieces: on Windows a wait without a limit does not hear Ctrl+C.
    while not ended.wait(0.5):
        pass
    portal.stop()


if __name__ == "__main__":
    main()

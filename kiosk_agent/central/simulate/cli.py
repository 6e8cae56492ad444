"""``kiosk-central simulate``."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from kiosk_agent.central.command import opened, ready_to_use, with_database
from kiosk_agent.central.language import say
from kiosk_agent.central.simulate.schemas import MOST_DESKS
from kiosk_agent.clock import SystemClock


@click.command(help=say("Fill an empty database with a nation of desks that are not there."))
@click.option(
    "--municipalities", default=20, show_default=True, type=click.IntRange(min=1), help=say("How many municipalities.")
)
@click.option(
    "--desks", default=200, show_default=True, type=click.IntRange(1, MOST_DESKS), help=say("How many desks.")
)
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, 3660), help=say("How many days, up to today.")
)
@click.option(
    "--visits", default=12.0, show_default=True, type=click.FloatRange(0, 1000), help=say("Visits a desk and day.")
)
@click.option("--seed", default=1, show_default=True, type=int, help=say("The same seed gives the same counts."))
@with_database
def simulate(
    municipalities: int, desks: int, days: int, visits: float, seed: int, data: Path | None, database: str | None
) -> None:
    """Their reports go through the same ingest as those of real ones."""
    from kiosk_agent.central.simulate.schemas import Assumptions
    from kiosk_agent.central.simulate.service import report_count
    from kiosk_agent.central.simulate.service import simulate as run

    assumed = Assumptions(municipalities, desks, days, seed, visits)
    with opened(data, database) as chosen:
        ready_to_use(chosen)
        with click.progressbar(length=report_count(assumed), label=say("reports")) as bar:
            done = run(chosen, assumed, SystemClock().wall(), bar.update)
    click.echo(
        say(
            "{municipalities} municipalities, {desks} desks, {reports} reports, {desk_days} days of desks, "
            "{visits} visits.",
            **msgspec.structs.asdict(done),
        )
    )
    click.echo(
        say(
            "Assumed besides: {telling} of the desks have a policy that tells each visit, from {facts_since} on: "
            "{facts} facts.",
            **msgspec.structs.asdict(done),
        )
    )

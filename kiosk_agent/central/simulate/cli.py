"""``kiosk-central simulate``."""

from __future__ import annotations

from pathlib import Path

import click

from kiosk_agent.central.command import opened, ready_to_use, with_database
from kiosk_agent.clock import SystemClock


@click.command()
@click.option("--municipalities", default=20, show_default=True, type=click.IntRange(min=1))
@click.option("--desks", default=200, show_default=True, type=click.IntRange(min=1))
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="Up to today.")
@click.option("--visits", default=12.0, show_default=True, type=click.FloatRange(0, 1000), help="A desk and day.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed gives the same counts.")
@with_database
def simulate(
    municipalities: int, desks: int, days: int, visits: float, seed: int, data: Path | None, database: str | None
) -> None:
    """Fill an empty database with a nation of desks that are not there."""
    from kiosk_agent.central.simulate.schemas import Assumptions
    from kiosk_agent.central.simulate.service import report_count
    from kiosk_agent.central.simulate.service import simulate as run

    assumed = Assumptions(municipalities, desks, days, seed, visits)
    with opened(data, database) as chosen:
        ready_to_use(chosen)
        with click.progressbar(length=report_count(assumed), label="reports") as bar:
            done = run(chosen, assumed, SystemClock().wall(), bar.update)
    click.echo(
        f"{done.municipalities} municipalities, {done.desks} desks, {done.reports} reports,"
        f" {done.desk_days} days of desks, {done.visits} visits."
    )
    click.echo(
        f"Assumed besides: {done.telling} of the desks have a policy that tells each visit,"
        f" from {done.facts_since} on: {done.facts} facts."
    )

"""Options that several commands have."""

from __future__ import annotations

import click

from kiosk_agent.cli.language import t

overrides_option = click.option(
    "--set",
    "overrides",
    metavar="KEY=VALUE",
    multiple=True,
    help=t("Set this for once, above all other sources: policy.idle_limit_s=60. May be given again."),
)

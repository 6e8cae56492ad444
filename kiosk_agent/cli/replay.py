"""``kiosk-agent replay``: what a recorded week would have been under another policy."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from kiosk_agent.cli.language import t
from kiosk_agent.config_load import load_config
from kiosk_agent.errors import InputError
from kiosk_agent.recording.stream import Part, encode, read_parts
from kiosk_agent.recording.writer import SUFFIX
from kiosk_agent.replay.judge import Met, Outcome, ends_in_order, outcome_of
from kiosk_agent.replay.simulate import simulated
from kiosk_agent.session.policy import Policy, Preset, policy_of
from kiosk_agent.terminal.output import print_json

MOST_WEEKS = 52
RECORDED = "recorded"  # for programs; people read it in their own language


@click.command("replay", help=t("Show what recorded events would have led to under another policy."))
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--policy", "config", type=click.Path(path_type=Path), help=t("A configuration file with the other policy.")
)
@click.option(
    "--preset",
    metavar="NAME",
    type=click.Choice([one.value for one in Preset]),
    help=t("A preset as the other policy: strict, standard or lenient."),
)
@click.option(
    "--simulate",
    "weeks",
    type=click.IntRange(1, MOST_WEEKS),
    help=t("In place of a file: so many simulated weeks. Nothing in them was measured."),
)
@click.option(
    "--seed", type=click.IntRange(min=0), help=t("Which simulated weeks; the same number gives the same ones.")
)
@click.option("--write", type=click.Path(path_type=Path), help=t("Write the simulated weeks into this file, and end."))
@click.option("--json", "as_json", is_flag=True, help=t("Print one JSON object."))
def command(
    files: tuple[Path, ...],
    config: Path | None,
    preset: str | None,
    weeks: int | None,
    seed: int | None,
    write: Path | None,
    as_json: bool,
) -> None:
    """Exit status 1 where a file is wrong."""
    if bool(files) == (weeks is not None):
        raise click.UsageError(t("Name either a recorded file or --simulate."))
    if config is not None and preset is not None:
        raise click.UsageError(t("Name either --policy or --preset."))
    if weeks is None and (seed is not None or write is not None):
        raise click.UsageError(t("--seed and --write go with --simulate only."))
    try:
        parts = simulated(weeks, seed or 0) if weeks is not None else read_parts(_files(files))
        others = _others(config, preset)
    except InputError as error:
        raise click.ClickException(error.shown(t)) from error
    if write is not None:
        _write(parts, write)
        return
    outcomes: dict[str, Outcome] = {}
    if weeks is None:
        outcomes[RECORDED] = outcome_of(parts, None)
    outcomes |= {name: outcome_of(parts, policy) for name, policy in others.items()}
    if as_json:
        print_json({"simulated": _is_simulated(parts), "outcomes": {n: _as_object(o) for n, o in outcomes.items()}})
    else:
        click.echo(as_text(outcomes, simulated_only=_is_simulated(parts)))


def _files(files: Sequence[Path]) -> list[Path]:
    """The files, and those in the folders among them; each once, however often it is named."""
    found: dict[Path, Path] = {}
    for path in files:
        is_folder = os.path.isdir(path)  # noqa: PTH112 - pathlib's own raises for what may not be looked at
        inside = sorted(path.glob(f"*{SUFFIX}")) if is_folder else []
        for one in inside or [path]:
            found.setdefault(one.resolve(), one)
    return list(found.values())


def _others(config: Path | None, preset: str | None) -> dict[str, Policy]:
    if config is not None:
        return {config.name: load_config(config).policy}
    presets = [Preset(preset)] if preset is not None else list(Preset)
    return {one.value: policy_of(one) for one in presets}


def _write(parts: Sequence[Part], path: Path) -> None:
    try:
        with path.open("xb") as file:
            for part in parts:
                file.write(encode(part.header))
                file.writelines(encode(line) for line in part.lines)
    except OSError as error:
        raise click.ClickException(
            t("{file} cannot be written: {reason}", file=path, reason=error.strerror or str(error))
        ) from error
    click.echo(t("{file} is written: simulated, nothing in it was measured.", file=path))


def _is_simulated(parts: Sequence[Part]) -> bool:
    return all(part.header.seed is not None for part in parts)


def _as_object(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(outcome)
    if outcome.truth is not None:
        found["false_alarms_per_day"] = outcome.false_alarms_per_day
        found["exposed_s_per_day"] = outcome.exposed_s_per_day
    return found


def as_text(outcomes: dict[str, Outcome], *, simulated_only: bool) -> str:
    """The outcomes side by side, for people."""
    several = list(outcomes.values())
    rows: list[tuple[str, list[str]]] = []

    def row(name: str, value: Callable[[Outcome], str]) -> None:
        rows.append((name, [value(one) for one in several]))

    row(t("days"), lambda one: str(one.days))
    row(t("visits"), lambda one: str(one.met.visits))
    row(t("warnings"), lambda one: str(one.met.warnings))
    row(t("questions to the support worker"), lambda one: str(one.met.challenges))
    row(t("forced logouts"), lambda one: str(one.met.forced_logouts))
    for reason in ends_in_order(several):
        row(f"  {reason}", lambda one, reason=reason: str(one.ends.get(reason, 0)))  # type: ignore[misc]
    if simulated_only:
        row(t("missed changes"), lambda one: f"{one.truth.missed} / {one.truth.changes}" if one.truth else "–")
        row(t("false alarms a day"), lambda one: _number(one.false_alarms_per_day))
        row(t("seconds of exposure a day"), lambda one: _number(one.exposed_s_per_day))
    lines = [t("Simulated: nothing here was measured at a desk."), ""] if simulated_only else []
    names = [t("as recorded") if name == RECORDED else name for name in outcomes]
    lines += _columns([("", names), *rows])
    lines += ["", t("Warnings / questions / forced logouts on each day:"), *_columns(_days(several))]
    lines += ["", t("... and in each hour of the day, all days together:"), *_columns(_hours(several))]
    lost = max(one.lost for one in several)
    if lost:
        lines += ["", t("{count} events are missing: the disk could not be written then.", count=lost)]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _by(outcomes: Sequence[Outcome], key: Callable[[str], str]) -> list[tuple[str, list[str]]]:
    together: dict[str, list[Met]] = {}
    for column, outcome in enumerate(outcomes):
        for hour, met in outcome.hours.items():
            sums = together.setdefault(key(hour), [Met() for _ in outcomes])
            one = sums[column]
            one.warnings += met.warnings
            one.challenges += met.challenges
            one.forced_logouts += met.forced_logouts
    return [
        (name, [f"{one.warnings} / {one.challenges} / {one.forced_logouts}" for one in sums])
        for name, sums in sorted(together.items())
    ]


def _days(outcomes: Sequence[Outcome]) -> list[tuple[str, list[str]]]:
    return _by(outcomes, lambda hour: hour[:10])


def _hours(outcomes: Sequence[Outcome]) -> list[tuple[str, list[str]]]:
    return _by(outcomes, lambda hour: f"{hour[11:]}:00")


def _columns(rows: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Rows with their columns under each other, whatever signs are in them."""
    first = max((_width(name) for name, _ in rows), default=0)
    widths = [max(_width(cells[column]) for _, cells in rows) for column in range(len(rows[0][1]))] if rows else []
    return [
        (
            _left(name, first)
            + "".join(f"  {' ' * (width - _width(cell))}{cell}" for cell, width in zip(cells, widths, strict=True))
        ).rstrip()
        for name, cells in rows
    ]


def _left(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """In columns of a terminal: Japanese signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)

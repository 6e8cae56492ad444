"""Writes ``docs/tuning.md``, measured anew: ``python -m kiosk_agent.replay.tuning``, at the project's top.

It takes about ten minutes. With ``--keep-sweep`` the table of what was tried stays as the page has it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from kiosk_agent.recording.kinds import KEPT
from kiosk_agent.recording.stream import WORDS, Kind, Part
from kiosk_agent.replay import people, simulate, sweep
from kiosk_agent.replay.judge import Truth
from kiosk_agent.replay.simulate import simulated
from kiosk_agent.replay.sweep import Candidate, Tried, candidates, choose, tried, truth_of
from kiosk_agent.replay.tuning_text import TEXT
from kiosk_agent.session.describe import sentence
from kiosk_agent.session.policy import FUSION, TIMINGS, Preset, policy_of

COMMAND = "`python -m kiosk_agent.replay.tuning`"
PAGE = Path("docs") / "tuning.md"
WEEKS = 8  # fewer leave too few missed changes to count; more would change little and take long
SEED = 2022  # the year of the incident
CHECK_WEEKS = 1  # so small that a test measures it anew each time
ROW = re.compile(
    r"^\| (\d+) \| (\d+) \| (\d+|never) \| (\d+) of (\d+) \| ([\d.]+) \| (\d+) \|",
    re.MULTILINE,
)


def preset_rows(parts: Sequence[Part]) -> Iterator[str]:
    """What each preset comes to."""
    yield (
        "| preset | missed changes | false alarms a day | – warnings | – questions | – forced logouts "
        "| seconds of exposure a day | – with the next person there |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    days = len(parts)
    for preset in Preset:
        yield _preset_row(preset, truth_of(parts, policy_of(preset)), days)


def _preset_row(preset: Preset, truth: Truth, days: int) -> str:
    numbers = (
        f"{truth.missed} of {truth.changes}",
        f"{truth.false_alarms / days:.1f}",
        f"{truth.false_warnings / days:.1f}",
        f"{truth.false_challenges / days:.1f}",
        f"{truth.false_logouts / days:.1f}",
        f"{truth.exposed_s / days:.0f}",
        f"{truth.exposed_to_next_s / days:.0f}",
    )
    return f"| `{preset}` | " + " | ".join(numbers) + " |"


def swept(parts: Sequence[Part]) -> list[Tried]:
    """Every candidate's result."""
    return [tried(one, truth_of(parts, one.policy), len(parts)) for one in candidates()]


def sweep_rows(results: Sequence[Tried]) -> Iterator[str]:
    """What was tried, and what was taken."""
    yield (
        "| `idle_limit_s` | `gap_s` | `card_absent_grace_s` | missed changes | false alarms a day "
        "| seconds of exposure a day | taken as |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    chosen = {preset: choose(results, preset) for preset in Preset}
    for one in results:
        taken = ", ".join(preset for preset, its in chosen.items() if its.candidate == one.candidate)
        yield f"{sweep_row(one)} {taken} |".replace("  |", " |")


def sweep_row(one: Tried) -> str:
    """One line of it, without what it was taken as."""
    at = one.candidate
    grace = "never" if at.card_absent_grace_s is None else f"{at.card_absent_grace_s:g}"
    return (
        f"| {at.idle_limit_s:g} | {at.gap_s:g} | {grace} | {one.missed} of {one.changes} | "
        f"{one.false_alarms_a_day:.1f} | {one.exposed_s_a_day:.0f} |"
    )


def swept_on_page(page: str) -> list[Tried]:
    """The results as a page has them, rounded."""
    return [
        Tried(
            Candidate(float(idle), float(gap), None if grace == "never" else float(grace)),
            int(missed),
            int(changes),
            float(alarms),
            float(exposed),
        )
        for idle, gap, grace, missed, changes, alarms, exposed in ROW.findall(page)
    ]


def fusion_rows() -> Iterator[str]:
    """The two tables of ``session/policy.py``."""
    yield "| | strict | standard | lenient |"
    yield "| --- | --- | --- | --- |"
    for name, values in TIMINGS.items():
        yield f"| `{name}` | " + " | ".join(f"{value:g}" for value in values) + " |"
    for signal, weights in FUSION.items():
        yield f"| `{signal}` | " + " | ".join(weights) + " |"


def assumption_rows() -> Iterator[str]:
    """Every number that the simulation is built on, with its reason, as the code has them."""
    yield "| assumption | value | |"
    yield "| --- | --- | --- |"
    for module in (simulate, people):
        if module.__file__ is None:
            raise LookupError(f"{module.__name__} has no source")
        above: list[str] = []
        for line in Path(module.__file__).read_text(encoding="utf-8").splitlines():
            if found := re.match(r"([A-Z][A-Z_]+) = ([^#]+?)(?:  # (.*))?$", line):
                name, value, reason = found.groups()
                yield f"| `{name}` | {value} | {reason or ' '.join(above)} |"
            above = [*above, line[2:]] if line.startswith("# ") else []


KIND_MEANINGS = {
    Kind.AGENT_STARTED: "the agent has started, and its ledger was read",
    Kind.START_REQUESTED: '"start" was pressed at the gate',
    Kind.BROWSER_LOST: "the visit's last page was closed, or its browser crashed",
    Kind.OPERATION_FINISHED: "an operation of the profile is done; not which",
    Kind.NAVIGATION_REFUSED: "an address outside of what the profile allows was refused; not which",
    Kind.WARNING_ANSWERED: "somebody answered the warning, and who",
    Kind.CHALLENGE_ANSWERED: "the support worker answered the question, also one about a form",
    Kind.FORM_HELD: "a form is held before it is sent, and why",
    Kind.PORTAL_ACTIVITY: "input in the portal, at most one a second; never what",
    Kind.ACCOUNT_SEEN: "the portal shows an account: the first of the visit, the same, or another",
    Kind.CARD_OFF: "the visit's card was taken off the reader",
    Kind.CARD_BACK: "a card is on it again",
    Kind.PC_INPUT: "a look found that somebody used the PC, in the portal or not",
    Kind.LOST: "`n` lines before this one could not be written",
    Kind.PERSON: "simulated files only: person `n` is at the desk from now on; none: nobody",
    Kind.WORKER: "simulated files only: whether the support worker is free",
}


def kind_rows() -> Iterator[str]:
    """Every kind of line with its words."""
    yield "| kind | words | |"
    yield "| --- | --- | --- |"
    events = {kind: event for event, (kind, _word) in KEPT.items()}
    for kind in Kind:
        words = ", ".join(f"`{word}`" for word in sorted(WORDS.get(kind, ())))
        meaning = KIND_MEANINGS.get(kind) or sentence(events[kind])
        yield f"| `{kind}` | {words} | {meaning} |"


def page(results: Sequence[Tried]) -> str:
    """The whole page. The presets are measured anew."""
    parts = simulated(WEEKS, SEED)
    return TEXT.format(
        command=COMMAND,
        weeks=WEEKS,
        days=len(parts),
        seed=SEED,
        check_weeks=CHECK_WEEKS,
        presets="\n".join(preset_rows(parts)),
        check="\n".join(preset_rows(simulated(CHECK_WEEKS, SEED))),
        sweep="\n".join(sweep_rows(results)),
        fusion="\n".join(fusion_rows()),
        kinds="\n".join(kind_rows()),
        assumptions="\n".join(assumption_rows()),
        standard_bears=f"{sweep.STANDARD_BEARS_A_DAY:g}",
        lenient_bears=f"{sweep.LENIENT_BEARS_A_DAY:g}",
        worth=f"{sweep.FALSE_ALARMS_A_MINUTE:g}",
        least_worth=f"{sweep.FALSE_ALARMS_A_MINUTE_LIMITS[0]:g}",
        most_worth=f"{sweep.FALSE_ALARMS_A_MINUTE_LIMITS[1]:g}",
    )


def main() -> None:
    """Write the page."""
    keep = "--keep-sweep" in sys.argv[1:]
    results = swept_on_page(PAGE.read_text(encoding="utf-8")) if keep else swept(simulated(WEEKS, SEED))
    PAGE.write_text(page(results), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

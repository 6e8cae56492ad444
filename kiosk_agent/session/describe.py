"""Writes ``docs/session.md`` from the table: ``python -m kiosk_agent.session.describe > docs/session.md``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from kiosk_agent.session.policy import CLASSIFICATION, MIN_EXTENSIONS, MIN_WARNING_S, Policy
from kiosk_agent.session.state import Phase
from kiosk_agent.session.transitions import EVENTS, IGNORED, TABLE, Row
from kiosk_agent.session.vocabulary import StateName

COMMAND = "python -m kiosk_agent.session.describe > docs/session.md"

MEANINGS = {
    StateName.GATE: "No visit runs. Only the start page can be seen.",
    StateName.OPEN: "A visit runs. Nobody is signed in at the portal yet.",
    StateName.SIGNED_IN: "Somebody is signed in at the portal.",
    StateName.WARNING: (
        "A countdown is on screen. Mouse and keyboard do not stop it; only one of its two answers does: "
        "“yes, it is me” or “no, somebody else”."
    ),
    StateName.CHALLENGE: (
        "Somebody may have changed, or a form about the resident is held before it is sent. The screen is covered. The "
        "support worker is asked whether it is the same person, or the resident to put the card on the reader again."
    ),
    StateName.ENDING: (
        "The screen is covered. Logout, destruction of the browser, removal of traces and proof are under way."
    ),
    StateName.CONFIRMING: (
        "The browser of the visit is gone. The support worker is asked to confirm that the desk is clean."
    ),
    StateName.HELD: (
        "Something could not be made safe. The desk stays covered until the cause is gone or a supervisor releases it."
    ),
}

PHASES = {
    Phase.SHIELDING: ("The cover comes up. Nothing is pressed before it is seen to be there.", "shield_limit_s"),
    Phase.LOGGING_OUT: (
        "The portal's own logout runs beneath the cover, if somebody has signed in and the browser still works.",
        "logout_limit_s",
    ),
    Phase.DESTROYING: ("Every process of the browser is ended. If that fails, the desk is held.", "destroy_limit_s"),
    Phase.CLEANING: ("Downloads, clipboard, print jobs and temporary files are removed.", "residue_limit_s"),
    Phase.PROVING: (
        "If somebody had signed in: the old credentials are tried once more. Refused means proved.",
        "proof_limit_s",
    ),
    Phase.RECORDING: ("The outcome is written. Only then is the confirmation asked for.", "record_limit_s"),
}

INTRODUCTION = f"""\
<!-- Generated from kiosk_agent/session/transitions.py. Do not edit: {COMMAND} -->

# The session

This page says what a guarded desk does, and when. It is written by the program itself, from the one table in which all
of its decisions stand ([`transitions.py`](../kiosk_agent/session/transitions.py)); a test fails when the page and the
program differ.

## In short

One resident's turn at the desk is a **visit**. It begins when the support worker presses “start”, and it is over only
when the portal session is ended, the browser destroyed, the traces removed, the result recorded, and the support
worker has confirmed that the desk is clean. There is no other way to the next visit, except a supervisor's release,
which is recorded too.

What every reader should know:

1. A certain sign of another person (another account, another card, “next person”, “no, somebody else”) covers the
   screen and ends the visit at once, whatever is going on.
2. The next visit begins only after the browser was destroyed and the confirmation, or a supervisor's override, was
   recorded.
3. Mouse and keyboard alone never stop a warning or a challenge.
4. Without an answer the visit ends at most one idle limit and one warning after the last input in the portal, also
   when the PC was asleep in between.
5. Each visit gets exactly one outcome, also after a power failure.
6. What was not proven is never counted as proven. A visit that was cut short with the agent or the PC counts as
   unproven, also where no sign-in was recorded: there may have been one.
7. Extensions are counted and limited. At least {MIN_EXTENSIONS} are offered, and a warning lasts at least
   {MIN_WARNING_S:g} seconds (WCAG 2.2, 2.2.1), unless the PC was asleep: then rule 4 comes first.
8. A visit is judged by one policy. Another one holds from the next time at the gate on, and that is recorded.
9. A desk that central has closed is opened by central alone. A visit that runs is ended in the ordinary way first.

Each of these rules is checked in the tests, in every state that can be reached and after every event.
"""

ENGINEERS = """\
## For engineers

The session is a pure function: an event and the time go in, commands come out. It reads no clock, file or network. It
says with `next_deadline()` when it wants to be woken, and an early timer does no harm. Before anything that people do
is looked at during a visit, the timers that are due are run; what the hands and the ledger report is taken as true
however late it comes. Nothing is heard any more after `StopAgent`.

Rows are tried from top to bottom; the first that applies is taken. Where none applies, nothing changes and nothing is
done. An entry that the ledger refuses is kept and recorded again once the ledger works; one that it does not answer
within `record_limit_s` counts as a failed ledger.
"""


def sentence(function: Callable[..., Any]) -> str:
    """The first sentence(s) of a docstring, on one line."""
    text = (function.__doc__ or "").split("\n\n", maxsplit=1)[0]
    return " ".join(text.split())


def diagram() -> Iterator[str]:
    """The states and what leads from one to the next, for mermaid."""
    arrows: dict[tuple[StateName, StateName], list[str]] = {}
    for row in TABLE:
        if row.state is not row.to:
            names = arrows.setdefault((row.state, row.to), [])
            if row.event.__name__ not in names:
                names.append(row.event.__name__)
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {StateName.HELD}"
    for (state, to), names in arrows.items():
        yield f"    {state} --> {to}: {'<br/>'.join(names)}"
    yield "```"


def state_table() -> Iterator[str]:
    """The states, their meanings, and where one leads."""
    yield "| state | meaning | leads to |"
    yield "| --- | --- | --- |"
    for state in StateName:
        leads = {row.to for row in TABLE if row.state is state} - {state}
        yield f"| `{state}` | {MEANINGS[state]} | {', '.join(f'`{to}`' for to in StateName if to in leads)} |"


def phase_table() -> Iterator[str]:
    """The steps of an end, in order, with their limits."""
    policy = Policy()
    yield "| step | what happens | limit (default) |"
    yield "| --- | --- | --- |"
    for phase in Phase:
        text, limit = PHASES[phase]
        yield f"| `{phase}` | {text} | `{limit}` ({getattr(policy, limit):g} s) |"


def signal_table() -> Iterator[str]:
    """How much each sign of another person weighs, unless the policy says otherwise."""
    yield "| sign | weighs |"
    yield "| --- | --- |"
    for signal, weight in CLASSIFICATION.items():
        yield f"| `{signal}` | {weight} |"


def event_table() -> Iterator[str]:
    """Every event and its meaning."""
    yield "| event | meaning |"
    yield "| --- | --- |"
    for event in EVENTS:
        yield f"| `{event.__name__}` | {sentence(event)} |"


def _line(row: Row) -> str:
    to = "stays" if row.to is row.state else f"`{row.to}`"
    return f"| `{row.event.__name__}` | {sentence(row.when)} | {sentence(row.then)} | {to} |"


def transition_tables() -> Iterator[str]:
    """Every row of the table, state by state, and what is ignored."""
    for state in StateName:
        yield f"### {state}"
        yield ""
        yield MEANINGS[state]
        yield ""
        yield "| event | when | then | state |"
        yield "| --- | --- | --- | --- |"
        for event in EVENTS:
            yield from (_line(row) for row in TABLE if row.state is state and row.event is event)
        yield ""
        ignored = [event.__name__ for event in EVENTS if event in IGNORED[state]]
        yield f"Changes nothing here: {', '.join(f'`{name}`' for name in ignored)}."
        yield ""


def page() -> str:
    """The whole page."""
    lines = [
        INTRODUCTION,
        "## The states",
        "",
        *state_table(),
        "",
        *diagram(),
        "",
        "## The steps of an end",
        "",
        "Each step has a limit. A step that runs out counts as failed, is recorded as an incident, and the next one",
        "begins. A browser that cannot be covered is destroyed at once, without a logout.",
        "",
        *phase_table(),
        "",
        "## Signs of another person",
        "",
        "A certain sign ends the visit. A possible one covers the screen and asks the support worker. The others are",
        "recorded. The policy may let a sign weigh differently, but a certain one stays certain.",
        "",
        *signal_table(),
        "",
        ENGINEERS,
        "## The events",
        "",
        *event_table(),
        "",
        "## Every transition",
        "",
        *transition_tables(),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Print the page."""
    sys.stdout.buffer.write(page().encode())


if __name__ == "__main__":
    main()

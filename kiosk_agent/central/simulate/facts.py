"""The facts of the visits that a simulated day's counts know of. Pure; chance comes from outside."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping

from kiosk_agent.central.simulate.schemas import Assumptions
from kiosk_agent.wire import v1

ENTRIES_A_VISIT = 6
SHORTEST_MIN = 2


def facts_of(
    day: datetime.date, counts: Mapping[str, int], entries: int, assumed: Assumptions, chance: random.Random
) -> list[v1.VisitFact]:
    """One fact for each visit in ``counts``, in the order of their hours; ``entries``: of the ledger before that day.

    Added up they give the counts again: of ends, proofs (as they stand after a retry), sign-ins and confirmations.
    """
    visits, signed_in = counts.get("visits", 0), counts.get("sign_ins", 0)
    turns = _signed_in(counts, chance) + [("worker_ended", "not_needed", False)] * (visits - signed_in)
    chance.shuffle(turns)
    kept = [*["confirmed"] * counts.get("confirmations", 0), *["override"] * counts.get("overrides", 0)]
    kept += ["none"] * (visits - len(kept))
    chance.shuffle(kept)
    open_hours, shares = zip(*assumed.arrivals, strict=True)
    hours = sorted(chance.choices(open_hours, shares, k=visits))
    facts = []
    for place, ((ended, proof, is_signed_in), confirmation, hour) in enumerate(zip(turns, kept, hours, strict=True)):
        first = entries + ENTRIES_A_VISIT * place
        minutes = max(SHORTEST_MIN, chance.gauss(assumed.visit_min, assumed.visit_min / 3))
        facts.append(
            v1.VisitFact(
                first + 1,
                first + ENTRIES_A_VISIT,
                day,
                hour,
                round(minutes * 60),
                ended,
                proof,
                signed_in=is_signed_in,
                confirmation=confirmation,
            )
        )
    return facts


def _signed_in(counts: Mapping[str, int], chance: random.Random) -> list[tuple[str, str, bool]]:
    """(end, proof, True) of each visit with a sign-in. What nobody saw the end of stays unproven."""
    unsigned = counts.get("proof.not_needed", 0)
    ends = _each(counts, "ended.")
    for _ in range(unsigned):
        ends.remove("worker_ended")
    unseen = [("found_unfinished", "unproven", True)] * counts.get("ended.found_unfinished", 0)
    ends = [end for end in ends if end != "found_unfinished"]
    settled = counts.get("revised.cleared", 0)
    proofs = [proof for proof in _each(counts, "proof.") if proof != "not_needed"]
    for _ in range(len(unseen) + settled):
        proofs.remove("unproven")
    proofs += ["cleared"] * settled
    chance.shuffle(proofs)
    return unseen + [(end, proof, True) for end, proof in zip(ends, proofs, strict=True)]


def _each(counts: Mapping[str, int], group: str) -> list[str]:
    """The names of a group, each as often as it was counted."""
    return [name.removeprefix(group) for name, count in counts.items() if name.startswith(group) for _ in range(count)]

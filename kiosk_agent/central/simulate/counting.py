"""The counts of one simulated desk and day. Pure; chance comes from outside."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence

from kiosk_agent.central.simulate.schemas import Assumptions


class Habits:
    """How often things go wrong in one municipality. ``care`` 1 is as assumed; 2 means twice as much goes wrong."""

    def __init__(self, assumed: Assumptions, care: float) -> None:
        signed_in_ends = {
            "own_logout": assumed.own_logout,
            "worker_ended": assumed.worker_ended,
            "nudge_accepted": assumed.nudge_accepted,
        }
        bad_ends = {
            "idle": 1 - sum(signed_in_ends.values()) - assumed.change_of_person - assumed.found_unfinished,
            "change_of_person": assumed.change_of_person,
            "found_unfinished": assumed.found_unfinished,
        }
        self._ends = _weights(signed_in_ends, bad_ends, care)
        good_proofs = {"revoked": assumed.revoked, "cleared": 1 - assumed.revoked - assumed.half - assumed.unproven}
        self._proofs = _weights(good_proofs, {"half": assumed.half, "unproven": assumed.unproven}, care)
        missing = 1 - assumed.confirmed - assumed.released
        self._confirmed = _weights(
            {"confirmations": assumed.confirmed}, {"overrides": assumed.released, "": missing}, care
        )
        self._assumed = assumed

    def day(self, chance: random.Random) -> Counter[str]:
        """The counters of a working day, as the ledger of a desk would have them."""
        mean = self._assumed.visits_a_day
        visits = max(0, round(chance.gauss(mean, math.sqrt(mean))))
        signed_in = sum(chance.random() < self._assumed.sign_in for _ in range(visits))
        ends = _drawn(chance, self._ends, signed_in)
        # what nobody saw the end of is never proved
        unseen = ends["found_unfinished"]
        proofs = _drawn(chance, self._proofs, signed_in - unseen) + Counter(unproven=unseen)
        settled = sum(chance.random() < self._assumed.settled for _ in range(proofs["unproven"] - unseen))
        counts = Counter(
            {
                "visits": visits,
                "sign_ins": signed_in,
                "outcomes": visits,
                "proof.not_needed": visits - signed_in,
                "revised.cleared": settled,
                "incidents": proofs["half"],
                "incident.proof_less_than_expected": proofs["half"],
                "agent_starts": 1,
                "agent_stops": 1,
                "warnings.idle": ends["idle"] + sum(chance.random() < 0.2 for _ in range(visits)),
                "signal.card_different": ends["change_of_person"],
            }
        )
        # a visit without sign-in is ended by the support worker
        ends["worker_ended"] += visits - signed_in
        counts.update({f"ended.{name}": count for name, count in ends.items()})
        counts.update({f"proof.{name}": count for name, count in proofs.items()})
        counts.update(_drawn(chance, self._confirmed, visits))
        del counts[""]
        return +counts


Weights = tuple[Sequence[str], Sequence[float]]


def _weights(good: dict[str, float], bad: dict[str, float], care: float) -> Weights:
    """What is bad ``care`` times as often, and the good ones share what is left."""
    worse = {name: share * care for name, share in bad.items()}
    left = max(0.0, 1 - sum(worse.values())) / sum(good.values())
    shares = {**{name: share * left for name, share in good.items()}, **worse}
    return list(shares), list(shares.values())


def _drawn(chance: random.Random, weights: Weights, count: int) -> Counter[str]:
    return Counter(chance.choices(weights[0], weights[1], k=count))

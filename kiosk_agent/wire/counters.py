"""What counters are called."""

from __future__ import annotations

import re
from collections.abc import Iterable

# "$" alone would let a line feed at the end through in Python, and "\Z" is unknown to other readers of the schema.
END = r"$(?!\n)"
COUNTER_NAME = rf"^[a-z][a-z0-9_]*(\.[a-z0-9_]+){{0,3}}{END}"
LONGEST_COUNTER = 64
# What central makes its numbers of; docs/ledger.md has all that our agent counts.
COUNTERS = {
    "visits": "visits begun",
    "sign_ins": "visits in which somebody signed in at the portal",
    "outcomes": "visits that ended: each once, and of each one `ended.…` and one `proof.…`",
    "ended.own_logout": "the resident logged out",
    "ended.worker_ended": "the support worker ended it",
    "ended.nudge_accepted": "the resident ended it when the agent asked, after a finished procedure",
    "ended.found_unfinished": "nobody saw its end; every other `ended.…` is an end that the agent forced",
    "proof.revoked": "the portal refuses the old login",
    "proof.cleared": "the login is gone from this PC; the portal would still accept it",
    "proof.half": "the portal's own logout did not finish: the same browser still got in",
    "proof.unproven": "it could not be checked",
    "proof.not_needed": "nobody had signed in",
    "revised.revoked": "an unproven one that was found revoked later",
    "revised.cleared": "an unproven one that was found cleared later",
    "confirmations": "the support worker said that the desk is clean",
    "overrides": "a supervisor released the desk instead",
    "incidents": "what must be looked at",
}


class GoodNames:
    """The names of counters that were good before: there are about 120, and each report has a third of them.

    To hold every one against its form again cost more than all the rest of reading a report.
    """

    MOST = 10_000  # whoever invents names is checked each time, and fills no memory

    def __init__(self) -> None:
        self._good: set[str] = set()
        self._form = re.compile(COUNTER_NAME)

    def are_good(self, names: Iterable[str]) -> bool:
        if self._good.issuperset(names):
            return True
        for name in names:
            if name not in self._good:
                if len(name) > LONGEST_COUNTER or self._form.search(name) is None:
                    return False
                if len(self._good) < self.MOST:
                    self._good.add(name)
        return True

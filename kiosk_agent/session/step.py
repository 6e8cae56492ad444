"""One step of the machine while it is being worked out: the state so far, and the commands it gives."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.state import Ending, Owed, Rules, State, Visit


class Step:
    """Collects what an action does. Nothing of it counts until the machine takes ``state`` over."""

    def __init__(self, state: State, now: float, rules: Rules) -> None:
        self.state = state
        self.now = now
        self.rules = rules
        self.commands: list[do.Command] = []

    @property
    def policy(self) -> Policy:
        """The desk's limits."""
        return self.rules.policy

    @property
    def visit(self) -> Visit:
        """The visit that runs or ends. Raises LookupError where the table asked for one in a state without."""
        if self.state.visit is None:
            raise LookupError(f"there is no visit in state {self.state.name}")
        return self.state.visit

    @property
    def ending(self) -> Ending:
        """The end under way. Raises LookupError where the table asked for one in a state without."""
        if self.state.ending is None:
            raise LookupError(f"no visit is ending in state {self.state.name}")
        return self.state.ending

    def put(self, **changes: Any) -> None:
        """Change the state."""
        self.state = replace(self.state, **changes)

    def put_visit(self, **changes: Any) -> None:
        """Change what is known of the visit."""
        self.put(visit=replace(self.visit, **changes))

    def put_ending(self, **changes: Any) -> None:
        """Change what is known of the end under way."""
        self.put(ending=replace(self.ending, **changes))

    def emit(self, *commands: do.Command) -> None:
        """Add commands, in order."""
        self.commands.extend(commands)

    def record(self, entry: en.Entry) -> None:
        """Have ``entry`` recorded, and remember it until the ledger says that it is."""
        ticket = self.state.next_ticket
        owed = Owed(ticket, entry, self.now + self.policy.record_limit_s)
        self.put(owed=(*self.state.owed, owed), next_ticket=ticket + 1)
        self.emit(do.Record(ticket, entry))

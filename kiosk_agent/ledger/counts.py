"""What each entry adds to its day's counts. Counters only grow: sent again, late or twice, they change nothing."""

from __future__ import annotations

from kiosk_agent.session import entries as en


def counted(entry: en.Entry) -> list[str]:
    """The names of the counters that grow by one (``NavigationRefusals``: see :func:`amount`)."""
    match entry:
        case en.VisitStarted():
            return ["visits"]
        case en.SignedIn():
            return ["sign_ins"]
        case en.SignalNoted():
            return [f"signal.{entry.signal}"]
        case en.WarningGiven():
            return [f"warnings.{entry.kind}"]
        case en.WarningResponse():
            return [f"answers.{entry.answer}.{entry.by}"]
        case en.ChallengeGiven():
            return ["challenges"]
        case en.ChallengeResponse():
            return [f"challenge_answers.{entry.answer}"]
        case en.NavigationRefusals():
            return ["refused_addresses"]
        case en.OperationDone():
            return ["operations"]
        case en.Outcome():
            names = ["outcomes", f"ended.{entry.reason}", f"proof.{entry.proof}"]
            return names if entry.residue_clean else [*names, "residue_left"]
        case en.OutcomeRevised():
            return [f"revised.{entry.proof}"]  # a counter of its own: the day's "proof.unproven" cannot shrink
        case en.Confirmation():
            return ["confirmations"]
        case en.Override():
            return ["overrides"]
        case en.Incident():
            return ["incidents", f"incident.{entry.code}"]
        case en.DeskHeld():
            return [f"held.{entry.reason}"]
        case en.AgentRan():
            return ["agent_starts" if entry.began else "agent_stops"]
        case _:
            return []


def amount(entry: en.Entry) -> int:
    """By how much."""
    return entry.count if isinstance(entry, en.NavigationRefusals) else 1

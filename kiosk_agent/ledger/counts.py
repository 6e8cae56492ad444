"""What each entry adds to its day's counts. Counters only grow: sent again, late or twice, they change nothing."""

from __future__ import annotations

from collections import Counter

from kiosk_agent.session import entries as en


def counted(entry: en.Entry) -> dict[str, int]:
    """The counters that grow, and by how much."""
    match entry:
        case en.NavigationRefusals():
            return {"refused_addresses": entry.count}
        case en.Outcome():
            return {**dict.fromkeys(_of_outcome(entry), 1), **_of_residue(entry)}
        case _:
            return dict.fromkeys(_names(entry), 1)


def _of_outcome(entry: en.Outcome) -> list[str]:
    names = ["outcomes", f"ended.{entry.reason}", f"proof.{entry.proof}"]
    return names if entry.residue_clean else [*names, "residue_left"]


def _of_residue(entry: en.Outcome) -> dict[str, int]:
    """How much of each kind was removed and left: things, not visits; of what is not known at least one is left."""
    grown = Counter[str]()
    for one in entry.residue:
        grown[f"residue_removed.{one.kind}"] += one.removed
        grown[f"residue_left.{one.kind}"] += 0 if one.is_clean else max(one.left, 1)
    return +grown  # without those that do not grow


def _names(entry: en.Entry) -> list[str]:
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
        case en.FormHeld():
            return ["forms_held", f"form_held.{entry.check}"]
        case en.FormDecision():
            return [f"form_answers.{entry.answer}.{entry.check}"]
        case en.OperationDone():
            return ["operations"]
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
        case en.ForeignProgram():
            return [f"foreign.{entry.kind}.{entry.what}"]
        case en.PolicyTaken():
            return ["policy_changes"]
        case en.CentralCommand():
            return [f"commands.{entry.asks}.{entry.result}"]
        case en.AgentRan():
            return ["agent_starts" if entry.began else "agent_stops"]
        case _:
            return []

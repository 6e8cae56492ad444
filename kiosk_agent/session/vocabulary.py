"""The closed sets of words that events, commands and entries share."""

from __future__ import annotations

import enum


class StateName(enum.StrEnum):
    """Where a desk is in a visit."""

    GATE = "Gate"
    OPEN = "Open"
    SIGNED_IN = "SignedIn"
    WARNING = "Warning"
    CHALLENGE = "Challenge"
    ENDING = "Ending"
    CONFIRMING = "Confirming"
    HELD = "Held"


class Signal(enum.StrEnum):
    """Signs that the person at the desk may have changed. ``policy.classify`` says how much each one weighs."""

    NEXT_PERSON = "next_person"  # the support worker says so: gate, tray or hotkey
    ACCOUNT_DIFFERENT = "account_different"  # the portal shows another account in the same visit
    CARD_DIFFERENT = "card_different"
    CARD_UNTELLABLE = "card_untellable"  # a card whose sameness cannot be told
    CARD_REMOVED = "card_removed"
    OS_LOCKED = "os_locked"
    OS_USER_CHANGED = "os_user_changed"
    RETURN_AFTER_GAP = "return_after_gap"
    INPUT_ELSEWHERE = "input_elsewhere"  # the PC is used, and not the portal, while somebody is signed in there
    RESUMED = "resumed"  # from suspend
    FOREIGN_WINDOW_CLOSED = "foreign_window_closed"  # a window outside the visit was opened and closed again
    FOREIGN_WINDOW_STUCK = "foreign_window_stuck"  # ... and could not be closed
    FOREIGN_BROWSER = "foreign_browser"  # a browser runs beside the visit's
    REMOTE_CONTROL = "remote_control"  # somebody outside sees or drives this PC, or may do so


class Weight(enum.StrEnum):
    """How much a signal weighs."""

    CERTAIN = "certain"
    POSSIBLE = "possible"
    NOTHING = "nothing"


class EndReason(enum.StrEnum):
    """Who or what ended a visit."""

    OWN_LOGOUT = "own_logout"  # the resident logged out at the portal
    WORKER_ENDED = "worker_ended"  # gate button, tray, hotkey
    CENTRAL_ENDED = "central_ended"  # central's staff ended it, or closed the desk
    NUDGE_ACCEPTED = "nudge_accepted"  # the resident pressed "log out" in the panel after a finished operation
    IDLE = "idle"
    CHANGE_OF_PERSON = "change_of_person"  # a certain sign, or "no, somebody else"
    CHALLENGE_UNANSWERED = "challenge_unanswered"
    MAX_LENGTH = "max_length"
    EXTENSIONS_USED_UP = "extensions_used_up"
    BROWSER_CLOSED = "browser_closed"
    BROWSER_CRASHED = "browser_crashed"
    BROWSER_FAILED = "browser_failed"  # it never came up
    WARNING_NOT_SHOWN = "warning_not_shown"
    SHIELD_LOST = "shield_lost"
    SENSE_LOST = "sense_lost"  # a sense that the policy calls mandatory
    LEDGER_FAILED = "ledger_failed"
    AGENT_STOPPING = "agent_stopping"
    FOUND_UNFINISHED = "found_unfinished"  # the agent or the PC died during the visit


class Proof(enum.StrEnum):
    """What is known about the portal session after the logout."""

    REVOKED = "revoked"  # the server refuses the old credentials
    CLEARED = "cleared"  # gone from this PC, but the server would still accept them
    HALF = "half"  # the same browser still got in without signing in
    UNPROVEN = "unproven"  # could not be checked
    NOT_NEEDED = "not_needed"  # nobody signed in during the visit


class Answer(enum.StrEnum):
    """The two answers to a warning or a challenge."""

    SAME = "same"
    OTHER = "other"


class Answerer(enum.StrEnum):
    """Who gave an answer."""

    RESIDENT = "resident"
    WORKER = "worker"


class EndSource(enum.StrEnum):
    """Where the end of a visit was asked for."""

    GATE = "gate"
    TRAY = "tray"
    HOTKEY = "hotkey"
    NUDGE = "nudge"
    CENTRAL = "central"  # by its staff, from afar


class HoldReason(enum.StrEnum):
    """Why a desk is held."""

    STARTING = "starting"  # the ledger has not yet been read; released by AgentStarted
    BROWSER_STUCK = "browser_stuck"
    LEDGER_LOCKED = "ledger_locked"
    LEDGER_FULL = "ledger_full"
    LEDGER_DAMAGED = "ledger_damaged"
    LEDGER_UNWRITABLE = "ledger_unwritable"
    GATE_FAILED = "gate_failed"
    SENSE_LOST = "sense_lost"
    CLOSED_BY_CENTRAL = "closed_by_central"  # opened by central alone


class WarningKind(enum.StrEnum):
    """What a warning counts down to."""

    IDLE = "idle"
    MAX_LENGTH = "max_length"  # cannot be answered with "go on"


class Check(enum.StrEnum):
    """What keeps a form from being sent. ``card_wanted`` is answered by a card, all others by the support worker."""

    NAME_DIFFERENT = "name_different"  # another name stands in it than the portal has
    NAME_UNREADABLE = "name_unreadable"  # one of the two names could not be read
    CARD_WANTED = "card_wanted"  # the same card must be put on the reader once more
    CARD_ABSENT = "card_absent"  # ... and none came in time
    CARD_UNTELLABLE = "card_untellable"  # ... and it cannot be told whether it is the same
    CARD_NO_READER = "card_no_reader"  # ... and there is no reader that works


class CardVerdict(enum.StrEnum):
    """What a second reading of the card says."""

    SAME = "same"
    DIFFERENT = "different"
    UNTELLABLE = "untellable"
    ABSENT = "absent"  # none was put on the reader in time
    NO_READER = "no_reader"


class ForeignKind(enum.StrEnum):
    """What kind of program runs beside the agent."""

    BROWSER = "browser"
    REMOTE_CONTROL = "remote_control"


class ForeignFate(enum.StrEnum):
    """What became of it."""

    NOTICED = "noticed"
    CLOSED = "closed"
    STUCK = "stuck"  # it could not be closed


class IncidentCode(enum.StrEnum):
    """What the session itself calls an incident."""

    SHIELD_LOST = "shield_lost"  # the cover did not come up, or went, while it was needed
    BROWSER_STUCK = "browser_stuck"
    PHASE_RAN_OUT = "phase_ran_out"  # a step of the end gave no answer in time; the detail names it
    RESIDUE_LEFT = "residue_left"
    PROOF_LESS_THAN_EXPECTED = "proof_less_than_expected"


class CentralAsks(enum.StrEnum):
    """What central's staff can have a desk do from afar."""

    END_VISIT = "end_visit"
    CLOSE_DESK = "close_desk"
    OPEN_DESK = "open_desk"
    SEND_DIAGNOSTICS = "send_diagnostics"


class CommandResult(enum.StrEnum):
    """What came of it."""

    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"  # no visit ran, or the desk was closed (open) already
    EXPIRED = "expired"  # it came too late, and was not carried out
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # the agent ended while it was under way; it is not tried again

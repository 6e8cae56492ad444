"""What the native cover says in each situation, translated and ready to draw."""

from __future__ import annotations

from collections.abc import Callable

from kiosk_agent.hands.ports import Panel, PanelButton, PanelEntry, WarningView
from kiosk_agent.session.policy import MarkPolicy
from kiosk_agent.session.vocabulary import HoldReason

Translate = Callable[..., str]


def hold_sentence(reason: HoldReason, t: Translate) -> str:
    """Why the desk is held, in one plain sentence."""
    sentences = {
        HoldReason.STARTING: t("The agent is starting."),
        HoldReason.BROWSER_STUCK: t("The last resident's browser could not be closed."),
        HoldReason.LEDGER_LOCKED: t("The record file is in use by another program."),
        HoldReason.LEDGER_FULL: t("The disk is full: nothing can be recorded."),
        HoldReason.LEDGER_DAMAGED: t("The record file was damaged. It has been kept aside."),
        HoldReason.LEDGER_UNWRITABLE: t("Nothing can be recorded."),
        HoldReason.GATE_FAILED: t("The start page cannot be shown."),
        HoldReason.SENSE_LOST: t("A sensor that this desk needs has stopped working."),
    }
    return sentences[reason]


def mark_entry(mark: MarkPolicy, t: Translate) -> tuple[PanelEntry, ...]:
    """The field in which a support worker signs, where the policy asks for one."""
    labels = {
        MarkPolicy.NONE: None,
        MarkPolicy.INITIALS: t("Support worker's initials"),
        MarkPolicy.STAFF_NUMBER: t("Support worker's staff number"),
    }
    label = labels[mark]
    return () if label is None else (PanelEntry(label),)


def shield_panel(t: Translate) -> Panel:
    """The cover while the portal is unsafe to show."""
    return Panel(kind="shield", title=t("Logging out"), lines=(t("Please wait a moment."),))


def challenge_panel(seconds: float, hint: str, mark: MarkPolicy, t: Translate) -> Panel:
    """ "Are you the same person?", for the support worker to answer."""
    whose = (t("This screen belongs to: {hint}", hint=hint),) if hint else ()
    needs_mark = mark is not MarkPolicy.NONE
    return Panel(
        kind="challenge",
        title=t("Is this still the same person?"),
        lines=(*whose, t("Support worker: please ask the person at the desk, then answer.")),
        tone="warning",
        countdown_s=seconds,
        countdown_label=t("Without an answer, the logout begins in {seconds} seconds."),
        buttons=(
            PanelButton("same", t("The same person: go on"), "primary", needs_mark),
            PanelButton("other", t("Another person: log out"), "danger"),
        ),
        entries=mark_entry(mark, t),
    )


def warning_title(view: WarningView, t: Translate) -> str:
    """What is asked, of whoever may answer; where the time is over, nothing is."""
    if not view.can_extend:
        return t("The time for this visit is over")
    return t("Is this still the same person?") if view.worker_only else t("Are you still there?")


def other_label(view: WarningView, t: Translate) -> str:
    """The button that ends the visit."""
    if not view.can_extend:
        return t("Log out now")
    return t("Another person: log out") if view.worker_only else t("No, I am somebody else")


def warning_panel(view: WarningView, mark: MarkPolicy, t: Translate) -> Panel:
    """The warning in a native window, where the portal's page does not show it."""
    whose = (t("This screen belongs to: {hint}", hint=view.hint),) if view.hint else ()
    buttons = [PanelButton("other", other_label(view, t), "danger")]
    entries: tuple[PanelEntry, ...] = ()
    if view.can_extend and view.worker_only:
        buttons.insert(0, PanelButton("same", t("The same person: go on"), "primary", view.needs_mark))
        entries = mark_entry(mark, t) if view.needs_mark else ()
        whose = (*whose, t("Support worker: please ask the person at the desk, then answer."))
    elif view.can_extend:
        buttons.insert(0, PanelButton("same", t("Yes, it is me, go on"), "primary"))
    else:
        buttons = [PanelButton("other", other_label(view, t), "primary")]
    return Panel(
        kind="warning",
        title=warning_title(view, t),
        lines=whose,
        tone="warning",
        countdown_s=view.seconds,
        countdown_label=t("The logout begins in {seconds} seconds."),
        buttons=tuple(buttons),
        entries=entries,
    )


def held_panel(reason: HoldReason, t: Translate, *, refused: str = "", code_needed: bool = True) -> Panel:
    """The desk is held: why, whom to call, and the supervisor's release."""
    lines = [hold_sentence(reason, t), t("Please call the supervisor. This PC must not be used until then.")]
    if refused:
        lines.append(refused)
    code = (PanelEntry(t("Release code"), secret=True),) if code_needed else ()
    return Panel(
        kind="held",
        title=t("This desk is closed"),
        lines=tuple(lines),
        tone="error",
        buttons=(PanelButton("release", t("Release this desk"), "plain", needs_mark=True),),
        entries=(*code, PanelEntry(t("Supervisor's initials"))),
    )


def starting_panel(t: Translate) -> Panel:
    """While the ledger is read and the gate is started."""
    return Panel(kind="shield", title=t("Preparing this desk"), lines=(t("Please wait a moment."),))


def hang_panel(t: Translate) -> Panel:
    """The agent has died or hangs: the supervisor shows this by itself."""
    return Panel(
        kind="hang",
        title=t("Making this desk safe"),
        lines=(t("Please wait a moment."), t("If this stays for more than a minute, call the support worker.")),
        tone="warning",
    )


def crash_loop_panel(t: Translate) -> Panel:
    """The agent died again and again."""
    return Panel(
        kind="hang",
        title=t("This desk is closed"),
        lines=(
            t("The agent does not start. It is tried again and again."),
            t("Please call IT support. This PC must not be used until then."),
        ),
        tone="error",
    )

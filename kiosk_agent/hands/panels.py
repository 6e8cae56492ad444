"""What the native cover says in each situation, translated and ready to draw."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kiosk_agent.hands.ports import Panel, PanelButton, PanelEntry, WarningView
from kiosk_agent.hands.visit_language import BUTTON, VisitLanguage, Voices
from kiosk_agent.locale import SPOKEN, Translate
from kiosk_agent.session.policy import MarkPolicy
from kiosk_agent.session.vocabulary import HoldReason

LANGUAGES_BUTTON = "languages"  # the cover's own answer where the language button was pressed
LANGUAGE_BUTTON = "language:"  # with the language behind it
BACK_BUTTON = "back"


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
        HoldReason.CLOSED_BY_CENTRAL: t("The central office has closed this desk for now."),
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


def shield_panel(language: VisitLanguage) -> Panel:
    """The cover while the portal is unsafe to show."""
    speak = language.speak
    return Panel(
        kind="shield", title=speak("Logging out"), lines=(speak("Please wait a moment."),), language=language.tag
    )


def challenge_panel(seconds: float, whole_s: float, hint: str, mark: MarkPolicy, voices: Voices) -> Panel:
    """ "Are you the same person?", for the support worker to answer; the resident is told to wait."""
    t = voices.t
    whose = (t("This screen belongs to: {hint}", hint=hint),) if hint else ()
    needs_mark = mark is not MarkPolicy.NONE
    residents, speak = voices.residents, voices.residents.speak
    is_said = residents.tag == voices.worker_tag  # the worker's line says enough to whoever can read it
    note = "" if is_said else speak("Please wait. The support worker will ask you.")
    return Panel(
        kind="challenge",
        title=t("Is this still the same person?"),
        lines=(*whose, t("Support worker: please ask the person at the desk, then answer.")),
        tone="warning",
        countdown_s=seconds,
        countdown_whole_s=whole_s,
        countdown_label=t("Without an answer, the logout begins in {seconds} seconds."),
        buttons=(
            PanelButton("same", t("The same person: go on"), "primary", needs_mark),
            PanelButton("other", t("Another person: log out"), "danger"),
        ),
        entries=mark_entry(mark, t),
        language=voices.worker_tag,
        note=note,
        note_language=residents.tag,
        languages_label=BUTTON if residents.offered else "",
    )


def warning_title(view: WarningView, speak: Translate) -> str:
    """What the resident is asked; where the time is over, nothing is."""
    return speak("Are you still there?") if view.can_extend else speak("The time for this visit is over")


def other_label(view: WarningView, speak: Translate) -> str:
    """The button with which the resident ends the visit."""
    return speak("No, I am somebody else") if view.can_extend else speak("Log out now")


def warning_panel(view: WarningView, whole_s: float, mark: MarkPolicy, voices: Voices) -> Panel:
    """The warning in a native window, where the portal's page does not show it."""
    if view.can_extend and view.worker_only:
        t = voices.t
        asked = challenge_panel(view.seconds, whole_s, view.hint, mark if view.needs_mark else MarkPolicy.NONE, voices)
        return msgspec.structs.replace(
            asked, kind="warning", countdown_label=t("The logout begins in {seconds} seconds.")
        )
    language = voices.residents
    speak = language.speak
    buttons = [PanelButton("other", other_label(view, speak), "danger" if view.can_extend else "primary")]
    if view.can_extend:
        buttons.insert(0, PanelButton("same", speak("Yes, it is me, go on"), "primary"))
    return Panel(
        kind="warning",
        title=warning_title(view, speak),
        lines=(speak("This screen belongs to: {hint}", hint=view.hint),) if view.hint else (),
        tone="warning",
        countdown_s=view.seconds,
        countdown_whole_s=whole_s,
        countdown_label=speak("The logout begins in {seconds} seconds."),
        buttons=tuple(buttons),
        language=language.tag,
        languages_label=BUTTON if language.offered else "",
    )


def languages_panel(asked: Panel, language: VisitLanguage) -> Panel:
    """The list of languages in the place of what is ``asked``, while its count goes on."""
    speak = language.speak
    names = [
        PanelButton(
            LANGUAGE_BUTTON + code,
            SPOKEN[code].name,
            "primary" if code == language.chosen else "plain",
            language=SPOKEN[code].tag,
        )
        for code in language.offered
    ]
    return Panel(
        kind=asked.kind,
        title=speak("Choose your language."),
        tone=asked.tone,
        countdown_s=asked.countdown_s,
        countdown_whole_s=asked.countdown_whole_s,
        countdown_label=speak("The logout begins in {seconds} seconds."),
        buttons=(*names, PanelButton(BACK_BUTTON, speak("Back"), "plain")),
        language=language.tag,
    )


def closed_panel(note: str, t: Translate) -> Panel:
    """Central has closed the desk: nobody here can release it. ``note``: what its staff want shown."""
    lines = [hold_sentence(HoldReason.CLOSED_BY_CENTRAL, t), *([note] if note else []), closed_remedy(t)]
    return Panel(kind="closed", title=t("This desk is closed"), lines=tuple(lines), tone="error")


def closed_remedy(t: Translate) -> str:
    """What to do at a desk that central has closed."""
    return t("Only the central office can open it again. Please help people at another desk.")


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


def closing_panel(programs: Sequence[str], seconds: float, t: Translate) -> Panel:
    """A browser beside the agent is about to be closed: people are told before, and may have it done at once."""
    return Panel(
        kind="notice",
        title=t("Another browser was opened"),
        lines=(
            t("{programs} will be closed.", programs=t(", ").join(programs)),
            t("At this desk, please use only the window of the procedure."),
        ),
        tone="warning",
        countdown_s=seconds,
        countdown_label=t("It is closed in {seconds} seconds."),
        buttons=(PanelButton("close", t("Close it now"), "primary"),),
    )


def starting_panel(language: VisitLanguage) -> Panel:
    """While the ledger is read and the gate is started."""
    speak = language.speak
    return Panel(
        kind="shield",
        title=speak("Preparing this desk"),
        lines=(speak("Please wait a moment."),),
        language=language.tag,
    )


def hang_panel(language: VisitLanguage) -> Panel:
    """The agent has died or hangs: the supervisor shows this by itself."""
    speak = language.speak
    return Panel(
        kind="hang",
        title=speak("Making this desk safe"),
        lines=(
            speak("Please wait a moment."),
            speak("If this stays for more than a minute, call the support worker."),
        ),
        tone="warning",
        language=language.tag,
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

"""What does not work at a desk, in a sentence for people; a health warning's own words are for those who mend it."""

from __future__ import annotations

from kiosk_agent.locale import Translate


def health_sentence(code: str, t: Translate) -> str:
    """What the health warning ``code`` means for whoever works at the desk."""
    sentences = {
        "browser": t("The browser for visits does not start."),
        "browsers": t("Nobody notices other browsers and remote control at the moment."),
        "card": t("The card reader does not work."),
        "central_cannot_report": t("Nothing can be reported to central."),
        "central_not_central": t("Something else answers in central's place."),
        "central_not_enrolled": t("This desk is not enrolled at central."),
        "central_policy_refused": t("Central's policy cannot be kept to. The last one holds."),
        "central_refuses": t("Central refuses the reports of this desk."),
        "central_report_broken": t("A report to central could not be made."),
        "central_set_aside": t("Central did not take some reports."),
        "central_unreachable": t("Central cannot be reached. The reports wait at this PC."),
        "clock_jump": t("The clock of this PC was turned. Is the time right?"),
        "foreign_browser": t("Another browser runs on this PC. Please close it."),
        "group_policy_ignored": t("A part of the Group Policy does not hold."),
        "hand_failed": t("A step of the agent failed."),
        "hotkey": t("The keyboard shortcut that ends a visit does not work."),
        "input": t("Nobody notices at the moment what is done at this PC outside the portal."),
        "ledger": t("Nothing can be recorded."),
        "ledger_kept_aside": t("A damaged record was kept aside, and a new one begun."),
        "os_session": t("Nobody notices at the moment that this PC is locked, or that another user takes it."),
        "recording": t("The recording for tuning has stopped."),
        "remote_control": t("A program for remote control runs on this PC."),
        "shield_lost": t("The screen cannot be covered."),
        "tray": t("The icon beside the clock is not shown."),
    }
    return sentences.get(code) or t("Something else needs attention.")

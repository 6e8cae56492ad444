"""What could keep something of a visit: print queues that do not answer, a clipboard with a memory."""

from __future__ import annotations

import sys
from collections.abc import Callable

from kiosk_agent.doctor.check import Check, Translate, amber, green
from kiosk_agent.hands.clipboard import has_manager, keeps_history
from kiosk_agent.hands.printing.spooler import Spooler, SpoolerError, SpoolerMissingError


def check_printing(spooler: Callable[[], Spooler], t: Translate, *, wanted: bool = True) -> Check:
    """Can print jobs of a visit be found?"""
    if not wanted:
        return green("printing", t("Print jobs are left alone, as the configuration says."))
    try:
        spooler().jobs()
    except SpoolerMissingError:
        return green("printing", t("No print system runs: there is nothing to be removed."))
    except SpoolerError as error:
        detail = t("The print system does not tell which jobs there are: {reason}", reason=error)
        remedy = t("Mend it: until then every visit counts as not clean. Or set residue.print_jobs = false.")
        return amber("printing", detail, remedy)
    return green("printing", t("The print system answers."))


def check_clipboard(t: Translate) -> Check:
    """Does anything keep what residents have copied, after the clipboard was emptied?"""
    if keeps_history():
        detail = t("Windows keeps what was copied (Win+V), or sends it to other PCs: the agent cannot empty that.")
        remedy = t("Switch both off with the policies AllowClipboardHistory = 0 and AllowCrossDeviceClipboard = 0.")
        return amber("clipboard", detail, remedy)
    if sys.platform != "win32" and has_manager():
        detail = t("A clipboard manager runs: it may keep what residents have copied.")
        return amber("clipboard", detail, t("Take it out of the programs that start with the desk user's session."))
    return green("clipboard", t("Nothing keeps what was copied."))

"""The card reader: can the agent see it?"""

from __future__ import annotations

from kiosk_agent.config import CardReader
from kiosk_agent.doctor.check import Check, Translate, amber, green
from kiosk_agent.sensors.card.pcsc import Pcsc, PcscError, SystemPcsc, Trouble


def check_card(card: CardReader, t: Translate, pcsc: Pcsc | None = None) -> Check:
    """Is PC/SC there, and a reader that counts? Without them the agent runs on, and notices no other card."""
    if not card.enabled:
        return green("card", t("This desk has no card reader, says the configuration."))
    try:
        context = (pcsc or SystemPcsc()).establish()
        try:
            listed = context.readers()
            now = context.wait(dict.fromkeys(listed, 0), limit_ms=0) if listed else {}
            names = [name for name in listed if now[name].answers]
        finally:
            context.release()
    except PcscError as error:
        return _in_trouble(error, t)
    counting = [name for name in names if card.reader.casefold() in name.casefold()]
    if counting:
        return green("card", ", ".join(counting))
    remedy = t("Plug the reader in. A desk without one: senses.card.enabled = false.")
    if names:
        detail = t("None of the readers is the one that counts: {names}", names=", ".join(names))
        return amber("card", detail, t("Mend senses.card.reader in the configuration."))
    return amber("card", t("No card reader is attached."), remedy)


def _in_trouble(error: PcscError, t: Translate) -> Check:
    if error.trouble is Trouble.NO_PYSCARD:
        remedy = t("Install the extra “card” of kiosk-agent; on Linux it is compiled: docs/development.md says how.")
        return amber("card", t("The card reader cannot be used: pyscard is not installed."), remedy)
    if error.trouble is Trouble.NO_SERVICE:
        remedy = t("Start the PC/SC service: SCardSvr on Windows, pcscd on Linux (sudo apt-get install pcscd).")
        return amber("card", t("The card reader cannot be used: the PC/SC service does not answer."), remedy)
    remedy = t("Unplug the reader and plug it in again; restart the PC/SC service.")
    return amber("card", t("The card reader cannot be used: {reason}", reason=str(error)), remedy)

"""What the agent reads and writes: the data folder with its ledger, the profile, the release code."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from kiosk_agent import reasons
from kiosk_agent.config import Config
from kiosk_agent.doctor.check import Check, Translate, amber, green, red
from kiosk_agent.errors import LedgerError
from kiosk_agent.folders import open_data_dir
from kiosk_agent.ledger import FILE_NAME, LedgerReader
from kiosk_agent.ledger.aside import kept_aside
from kiosk_agent.text import shown

# A busy desk writes about 1 MB a month; the rest is room for visit copies and the operating system's own.
SCARCE_BYTES = 500_000_000
TOO_LITTLE_BYTES = 50_000_000


def check_data_dir(chosen: Path | None, t: Translate) -> Check:
    """Can the ledger be written, durably, and is there room?"""
    try:
        folder = open_data_dir(chosen)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        free_bytes = shutil.disk_usage(folder).free
    except OSError as error:
        detail = t("The ledger cannot be written: {reason}", reason=shown(reasons.of_file(error), t))
        return red("data folder", detail, t("Give the desk's user a data folder that can be written (desk.data_dir)."))
    room = t("{megabytes} MB free", megabytes=free_bytes // 1_000_000)
    if free_bytes < TOO_LITTLE_BYTES:
        return red("data folder", f"{folder}: {room}", t("Make room: the desk is held when the ledger cannot write."))
    if free_bytes < SCARCE_BYTES:
        return amber("data folder", f"{folder}: {room}", t("Make room before the ledger cannot write any more."))
    return green("data folder", f"{folder}: {room}")


def check_ledger(data_dir: Path, t: Translate) -> Check:
    """Is what has been recorded whole? Walks the whole chain: a second for a year of a busy desk."""
    path = data_dir / FILE_NAME
    kept = kept_aside(path)
    if not path.exists() and kept:
        detail = t("A damaged ledger was put aside, and no new one has been begun: {names}", names=", ".join(kept))
        return red("ledger", detail, t("Release the desk with the release code: a new one is begun then."))
    if not path.exists():
        return green("ledger", t("Nothing has been recorded yet."))
    remedy = t("Keep the file, tell your IT desk, and look at: kiosk-agent ledger verify")
    try:
        reader = LedgerReader(path)
        try:
            verdict = reader.verify()
        finally:
            reader.close()
    except LedgerError as error:
        return red("ledger", t("{file}: {reason}", file=path, reason=error.shown(t)), remedy)
    if not verdict.sound:
        return red("ledger", t("{file}: {reason}", file=path, reason=shown(verdict.problem, t)), remedy)
    if kept:
        detail = t("A damaged ledger was put aside and a new one begun: {names}", names=", ".join(kept))
        return amber("ledger", detail, t("Hand the file to your IT desk, then move it out of the data folder."))
    return green("ledger", t("{entries} entries, the chain is whole.", entries=verdict.entries))


def check_release_code(config: Config, t: Translate) -> Check:
    """Who can release a held desk?"""
    code = config.supervision.release_code_hash
    if code is None:
        detail = t("No release code is set: anybody at the desk can release it when it is held.")
        return amber("release code", detail, t("Make one: kiosk-agent config release-code"))
    if not code.startswith("scrypt$"):
        detail = t("supervision.release_code_hash is not what `kiosk-agent config release-code` prints.")
        return red("release code", detail, t("Make one: kiosk-agent config release-code"))
    return green("release code", t("A held desk can only be released with the supervisor's code."))

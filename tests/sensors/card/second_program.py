"""Uses the card on the reader as a portal's own software would: ``python -m tests.sensors.card.second_program WAY``.

Selects an application on the card, and counts in it; whoever selects another one in between makes it begin anew.
WAY: ``shared``, ``transaction`` or ``exclusive``. For each line of input it counts ``COUNTS`` times and answers with
what it saw; at the end of the input it lets the card go.
"""

from __future__ import annotations

import json
import sys

from smartcard import scard

COUNTS = 15
SELECT = bytes.fromhex("00A4040007") + b"counter"
COUNT = bytes.fromhex("80C0000002")


def main() -> None:
    """Begin, then do as the lines say."""
    way = sys.argv[1]
    share = scard.SCARD_SHARE_EXCLUSIVE if way == "exclusive" else scard.SCARD_SHARE_SHARED
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    assert result == 0
    _, readers = scard.SCardListReaders(context, [])
    result, card, protocol = scard.SCardConnect(context, readers[0], share, scard.SCARD_PROTOCOL_ANY)
    assert result == 0, scard.SCardGetErrorMessage(result)
    pci = scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
    if way == "transaction":
        assert scard.SCardBeginTransaction(card) == 0
    seen = [scard.SCardTransmit(card, pci, list(SELECT))]
    print(json.dumps(seen), flush=True)
    for _line in sys.stdin:
        seen = [scard.SCardTransmit(card, pci, list(COUNT)) for _ in range(COUNTS)]
        print(json.dumps(seen), flush=True)
    if way == "transaction":
        scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    scard.SCardReleaseContext(context)


if __name__ == "__main__":
    main()

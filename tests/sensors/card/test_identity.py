"""Which cards can be told apart, and by what."""

from __future__ import annotations

import pytest

from kiosk_agent.sensors.card.identity import CardKey, Identity, Likeness, is_lasting_uid, may_have_lasting_uid
from kiosk_agent.sensors.card.pcsc import PcscError, Trouble
from kiosk_agent.sensors.card.reading import identify
from tests.support.card_world import CHIP_B, CHIP_CONTACT, STORAGE_A, STORAGE_B, my_number_card

A, B = bytes.fromhex(STORAGE_A), bytes.fromhex(STORAGE_B)


def storage(standard: int) -> bytes:
    body = bytes.fromhex("8F8001804F0CA000000306") + bytes([standard, 0, 1, 0, 0, 0, 0])
    check = 0
    for byte in body:
        check ^= byte
    return b"\x3b" + body + bytes([check])


@pytest.mark.parametrize("standard", [0x01, 0x02, 0x03, 0x09, 0x0A, 0x0B, 0x0C])
def test_storage_cards_of_type_a_and_vicinity_cards_may_keep_their_uid(standard: int) -> None:
    assert may_have_lasting_uid(storage(standard))


@pytest.mark.parametrize("standard", [0x00, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0D, 0x0E, 0x11, 0x40, 0xFF])
def test_type_b_felica_contact_and_unknown_storage_cards_do_not(standard: int) -> None:
    assert not may_have_lasting_uid(storage(standard))


@pytest.mark.parametrize("atr", [CHIP_B, CHIP_CONTACT, "", "3B", STORAGE_A[:-2], STORAGE_A[:-2] + "00"])
def test_chip_cards_and_broken_atrs_have_no_uid_that_counts(atr: str) -> None:
    assert not may_have_lasting_uid(bytes.fromhex(atr))
    assert not is_lasting_uid(bytes.fromhex(atr), bytes.fromhex("04112233445566"))


def test_the_atrs_of_these_tests_are_what_they_claim() -> None:
    assert (storage(0x03), storage(0x07)) == (A, B)


@pytest.mark.parametrize(
    ("uid", "lasts"),
    [
        ("04112233445566", True),  # double size: the manufacturer's own
        ("88112233445566", True),
        ("0411223344556677889A", True),  # triple size
        ("12345678", True),
        ("08345678", False),  # drawn anew at each activation
        ("18345678", False),  # reserved
        ("88345678", False),  # a cascade tag is no UID
        ("0F345678", False),  # other cards may have it too
        ("", False),
        ("0411", False),
        ("0411223344", False),
    ],
)
def test_which_uids_of_type_a_last(uid: str, lasts: bool) -> None:
    assert is_lasting_uid(A, bytes.fromhex(uid)) is lasts


@pytest.mark.parametrize(("uid", "lasts"), [("E0040100AABBCCDD", True), ("DDCCBBAA000104E0", True), ("04" * 8, False)])
def test_which_uids_of_vicinity_cards_last(uid: str, lasts: bool) -> None:
    assert is_lasting_uid(storage(0x0B), bytes.fromhex(uid)) is lasts


def test_three_answers() -> None:
    one, other = Identity(uid="1"), Identity(uid="2")
    assert one.likeness(one) is Likeness.SAME
    assert one.likeness(other) is Likeness.DIFFERENT
    assert one.likeness(Identity()) is Likeness.UNTELLABLE
    assert Identity().likeness(one) is Likeness.UNTELLABLE
    assert Identity().likeness(Identity()) is Likeness.UNTELLABLE
    assert one.likeness(Identity(certificate="1")) is Likeness.UNTELLABLE


def test_tags_are_worth_nothing_under_another_key() -> None:
    key = CardKey()
    assert key.tag(b"card") == key.tag(b"card")
    assert key.tag(b"card") != CardKey().tag(b"card")
    assert b"card".hex() not in key.tag(b"card")


class Line:
    """A card that answers from a table, and keeps what it was told."""

    def __init__(self, answers: dict[str, str]) -> None:
        self._answers = answers
        self.told: list[str] = []

    def transmit(self, command: bytes) -> bytes:
        self.told.append(command.hex())
        for begin, answer in self._answers.items():
            if command.hex().startswith(begin):
                return bytes.fromhex(answer)
        return b"\x6a\x81"


def test_a_uid_is_kept_as_a_tag_alone() -> None:
    key = CardKey()
    line = Line({"ffca000000": "041122334455669000"})
    assert identify(line, A, key, certificate=False) == Identity(uid=key.tag(bytes.fromhex("04112233445566")))
    assert line.told == ["ffca000000"]


@pytest.mark.parametrize("answer", ["081122339000", "6a81", "9000", "041122334455666300", "", "90"])
def test_no_uid_or_one_that_does_not_last_tells_nothing(answer: str) -> None:
    assert identify(Line({"ffca000000": answer}), A, CardKey(), certificate=False).is_blank


class JpkiLine:
    def __init__(self, certificate: bytes) -> None:
        self.certificate = certificate

    def transmit(self, command: bytes) -> bytes:
        if command[1] == 0xB0:
            at, count = int.from_bytes(command[2:4], "big"), command[4] or 256
            return self.certificate[at : at + count] + b"\x90\x00"
        return b"\x90\x00"


def test_a_certificate_is_read_to_its_end_and_no_further() -> None:
    certificate, key = bytes.fromhex(my_number_card(1)["certificate"]), CardKey()
    found = identify(JpkiLine(certificate + b"padding"), bytes.fromhex(CHIP_B), key, certificate=True)
    assert found == Identity(certificate=key.tag(certificate))


@pytest.mark.parametrize("data", ["", "3082", "00820010" + "00" * 16, "3082FFFF" + "00" * 64, "30820400" + "00" * 8])
def test_what_is_no_certificate_tells_nothing(data: str) -> None:
    assert identify(JpkiLine(bytes.fromhex(data)), bytes.fromhex(CHIP_B), CardKey(), certificate=True).is_blank


def test_with_certificates_compared_no_uid_is_asked_for() -> None:
    line = Line({"ffca000000": "041122334455669000"})
    assert identify(line, A, CardKey(), certificate=True).is_blank
    assert "ffca000000" not in line.told


def test_a_card_that_cannot_be_asked_is_no_answer() -> None:
    class Gone:
        def transmit(self, command: bytes) -> bytes:
            raise PcscError(Trouble.GONE, "gone")

    with pytest.raises(PcscError):
        identify(Gone(), A, CardKey(), certificate=False)

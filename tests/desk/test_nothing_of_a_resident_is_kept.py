"""After the visits of two residents no byte in the data folder tells who they were or what they looked at."""

from __future__ import annotations

import hashlib

from kiosk_agent.hands.signs import AccountTagger, normalise
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.records import PEOPLE
from tests.desk.conftest import MakeDesk

PLANTED = "geheim-4711"


def spellings(text: str) -> list[bytes]:
    """A text as a file might hold it: in clear, as Windows and JSON write it, as a digest without a key."""
    digests = [hashlib.sha256(one.encode()) for one in (text, normalise(text))]
    return [
        text.encode(),
        text.encode("utf-16-le"),
        text.encode("unicode_escape"),
        *(digest.digest() for digest in digests),
        *(digest.hexdigest().encode() for digest in digests),
    ]


def test_no_byte_of_the_data_folder_tells_who_was_there(make_desk: MakeDesk, portal: PracticePortal) -> None:
    desk = make_desk()
    for user in PEOPLE:
        desk.do("start")
        desk.do("sign_in", user=user)
        desk.do("goto", url=f"{portal.url}/account?{PLANTED}")
        desk.do("next_person")
        desk.do("wait", states=["Confirming"])
        desk.do("confirm")
    assert len(desk.entries("SignedIn")) == len(PEOPLE)
    files = [file for file in (desk.folder / "data").rglob("*") if file.is_file()]
    content = b"".join(file.read_bytes() for file in files)
    assert b"VisitStarted" in content
    secrets = [PLANTED, portal.url]
    for person in PEOPLE.values():
        secrets += [person.user, person.password, person.name, person.notice]
    assert [secret for secret in secrets if any(spelling in content for spelling in spellings(secret))] == []


def test_the_same_account_has_another_tag_in_each_visit() -> None:
    first, second = AccountTagger(), AccountTagger()
    assert first.tag("利用者A") == first.tag(" 利用者Ａ ")
    assert first.tag("利用者A") != first.tag("利用者B")
    assert first.tag("利用者A") != second.tag("利用者A")
    assert first.tag("利用者A").encode() not in spellings("利用者A")

"""The scheduled task keeps to the rules of Microsoft's schema, which Wine's schtasks does not check.

The rules: https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from installer.artefacts.msi import task_file
from kiosk_agent.desk_task import NAMESPACE, for_account, main

TASK = Path(__file__).resolve().parents[2] / "installer" / "windows" / "task.xml"
DURATION = r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+S)?)?"


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - our own file


def form(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def number(least: int, most: int) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(r"\d+", text) is not None and least <= int(text) <= most


BOOL, TEXT, LENGTH = form("true|false|0|1"), form(".+"), form(DURATION)


@dataclass(frozen=True)
class Rule:
    """What an element may hold: ``children`` by name, in this order where ``ordered``; those with "!" must be there."""

    children: dict[str, Callable[[str], bool] | Rule]
    ordered: bool = False
    attributes: tuple[str, ...] = ()


RESTART = Rule({"Interval!": lambda text: LENGTH(text) and text != "PT0S", "Count!": number(1, 255)})  # unsignedByte
SETTINGS = Rule(
    {
        "AllowStartOnDemand": BOOL,
        "RestartOnFailure": RESTART,
        "MultipleInstancesPolicy": form("Parallel|Queue|IgnoreNew|StopExisting"),
        "DisallowStartIfOnBatteries": BOOL,
        "StopIfGoingOnBatteries": BOOL,
        "AllowHardTerminate": BOOL,
        "StartWhenAvailable": BOOL,
        "RunOnlyIfNetworkAvailable": BOOL,
        "WakeToRun": BOOL,
        "Enabled": BOOL,
        "Hidden": BOOL,
        "ExecutionTimeLimit": LENGTH,
        "Priority": number(0, 10),
        "RunOnlyIfIdle": BOOL,
    }
)
LOGON = Rule(  # a sequence: the trigger's base type, then its own
    {
        "Enabled": BOOL,
        "StartBoundary": TEXT,
        "EndBoundary": TEXT,
        "ExecutionTimeLimit": LENGTH,
        "UserId": TEXT,
        "Delay": LENGTH,
    },
    ordered=True,
)
PRINCIPAL = Rule(
    {
        "UserId": TEXT,
        "LogonType": form("S4U|Password|InteractiveToken|InteractiveTokenOrPassword"),
        "GroupId": TEXT,
        "DisplayName": TEXT,
        "RunLevel": form("LeastPrivilege|HighestAvailable"),
    },
    attributes=("id",),
)
DOCUMENT = Rule(
    {
        "RegistrationInfo": Rule({"URI": TEXT, "Author": TEXT, "Version": TEXT, "Description": TEXT}),
        "Triggers": Rule({"LogonTrigger": LOGON}),
        "Principals": Rule({"Principal!": PRINCIPAL}),
        "Settings": SETTINGS,
        "Actions!": Rule(
            {"Exec!": Rule({"Command!": TEXT, "Arguments": TEXT, "WorkingDirectory": TEXT})}, attributes=("Context",)
        ),
    },
    attributes=("version",),
)


def broken_rules(element: ET.Element, rule: Rule, where: str = "Task") -> Iterator[str]:
    if unknown := sorted(set(element.attrib) - set(rule.attributes)):
        yield f"{where}: no attributes {unknown}"
    names = [name.rstrip("!") for name in rule.children]
    found = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    yield from (f"{where}: no {name} there" for name in found if name not in names)
    yield from (f"{where}: {name} twice" for name in names if found.count(name) > 1)
    yield from (
        f"{where}: {name[:-1]} is missing" for name in rule.children if name[-1] == "!" and name[:-1] not in found
    )
    known = [name for name in found if name in names]
    if rule.ordered and known != sorted(known, key=names.index):
        yield f"{where}: another order than {names}"
    for name, allowed in rule.children.items():
        for child in element.findall(f"{{{NAMESPACE}}}{name.rstrip('!')}"):
            place = f"{where}/{name.rstrip('!')}"
            if isinstance(allowed, Rule):
                yield from broken_rules(child, allowed, place)
            elif not allowed(child.text or ""):
                yield f"{place}: {child.text!r}"


def problems(document: str) -> list[str]:
    task = parsed(document)
    principals = [one.attrib.get("id") for one in task.iter(f"{{{NAMESPACE}}}Principal")]
    runs_as = [one.attrib.get("Context") for one in task.iter(f"{{{NAMESPACE}}}Actions")]
    if task.tag != f"{{{NAMESPACE}}}Task" or task.attrib.get("version") not in ("1.2", "1.3", "1.4"):
        return [f"another document: {task.tag} {task.attrib}"]
    return [*broken_rules(task, DOCUMENT), *(f"no such principal: {one}" for one in runs_as if one not in principals)]


@pytest.fixture
def document() -> str:
    return TASK.read_text(encoding="utf-8")


def test_the_task_keeps_to_the_schema(document: str) -> None:
    assert problems(document) == []


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("<Count>255</Count>", "<Count>256</Count>", "RestartOnFailure/Count: '256'"),
        ("<Interval>PT1M</Interval>", "", "Interval is missing"),
        ("<Priority>4</Priority>", "<Priority>11</Priority>", "Priority: '11'"),
        ("PT0S", "0", "ExecutionTimeLimit: '0'"),
        ("IgnoreNew", "Ignore", "MultipleInstancesPolicy"),
        ('Context="Desk"', 'Context="Other"', "no such principal"),
        ("<Enabled>true</Enabled>", "<UserId>a</UserId><Enabled>true</Enabled>", "another order"),
        ("<RunLevel>", "<Level>1</Level><RunLevel>", "no Level there"),
        ("mit/task", "mit/other", "another document"),
    ],
)
def test_the_rules_tell_what_is_wrong(document: str, right: str, wrong: str, said: str) -> None:
    assert right in document
    assert any(said in one for one in problems(document.replace(right, wrong, 1))), problems(document)


def test_the_file_is_what_schtasks_reads(tmp_path: Path) -> None:
    """UTF-16 with its mark in front, as its declaration says."""
    content = task_file(tmp_path).read_bytes()
    assert content[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert content.decode("utf-16").startswith('<?xml version="1.0" encoding="UTF-16"?>')
    assert problems(content.decode("utf-16")) == []


def test_the_desk_is_guarded_from_any_log_on_and_comes_back_after_a_failure(document: str) -> None:
    task = parsed(document)
    said = {one.tag.removeprefix(f"{{{NAMESPACE}}}"): one.text for one in task.iter()}
    assert (said["GroupId"], said["RunLevel"]) == ("S-1-5-32-545", "LeastPrivilege")
    assert (said["ExecutionTimeLimit"], said["DisallowStartIfOnBatteries"]) == ("PT0S", "false")
    assert said["Command"] == r'"%ProgramFiles%\kiosk-agent\kiosk-agentw.exe"'


def test_for_one_account_it_starts_at_that_log_on_alone_and_in_that_session(document: str) -> None:
    made = for_account(document, r"EXAMPLE\desk&01")
    assert problems(made) == []
    task = parsed(made)
    inside = {
        name: [one.text for one in task.iter(f"{{{NAMESPACE}}}{name}")] for name in ("UserId", "GroupId", "LogonType")
    }
    assert inside == {"UserId": [r"EXAMPLE\desk&01"] * 2, "GroupId": [], "LogonType": ["InteractiveToken"]}
    assert for_account(made, r"EXAMPLE\desk&01") == made
    assert for_account(for_account(document, "another"), r"EXAMPLE\desk&01") == made
    with pytest.raises(ValueError, match="LogonTrigger"):
        for_account(made.replace("LogonTrigger", "BootTrigger"), "another")


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: a script stands for schtasks")
def test_the_installer_hears_whether_the_task_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, stand_in = task_file(tmp_path), tmp_path / "schtasks"
    stand_in.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/asked\nexit 3\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert main([str(file), r"EXAMPLE\desk01"]) == 3
    assert (tmp_path / "asked").read_text().split() == ["/Create", "/TN", "kiosk-agent", "/XML", str(file), "/F"]
    assert problems(file.read_bytes().decode("utf-16")) == []
    assert r"EXAMPLE\desk01" in file.read_text(encoding="utf-16")

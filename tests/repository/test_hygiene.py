"""What must not be in the repository, and what must hold for every file of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LARGEST_BYTES = 300_000  # a screenshot at the gate's size stays below half of it

# Written in parts, so that this file does not find itself.
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted",
    "npm" + "js.",
    "npm" + "mirror",
    "deb." + "debian",
    "archive." + "ubuntu",
    "proxy." + "golang",
    "crates" + ".io",
    "pkg" + ".dev",
    "jfrog" + ".io",
    "artifact" + "ory",
]
MACHINE_PATHS = re.compile(
    r"(?<![\w.:/-])(?:/(?:root|work)(?:/|\b(?!\w))|/(?:home|Users)/[a-z]\w*/|[A-Z]:\\Users\\\w+)"
)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE" + r" KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|\bxox[abp]-\w{10,}|\bey"
    r"J[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}"
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this copy of the project is not a git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str | None:
    """The file as text; None where it is binary."""
    content = path.read_bytes()
    return None if b"\0" in content else content.decode("utf-8", errors="replace")


def lines() -> Iterator[tuple[str, str]]:
    """Each line of each text file, with where it stands."""
    for path in tracked():
        for number, line in enumerate((text_of(path) or "").splitlines(), start=1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def findings(pattern: re.Pattern[str]) -> list[str]:
    return [f"{where}: {match.group()}" for where, line in lines() if (match := pattern.search(line))]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert findings(re.compile("|".join(map(re.escape, REGISTRIES)))) == []


def test_no_lock_file_records_where_a_package_was_downloaded() -> None:
    assert [where for where, line in lines() if re.search(r'^\s*"resolved"\s*:', line)] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert findings(MACHINE_PATHS) == []


def test_nothing_is_marked_as_unfinished() -> None:
    assert findings(UNFINISHED) == []


def test_no_file_holds_a_secret() -> None:
    assert findings(SECRETS) == []


def test_no_file_is_larger_than_it_should_be() -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.stat().st_size > LARGEST_BYTES] == []


def test_every_text_file_is_utf8_and_ends_with_a_newline() -> None:
    wrong = []
    for path in tracked():
        content = path.read_bytes()
        if b"\0" in content or not content:
            continue
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            wrong.append(f"{path.relative_to(ROOT)}: not UTF-8")
        if not content.endswith(b"\n"):
            wrong.append(f"{path.relative_to(ROOT)}: no newline at the end")
    assert wrong == []


def anchors(markdown: str) -> set[str]:
    """The anchors that a git host makes of the headings."""
    titles = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(markdown)]
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for groups in LINK.findall(text):
        target = groups[0] or groups[1]
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = page if not name else (page.parent / name)
        if not file.exists():
            yield f"{page.relative_to(ROOT)}: {target}: no such file"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
            yield f"{page.relative_to(ROOT)}: {target}: no such heading"


def test_every_relative_link_in_the_docs_leads_somewhere() -> None:
    pages = [path for path in tracked() if path.suffix == ".md"]
    assert [problem for page in pages for problem in broken_links(page)] == []

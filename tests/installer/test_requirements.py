"""What is pinned: exactly, with hashes, within the project's bounds, and without naming a package index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from installer import commands

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "installer" / "requirements"
OURS = ("build", "agent", "central", "test")


def pins(name: str) -> dict[str, tuple[str, set[str]]]:
    """package → (version, hashes)."""
    text = re.sub(r"\\\n", " ", (FOLDER / f"{name}.txt").read_text())
    found = {}
    for line in text.splitlines():
        if not line.strip() or line.strip().startswith("#"):
            continue
        requirement, *hashes = line.split("--hash=")
        parsed = Requirement(requirement.strip())
        (specifier,) = parsed.specifier
        assert specifier.operator == "==", line
        found[parsed.name] = (specifier.version, {value.split()[0] for value in hashes})
    return found


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    pinned = pins(name)
    assert pinned
    assert {package for package, (_, hashes) in pinned.items() if not hashes} == set()


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.txt")))
def test_no_requirements_file_says_where_packages_come_from(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text()
    assert re.findall(r"--(?:extra-)?index-url|--find-links|https?://", text) == []


def test_the_environment_of_the_tests_serves_the_demo_as_well() -> None:
    tests = pins("test")
    for part in commands.DEMO:
        assert {name: pin for name, pin in pins(part.stem).items() if tests.get(name) != pin} == {}


def test_what_is_pinned_lies_within_the_bounds_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "agent": [*project["dependencies"], *extras["agent"]],
        "card": extras["card"],
        "central": [*project["dependencies"], *extras["central"]],
        "test": [*project["dependencies"], *extras["agent"], *extras["central"], *extras["test"]],
    }
    for name, requirements in wanted.items():
        pinned = pins(name)
        for requirement in map(Requirement, requirements):
            version, _ = pinned[requirement.name]
            assert requirement.specifier.contains(version), f"{name}.txt: {requirement} but {version}"


def test_the_agent_for_windows_is_frozen_from_what_the_tests_run_and_with_a_card_reader() -> None:
    frozen, tested = pins("windows-build"), pins("test")
    assert "pyscard" in frozen
    assert not {"pytest", "sqlalchemy"} & set(frozen), "nothing of the tests or of central is shipped"
    other = {name: pin for name, pin in frozen.items() if tested.get(name, pin)[0] != pin[0]}
    assert other == {}
    agent = {
        name for name in pins("agent") if name in ("playwright", "psutil", "pystray", "pynput", "msgspec", "httpx")
    }
    assert agent <= set(frozen)


def test_nothing_that_is_pinned_needs_a_compiler() -> None:
    # pynput asks for evdev on Linux but imports it for its uinput backend only; it has no wheels.
    assert [name for name in OURS if "evdev" in pins(name)] == []

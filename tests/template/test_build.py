"""Building a template: whole or not at all."""

from __future__ import annotations

import asyncio
import datetime
import json
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Error as BrowserError

from kiosk_agent.errors import DeskBusyError, DisplayError
from kiosk_agent.hands import template_build
from kiosk_agent.hands.native_hosts import user_hosts_folder
from kiosk_agent.hands.template import (
    MANIFEST,
    Manifest,
    Source,
    TemplateError,
    TemplateExtension,
    browser_version,
    load_template,
    portal_hash,
    read_template,
    template_folder,
    template_problems,
    write_manifest,
)
from kiosk_agent.hands.template_build import build_template
from kiosk_agent.health import Severity
from kiosk_agent.lock import DeskLock
from kiosk_agent.portal.profile import Isolation, Profile
from tests.template.conftest import PROGRAM, Desk


def builds(desk: Desk) -> list[str]:
    folder = template_folder(desk.data_dir, desk.profile.portal.name)
    return [entry.name for entry in folder.iterdir() if entry.is_dir()]


def with_portal(profile: Profile, **changes: object) -> Profile:
    return msgspec.structs.replace(profile, portal=msgspec.structs.replace(profile.portal, **changes))


async def test_a_built_template_holds_the_extension_and_its_program_was_seen_to_start(desk: Desk) -> None:
    steps: list[str] = []
    await build_template(desk.order(), steps.append)
    template = read_template(desk.profile, desk.data_dir)
    [extension] = template.manifest.extensions
    assert (extension.id, extension.version, extension.in_memory) == (desk.extension.id, "1.2.0", True)
    assert extension.native_programs == (PROGRAM,)
    assert steps == ["install", "allow", "prune", "try", "keep"]
    assert template_problems(desk.profile, desk.data_dir, desk.executable) == []
    assert template.profile_dir.stat().st_mode & 0o777 == 0o700
    assert desk.copies == []


async def test_a_template_holds_no_history_cookies_or_caches(desk: Desk) -> None:
    template = await build_template(desk.order())
    names = {entry.name for entry in (template.profile_dir / "Default").iterdir()}
    assert not names & {"Cookies", "History", "Login Data", "Web Data", "Cache", "Sessions", "Local Storage"}


async def test_a_second_build_replaces_the_first_and_leaves_nothing_of_it(desk: Desk) -> None:
    first = await build_template(desk.order())
    second = await build_template(desk.order())
    assert first.manifest.build != second.manifest.build
    assert builds(desk) == [second.manifest.build]
    assert read_template(desk.profile, desk.data_dir) == second


async def test_a_build_that_fails_keeps_the_old_template(desk: Desk) -> None:
    old = await build_template(desk.order())
    hosts = user_hosts_folder(desk.executable)
    assert hosts is not None
    declared = hosts / f"{PROGRAM}.json"
    declaration = json.loads(declared.read_text())
    declared.write_text(json.dumps({**declaration, "path": str(desk.data_dir / "removed")}))
    with pytest.raises(TemplateError, match=f"{PROGRAM}.*does not start"):
        await build_template(desk.order())
    assert builds(desk) == [old.manifest.build]
    assert read_template(desk.profile, desk.data_dir) == old


async def test_what_a_power_cut_left_of_a_build_is_removed_by_the_next(desk: Desk) -> None:
    half = template_folder(desk.data_dir, desk.profile.portal.name) / "20260401T000000Z-00000000" / "profile"
    half.mkdir(parents=True)
    with pytest.raises(TemplateError, match="no template"):
        read_template(desk.profile, desk.data_dir)
    template = await build_template(desk.order())
    assert builds(desk) == [template.manifest.build]


async def test_an_extension_with_another_id_than_the_profile_names_is_not_taken(desk: Desk) -> None:
    desk.profile = with_portal(desk.profile, extensions=("a" * 32,))
    with pytest.raises(TemplateError, match=desk.extension.id):
        await build_template(desk.order())
    assert builds(desk) == []


async def test_a_policy_that_does_not_install_the_extension_is_named(desk: Desk) -> None:
    with pytest.raises(TemplateError, match=r"is not installed.*ExtensionInstallForcelist"):
        await build_template(desk.order(Source.POLICY, install_limit_s=2.0))
    assert builds(desk) == []


async def test_two_builds_at_once_are_refused(desk: Desk) -> None:
    folder = template_folder(desk.data_dir, desk.profile.portal.name)
    folder.mkdir(parents=True)
    with DeskLock(folder, "build"), pytest.raises(DeskBusyError):
        await build_template(desk.order())


async def test_building_by_hand_needs_a_display(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(DisplayError):
        await build_template(desk.order(Source.BY_HAND, headless=False))


async def test_a_profile_without_extensions_needs_no_template(desk: Desk) -> None:
    with pytest.raises(TemplateError, match="names no extensions"):
        await build_template(replace(desk.order(), profile=with_portal(desk.profile, extensions=())))
    in_memory = with_portal(desk.profile, extensions=(), isolation=Isolation.MEMORY)
    assert template_problems(in_memory, desk.data_dir) == []


@pytest.fixture
def stored(desk: Desk) -> Manifest:
    """A template that is on the disk as far as a reader can see, without a browser."""
    folder = template_folder(desk.data_dir, desk.profile.portal.name)
    profile_dir = folder / "build" / "profile" / "Default"
    (profile_dir / "Extensions" / desk.extension.id).mkdir(parents=True)
    (profile_dir / "Preferences").write_text("{}")
    manifest = Manifest(
        build="build",
        source=Source.POLICY,
        browser_version=browser_version(desk.executable),
        extensions=(TemplateExtension(desk.extension.id, "1.2.0", in_memory=True),),
        built_at=datetime.datetime(2026, 4, 1, tzinfo=datetime.UTC),
        portal_hash=portal_hash(desk.profile.portal),
    )
    write_manifest(folder, manifest)
    return manifest


def severities(desk: Desk, profile: Profile | None = None) -> list[Severity]:
    problems = template_problems(profile or desk.profile, desk.data_dir, desk.executable)
    return [problem.severity for problem in problems]


def rewrite(desk: Desk, manifest: Manifest, **changes: object) -> None:
    folder = template_folder(desk.data_dir, desk.profile.portal.name)
    write_manifest(folder, msgspec.structs.replace(manifest, **changes))


def test_a_template_that_fits_has_no_problems(desk: Desk, stored: Manifest) -> None:
    assert severities(desk) == []


def test_a_missing_template_is_a_red_problem_that_says_what_to_run(desk: Desk) -> None:
    [problem] = template_problems(desk.profile, desk.data_dir)
    assert problem.severity is Severity.RED
    assert problem.remedy == f"Run: kiosk-agent template build {desk.profile.path}"


@pytest.mark.parametrize("content", [b"", b'{"build": "b', b"[]", b"\xff\xfe"])
def test_a_broken_manifest_is_a_red_problem(desk: Desk, stored: Manifest, content: bytes) -> None:
    (template_folder(desk.data_dir, desk.profile.portal.name) / MANIFEST).write_bytes(content)
    assert severities(desk) == [Severity.RED]


def test_a_template_whose_files_are_gone_is_a_red_problem(desk: Desk, stored: Manifest) -> None:
    shutil.rmtree(template_folder(desk.data_dir, desk.profile.portal.name) / stored.build)
    assert severities(desk) == [Severity.RED]


def test_a_template_without_the_extensions_files_is_a_red_problem(desk: Desk, stored: Manifest) -> None:
    shutil.rmtree(read_template(desk.profile, desk.data_dir).profile_dir / "Default" / "Extensions")
    assert severities(desk) == [Severity.RED]


def test_an_older_browser_than_the_templates_is_red_and_no_visit_begins(desk: Desk, stored: Manifest) -> None:
    rewrite(desk, stored, browser_version="999.0.0.1")
    assert severities(desk) == [Severity.RED]
    with pytest.raises(TemplateError, match="newer"):
        load_template(desk.profile, desk.data_dir, "156.0.0.0")


def test_a_newer_browser_than_the_templates_is_amber(desk: Desk, stored: Manifest) -> None:
    rewrite(desk, stored, browser_version="1.0.0.1")
    assert severities(desk) == [Severity.AMBER]
    assert load_template(desk.profile, desk.data_dir, "156.0.0.0").manifest.build == stored.build


def test_a_profile_that_names_another_extension_does_not_fit(desk: Desk, stored: Manifest) -> None:
    changed = with_portal(desk.profile, extensions=(desk.extension.id, "b" * 32))
    assert severities(desk, changed) == [Severity.RED]
    with pytest.raises(TemplateError, match="b" * 32):
        load_template(changed, desk.data_dir)


def test_a_changed_start_address_is_amber_and_a_changed_title_is_nothing(desk: Desk, stored: Manifest) -> None:
    assert severities(desk, with_portal(desk.profile, start_url="http://127.0.0.1/other")) == [Severity.AMBER]
    assert severities(desk, with_portal(desk.profile, title={"ja": "別名"})) == []


def test_an_extension_that_must_not_run_in_memory_is_amber(desk: Desk, stored: Manifest) -> None:
    [extension] = stored.extensions
    rewrite(desk, stored, extensions=(msgspec.structs.replace(extension, in_memory=False),))
    assert severities(desk) == [Severity.AMBER]


@pytest.mark.parametrize("name", ["../../etc", "..", "a/b", "窓口"])
def test_a_portals_name_is_never_taken_for_a_path(tmp_path: Path, name: str) -> None:
    assert template_folder(tmp_path, name).resolve().parent == (tmp_path / "templates").resolve()


async def test_a_window_that_is_closed_in_the_middle_keeps_no_build_waiting(desk: Desk) -> None:
    """Where it goes in a certain moment, its context never says that it is closed."""

    class Context:
        async def close(self) -> None:
            await asyncio.Event().wait()

    class Driver:
        @property
        def chromium(self) -> Driver:
            return self

        async def launch_persistent_context(self, *_arguments: object, **_options: object) -> Context:
            return Context()

    order = desk.order(Source.BY_HAND)
    async with asyncio.timeout(60):
        with pytest.raises(BrowserError, match="gone"):
            async with template_build._browser(Driver(), order, desk.data_dir, headless=True, dropped=()):  # type: ignore[arg-type]  # no more of it is asked for
                raise BrowserError("gone")


async def test_closing_the_window_before_the_extension_is_installed_ends_a_build_by_hand(
    desk: Desk, display: str
) -> None:
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not on this machine")
    steps: list[str] = []
    building = asyncio.create_task(build_template(desk.order(Source.BY_HAND, headless=False), steps.append))
    find = ["xdotool", "search", "--onlyvisible", "--class", desk.executable.name]
    # not with --sync: that waits for ever for a window that is not activated, or goes away meanwhile
    quit_it = [*find, "windowactivate", "%@", "key", "--clearmodifiers", "alt+F4"]
    async with asyncio.timeout(120):
        while not building.done():  # a window that is only just coming up does not hear it the first time
            closing = await asyncio.create_subprocess_exec(*quit_it, stderr=asyncio.subprocess.DEVNULL)
            await closing.wait()
            await asyncio.wait({building}, timeout=1)
    with pytest.raises(TemplateError, match="closed"):
        await building
    assert steps == ["install"]
    assert builds(desk) == []

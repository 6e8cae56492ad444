"""Visits on copies of a template: the card works, and the next resident finds nothing."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import psutil

from kiosk_agent.hands.guard import guard
from kiosk_agent.hands.template import read_template
from kiosk_agent.hands.template_build import build_template
from kiosk_agent.hands.template_launch import TemplateLaunch
from tests.template.conftest import Desk, files_with
from tests.template.one_visit import sign_in, visit

NOTHING = '["",null,null]'  # document.cookie, localStorage, sessionStorage


async def end(launch: TemplateLaunch) -> None:
    assert launch.root_pid is not None
    root = psutil.Process(launch.root_pid)
    processes = [root, *root.children(recursive=True)]
    await launch.close()
    _gone, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []
    assert await launch.wipe()


async def test_a_second_resident_finds_nothing_of_the_first(desk: Desk) -> None:
    await build_template(desk.order())
    planted = desk.portal.data["resident A"]

    async with visit(desk.profile, desk.data_dir, desk.executable) as (launch, page):
        assert page.context.browser is not None
        foreign: list[bool] = []
        watch = await guard(page.context.browser, foreign.append)
        found, account, seen = await sign_in(page)
        assert (found, account, seen) == (NOTHING, "resident A", "")
        assert foreign == []  # neither the extension nor the host's own page counts as a foreign window
        watch.stop()
        async with page.expect_download() as download:
            await page.click("#letter")
        assert Path(await (await download.value).path()).read_text() == planted
        assert [file.parts[-2] for file in files_with(planted, *desk.places)] == ["downloads"]
        # the search can find: this is what the extension keeps by itself
        assert files_with("resident A", *desk.places)
        await end(launch)

    assert files_with(planted, *desk.places, Path(tempfile.gettempdir()) / "playwright-artifacts") == []
    assert files_with("resident A", *desk.places) == []
    assert desk.copies == []

    desk.put_card("resident B")
    async with visit(desk.profile, desk.data_dir, desk.executable) as (launch, page):
        found, account, seen = await sign_in(page)
        assert (found, account, seen) == (NOTHING, "resident B", "")
        assert "resident A" not in await page.content()
        await end(launch)


async def test_an_extension_that_must_not_run_in_memory_gets_a_copy_that_is_wiped(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "not-in-memory"
    shutil.copytree(desk.extension.folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "incognito": "not_allowed"}))
    desk.extension = replace(desk.extension, folder=folder)
    template = await build_template(desk.order())
    assert not template.in_memory
    planted = desk.portal.data["resident A"]

    async with visit(desk.profile, desk.data_dir, desk.executable) as (launch, page):
        assert page.context.browser is not None
        foreign: list[bool] = []
        watch = await guard(page.context.browser, foreign.append)
        assert (await sign_in(page))[1] == "resident A"
        await page.goto(f"{desk.portal.url}/mine")
        assert foreign == []
        watch.stop()
        await end_without_wiping(launch)
        assert files_with(planted, *desk.places)  # it is on disk here, which is why it is wiped
        assert await launch.wipe()
    assert files_with(planted, *desk.places) == []

    desk.put_card("resident B")
    async with visit(desk.profile, desk.data_dir, desk.executable) as (launch, page):
        assert await sign_in(page) == (NOTHING, "resident B", "")
        await end(launch)


async def end_without_wiping(launch: TemplateLaunch) -> None:
    root = psutil.Process(launch.root_pid)
    await launch.close()
    root.wait(timeout=30)


async def test_two_residents_at_once_do_not_share_what_the_extension_keeps(desk: Desk) -> None:
    await build_template(desk.order())
    async with visit(desk.profile, desk.data_dir, desk.executable) as (first, page):
        await sign_in(page)
        desk.put_card("resident B")
        async with visit(desk.profile, desk.data_dir, desk.executable) as (second, other):
            assert await sign_in(other) == (NOTHING, "resident B", "")
            await end(second)
        await end(first)


async def test_a_visit_never_changes_the_template(desk: Desk) -> None:
    template = await build_template(desk.order())

    def content() -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in template.profile_dir.rglob("*") if file.is_file()}

    before = content()
    async with visit(desk.profile, desk.data_dir, desk.executable) as (launch, page):
        await sign_in(page)
        await end(launch)
    assert content() == before
    assert read_template(desk.profile, desk.data_dir) == template

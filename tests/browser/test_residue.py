"""What a resident leaves on the PC is found, removed, looked for again, and told by kind and number."""

from __future__ import annotations

import asyncio
import datetime
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from kiosk_agent.hands import launch, visit_folders, wiping
from kiosk_agent.hands.clipboard import clipboard_state
from kiosk_agent.hands.printing import cups
from kiosk_agent.hands.residue import sweep
from kiosk_agent.hands.temporary import remove_dead_names
from kiosk_agent.hands.visit_folders import all_roots
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.session.residue import Residue, ResidueKind
from tests.browser.conftest import LIMIT_S, Visit, visiting
from tests.browser.test_folders_of_a_visit import left_in
from tests.support.print_server import PrintServer

SAVE = """name => {
  const link = document.body.appendChild(document.createElement('a'));
  link.href = URL.createObjectURL(new Blob(['what a resident saves']));
  link.download = name;
  link.click();
}"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[PrintServer]:
    """The print server that browser and agent find: the tests' own, whose printer is switched off."""
    with tempfile.TemporaryDirectory(prefix="cups-") as folder:
        server = PrintServer(Path(folder))
        try:
            server.start()
            server.add("desk", stopped=True, described=True)
            server.tool("lpadmin", "-d", "desk")
            monkeypatch.setenv(cups.SERVER_VARIABLE, str(server.socket))
            yield server
        finally:
            server.stop()


@pytest.fixture
async def printing_visit(
    portal: PracticePortal, tmp_path: Path, display: str, server: PrintServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Visit]:
    """In a window, and what the page prints goes to the printer without being asked about."""
    monkeypatch.setattr(launch, "QUIET_ARGS", (*launch.QUIET_ARGS, "--kiosk-printing", "--use-system-default-printer"))
    async with visiting(portal, tmp_path, headless=False, print_jobs=True) as visit:
        yield visit


async def until(condition: object, what: str) -> None:
    try:
        async with asyncio.timeout(LIMIT_S):
            while not await asyncio.to_thread(condition):  # type: ignore[arg-type]
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"this did not happen: {what}")


def of(kind: ResidueKind, removed: int = 0, left: int = 0, *, unknown: bool = False) -> Residue:
    return Residue(kind, removed, left, unknown)


async def save(visit: Visit, *names: str) -> None:
    """As a resident who presses links to files."""
    for name in names:
        async with visit.page.expect_download() as download:
            await visit.page.evaluate(SAVE, name)
        await (await download.value).path()


async def copy(visit: Visit) -> None:
    """As a resident who marks everything and copies it."""
    await visit.page.bring_to_front()
    await visit.page.keyboard.press("Control+a")
    await visit.page.keyboard.press("Control+c")
    await until(lambda: clipboard_state().is_used, "something is copied")


async def test_everything_of_a_visit_is_removed_and_told(printing_visit: Visit, server: PrintServer) -> None:
    visit = printing_visit
    server.add("other", stopped=True)
    of_somebody = server.submit("other", user="somebody")
    await save(visit, "one.pdf", "two.pdf")
    await copy(visit)
    await visit.page.evaluate("print()")
    await until(lambda: len(server.numbers()) == 2, "the page is in the printer's queue")
    assert await visit.browser.destroy()
    assert await visit.browser.remove_residue() == (
        of(ResidueKind.DOWNLOADS, removed=2),
        of(ResidueKind.CLIPBOARD, removed=1),
        of(ResidueKind.PRINT_JOBS, removed=1),
    )
    assert server.numbers() == {of_somebody}
    assert len(server.kept_documents()) == 1
    assert not clipboard_state().is_used


async def test_a_print_job_from_before_the_visit_stays(
    portal: PracticePortal, tmp_path: Path, display: str, server: PrintServer
) -> None:
    server.add("other", stopped=True)
    before = server.submit("other")
    async with visiting(portal, tmp_path, headless=False, print_jobs=True) as visit:
        assert await visit.browser.destroy()
        assert await visit.browser.remove_residue() == ()
    assert server.numbers() == {before}


async def test_a_print_server_that_hangs_is_told_in_time_and_the_rest_is_removed(
    portal: PracticePortal, tmp_path: Path, display: str, server: PrintServer
) -> None:
    async with visiting(portal, tmp_path, headless=False, print_jobs=True, residue_limit_s=3.0) as visit:
        await save(visit, "one.pdf")
        server.freeze()
        assert await visit.browser.destroy()
        async with asyncio.timeout(LIMIT_S):
            found = await visit.browser.remove_residue()
        assert found == (of(ResidueKind.DOWNLOADS, removed=1), of(ResidueKind.PRINT_JOBS, unknown=True))
        assert left_in(tmp_path / "data") == []


async def test_a_print_server_that_hangs_from_the_beginning_keeps_no_visit_from_beginning(
    portal: PracticePortal, tmp_path: Path, display: str, server: PrintServer
) -> None:
    server.freeze()
    async with visiting(portal, tmp_path, headless=False, print_jobs=True, residue_limit_s=3.0) as visit:
        await visit.sign_in()
        assert await visit.browser.destroy()
        assert await visit.browser.remove_residue() == (of(ResidueKind.PRINT_JOBS, unknown=True),)


async def test_where_print_jobs_are_left_alone_nobody_asks_for_them(
    portal: PracticePortal, tmp_path: Path, display: str, server: PrintServer
) -> None:
    async with visiting(portal, tmp_path, headless=False, print_jobs=False) as visit:
        server.add("other", stopped=True)
        number = server.submit("other")
        assert await visit.browser.destroy()
        assert await visit.browser.remove_residue() == ()
    assert server.numbers() == {number}


# temporary files


def environment_of(visit: Visit) -> dict[str, str]:
    return psutil.Process(visit.root_pid).environ()


async def test_what_the_browser_keeps_for_a_moment_is_the_visits_own_and_gone_with_it(
    portal: PracticePortal, tmp_path: Path
) -> None:
    async with visiting(portal, tmp_path) as visit:
        place = Path(environment_of(visit)["TMPDIR"])
        assert any(place.resolve().is_relative_to(root) for root in all_roots(tmp_path / "data"))
        assert list(place.glob("*/SingletonSocket")), "its lock is there, and not among everybody's files"
        (place / "on-its-way-to-the-printer.pdf").write_text("a page")
        (place / ".org.chromium.Chromium.abcdef").write_text("what its processes share: not worth a word, and gone too")
        assert await visit.browser.destroy()
        assert await visit.browser.remove_residue() == (of(ResidueKind.TEMPORARY_FILES, removed=1),)
        assert not place.exists()
        assert not place.is_symlink()


async def test_the_browser_starts_also_where_the_data_folder_has_a_long_name(
    portal: PracticePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit_folders, "MEMORY_FOLDER", tmp_path / "none")
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    async with visiting(portal, folder) as visit:
        place = Path(environment_of(visit)["TMPDIR"])
        assert place.is_symlink()
        assert list(place.glob("*/SingletonSocket"))
        assert await visit.browser.destroy()
        assert await visit.browser.remove_residue() == ()
        assert not place.is_symlink()


def test_a_name_that_leads_nowhere_is_swept_and_one_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, living, strange = (tmp_path / name for name in ("kiosk-agent-t00000000", "kiosk-agent-t11111111", "other"))
    dead.symlink_to(tmp_path / "gone")
    living.symlink_to(tmp_path)
    strange.symlink_to(tmp_path / "gone")
    assert remove_dead_names(tmp_path / "data")
    assert not dead.is_symlink()
    assert living.is_symlink()
    assert strange.is_symlink()


async def test_saved_files_that_stay_are_counted_and_told(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    await save(visit, "one.pdf", "two.pdf")

    def locked(path: Path) -> None:
        raise PermissionError(13, "The process cannot access the file", str(path))

    assert await visit.browser.destroy()
    monkeypatch.setattr(wiping, "WIPE_LIMIT_S", 0.2)
    monkeypatch.setattr(wiping.shutil, "rmtree", locked)
    [downloads, *_] = await visit.browser.remove_residue()
    assert downloads == of(ResidueKind.DOWNLOADS, left=2)
    monkeypatch.undo()


async def test_a_kind_that_fails_does_not_keep_the_others_from_being_told(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_launch: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(launch.MemoryLaunch, "downloads", broken)
    assert await visit.browser.destroy()
    assert await visit.browser.remove_residue() == (of(ResidueKind.TEMPORARY_FILES, unknown=True),)


# what an earlier agent left


async def test_print_jobs_of_a_visit_whose_agent_died_are_removed(tmp_path: Path, server: PrintServer) -> None:
    server.add("other", stopped=True)
    server.submit("other")
    now = datetime.datetime.now(datetime.UTC)
    later, earlier = now + datetime.timedelta(minutes=1), now - datetime.timedelta(minutes=1)

    async def jobs(since: datetime.datetime | None, *, wanted: bool = True) -> list[Residue]:
        found = await sweep(tmp_path, since, print_jobs=wanted)
        return [one for one in found if one.kind is ResidueKind.PRINT_JOBS]

    assert await jobs(later) == []
    assert await jobs(None) == [of(ResidueKind.PRINT_JOBS, unknown=True)]
    assert await jobs(earlier, wanted=False) == []
    assert await jobs(earlier) == [of(ResidueKind.PRINT_JOBS, removed=1)]
    assert server.numbers() == set()

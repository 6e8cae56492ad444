"""The driver is kept small, and what keeps it small stays its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import subprocess
from pathlib import Path

import msgspec
import psutil
import pytest
from playwright._impl._driver import compute_driver_executable  # which Node.js the driver runs on, nobody else tells

from kiosk_agent.hands.driver import SWITCHES, TIDY, driver, quoted
from kiosk_agent.hands.proof import Replayer
from kiosk_agent.hands.visit_folders import all_browsers_dirs
from kiosk_agent.hands.wiping import processes_of
from kiosk_agent.portal.profile import Replay
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.process_tree import ProcessMark
from tests.browser.conftest import LIMIT_S, Visit, profile_of
from tests.support.memory import as_base64

# Makes garbage once, and ends when it sees that somebody else asked for a full collection.
WORK = """
const { NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: ALL } = require('node:perf_hooks').constants;
new (require('node:perf_hooks').PerformanceObserver)((list) => {
  if (list.getEntries().some((entry) => entry.detail.flags & ALL)) process.exit(0);
}).observe({ entryTypes: ['gc'] });
let kept = [];
for (let i = 0; i < 200000; i++) kept.push({ i });
kept = null;
process.stdin.resume();
"""


def node(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [compute_driver_executable()[0], *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_after_work_the_driver_collects_its_garbage() -> None:
    working = subprocess.Popen(
        [compute_driver_executable()[0], "-e", WORK],
        env={**os.environ, **SWITCHES},
        stdin=subprocess.PIPE,
    )
    try:
        assert working.wait(timeout=120) == 0
    finally:
        working.kill()
        working.communicate()


def test_a_folder_with_spaces_and_quotes_is_one_word_for_node(tmp_path: Path) -> None:
    folder = tmp_path / 'Program "Files" \\ 役所'
    folder.mkdir()
    preload = folder / TIDY.name
    shutil.copy(TIDY, preload)
    options = f"--expose-gc --require={quoted(preload)}"
    script = "process.exit(require.cache[process.argv[1]] ? 0 : 3)"
    ended = node("-e", script, str(preload), NODE_OPTIONS=options)
    assert ended.returncode == 0, ended.stderr.decode()


PROGRAM = """
// 窓口 — a comment
const Δ = "支援員 – 😀";
const found = /[─–]/.test(Δ) && /^支援員 . 😀$/u.test(Δ);
console.log(JSON.stringify([Δ, found, `終わり${Δ.length}`]));
"""


def test_the_drivers_programs_mean_the_same_as_before(tmp_path: Path) -> None:
    program = tmp_path / "program.js"
    program.write_text(PROGRAM, encoding="utf-8")
    plain, narrowed = node(str(program)), node(str(program), **SWITCHES)
    assert json.loads(plain.stdout) == ["支援員 – 😀", True, "終わり8"]
    assert (narrowed.returncode, narrowed.stdout) == (0, plain.stdout), narrowed.stderr.decode()


async def test_the_driver_has_the_switches_and_the_browser_has_not(visit: Visit) -> None:
    root = psutil.Process(visit.root_pid)
    drivers = psutil.Process(root.ppid()).environ()
    assert {name: drivers.get(name) for name in SWITCHES} == SWITCHES
    assert not set(SWITCHES) & set(root.environ())


SENDS = """
(word) => {
  const file = new FormData();
  file.append("letter", new Blob([word]), "letter.txt");
  const bodies = [new URLSearchParams({ word }), JSON.stringify({ word }), new TextEncoder().encode(word), file];
  return Promise.all(bodies.map((body) => fetch("/sent", { method: "POST", body }))).then(() => undefined);
}
"""
SENDS_A_FORM = """
(word) => {
  document.body.innerHTML = "<form method=post action=/sent><input name=word></form>";
  document.querySelector("input").value = word;
  document.querySelector("form").submit();
}
"""


async def test_what_is_sent_stays_in_the_driver(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that the driver says is heard here, also what the visit does not listen to."""
    said: list[str] = []
    digests: list[bytes | None] = []
    page = visit.page
    connection = page._impl_obj._connection  # whatever comes from the driver comes through here
    dispatch = connection.dispatch
    monkeypatch.setattr(connection, "dispatch", lambda message: (said.append(json.dumps(message)), dispatch(message)))
    page.context.on("request", lambda request: digests.append(request.post_data_buffer))
    session = await page.context.new_cdp_session(page)
    session.on("Network.requestWillBeSent", lambda _message: None)
    await session.send("Network.enable")

    words = [secrets.token_hex(8), secrets.token_hex(8)]
    for word in (*words, words[0]):
        await page.evaluate(SENDS, word)
        async with page.expect_navigation(wait_until="commit"):
            await page.evaluate(SENDS_A_FORM, word)

    everything = "\n".join(said)
    assert everything.count("/sent") > 3 * 5
    wanted = [needle for word in words for needle in (word, *(one.decode() for one in as_base64(word)))]
    assert [needle for needle in wanted if needle in everything] == []
    sent = [one for one in digests if one is not None]
    forms = sent[4::5]
    assert (len(sent), {len(one) for one in sent}) == (15, {32})
    assert (forms[0] == forms[2], forms[0] == forms[1]) == (True, False)


def running_of(data_dir: Path) -> list[ProcessMark]:
    return [mark for folder in all_browsers_dirs(data_dir) for mark in processes_of(folder)]


async def test_a_driver_that_hangs_keeps_no_proof_waiting_and_no_browser_running(
    portal: PracticePortal, tmp_path: Path
) -> None:
    asked, data_dir = asyncio.Event(), tmp_path / "data"
    data_dir.mkdir()

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    before = {child.pid for child in psutil.Process().children()}
    silent = await asyncio.start_server(never_answers, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
    proof = msgspec.structs.replace(profile_of(portal, tmp_path).proof, replay=Replay.STORAGE, protected_url=url)
    async with silent, driver(data_dir) as playwright:
        (process,) = [child for child in psutil.Process().children() if child.pid not in before]
        replayer = Replayer(playwright, proof, Path(os.environ["KIOSK_AGENT_BROWSER"]), data_dir, None)
        asking = asyncio.create_task(replayer.opens_for_strangers())
        async with asyncio.timeout(LIMIT_S):
            await asked.wait()
        assert running_of(data_dir) != []
        process.suspend()
        try:
            asking.cancel()
            async with asyncio.timeout(LIMIT_S):
                await asyncio.wait([asking])
            assert running_of(data_dir) == []
        finally:
            process.resume()

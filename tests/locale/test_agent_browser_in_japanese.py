"""A browser that is not there, or may not run, is told in the language of whoever starts the agent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kiosk_agent.errors import BrowserMissingError, SandboxError
from kiosk_agent.hands import find_browser as looked_for
from kiosk_agent.locale import translator
from tests.locale.agent_lines import Run, assert_japanese, run_all, written
from tests.locale.input_mistakes import GOOD_PORTAL, GOOD_PROOF
from tests.support.two_languages import JAPANESE

t = translator("ja")
MISTAKES = (
    Run("run --headless --config {desk}"),
    Run("profile check {portal} --live --browser {missing}"),
    Run("template build {portal} --browser {missing} --data-dir {folder}"),
    Run("template check {portal} --browser {missing} --data-dir {folder}"),
)


def test_a_browser_that_is_no_program_is_told_in_japanese_and_in_english(tmp_path: Path) -> None:
    texts = {
        "portal": GOOD_PORTAL + GOOD_PROOF,
        "desk": 'profile = "portal.toml"\nbrowser.executable = "missing"\ndesk.data_dir = "data"\n',
    }
    places = written(tmp_path, texts) | {"missing": str(tmp_path / "missing"), "folder": str(tmp_path / "data")}
    for line, told in run_all(MISTAKES, places, tmp_path).said.items():
        assert told.status == 1, line
        assert_japanese(told.err)
        assert places["missing"] in told.err
    for line, told in run_all(MISTAKES, places, tmp_path, "en").said.items():
        assert "is not a program." in told.err, line
        assert not JAPANESE.search(told.err)


def test_a_pc_without_a_browser_is_told_in_japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(looked_for.BROWSER_VARIABLE, raising=False)
    monkeypatch.setattr(looked_for, "_on_windows" if sys.platform == "win32" else "_on_linux", lambda: None)
    with pytest.raises(BrowserMissingError) as caught:
        looked_for.find_browser()
    assert_japanese(caught.value.shown(t))


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="only on Linux: Windows has no root")
def test_root_is_told_in_japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(looked_for.SANDBOX_VARIABLE, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SandboxError) as caught:
        looked_for.sandbox_wanted()
    assert_japanese(caught.value.shown(t))

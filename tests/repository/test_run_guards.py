"""The two guards over the test run itself, each shown to catch what it is for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CONFTEST = """
from tests.support.leftovers import nothing_outlives_the_tests
from tests.support.skips import watch_skips

def pytest_configure(config):
    watch_skips(config)
"""


def run_tests(folder: Path, source: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_sample.py").write_text(source, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        "test_sample.py",
    ]
    clean = {name: value for name, value in os.environ.items() if name != "KIOSK_AGENT_TESTS_COMPLETE"}
    return subprocess.run(
        command,
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


ORPHAN = """
import subprocess, sys

def test_that_forgets_a_grandchild():
    code = "import subprocess as s; print(s.Popen(['sleep', '600'], stdout=s.DEVNULL, stderr=s.DEVNULL).pid)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    with open("pid", "w") as file:
        file.write(done.stdout)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: it forgets a `sleep`")
def test_a_process_that_outlives_the_tests_fails_the_run_and_is_ended(tmp_path: Path) -> None:
    done = run_tests(tmp_path, ORPHAN)
    assert done.returncode == 1
    assert "processes outlived the tests" in done.stdout
    assert "sleep 600" in done.stdout
    pid = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_skip_is_a_failure_where_nothing_may_be_missing(tmp_path: Path) -> None:
    source = "import pytest\ndef test_it():\n    pytest.skip('no sundial on this machine')\n"
    assert run_tests(tmp_path, source).returncode == 0
    done = run_tests(tmp_path, source, KIOSK_AGENT_TESTS_COMPLETE="1")
    assert done.returncode == 1
    assert "test_it: no sundial on this machine" in done.stdout


def test_a_skip_for_another_system_is_none_of_this_machines_business(tmp_path: Path) -> None:
    source = "import pytest\n@pytest.mark.skipif(True, reason='only on the moon')\ndef test_it():\n    pass\n"
    assert run_tests(tmp_path, source, KIOSK_AGENT_TESTS_COMPLETE="1").returncode == 0

"""Processes are killed with everything they started, also when they died first."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from kiosk_agent.process_tree import kill_all, mark_of
from tests.support.living import lives

# Starts a sleeper, says its number, and waits to be killed.
ROOT = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=-3).pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there a job object ends what the root leaves behind")
@pytest.mark.parametrize("collected", [True, False], ids=["gone", "a zombie"])
def test_what_a_dead_root_left_behind_is_killed_too(collected: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ROOT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as root:
        assert root.stdout is not None
        orphan = psutil.Process(int(root.stdout.readline()))
        mark = mark_of(root.pid)
        assert mark is not None
        root.kill()
        if collected:
            root.wait()
        else:
            os.waitid(os.P_PID, root.pid, os.WEXITED | os.WNOWAIT)
        try:
            assert lives(orphan)
            assert kill_all([mark], 10.0) == []
            assert not lives(orphan)
        finally:
            if lives(orphan):
                orphan.kill()


def test_a_number_that_was_used_again_is_left_alone() -> None:
    own = mark_of(os.getpid())
    assert own is not None
    earlier = type(own)(own.pid, own.created - 1000.0)
    assert kill_all([earlier], 0.0) == []
    assert psutil.Process().is_running()

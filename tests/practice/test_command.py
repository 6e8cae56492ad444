"""``python -m kiosk_agent.practice``."""

from __future__ import annotations

import signal
import subprocess
import sys

import httpx
import pytest

COMMAND = [sys.executable, "-m", "kiosk_agent.practice"]


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: it is ended with SIGTERM")
def test_it_prints_its_address_and_ends_when_told_to() -> None:
    options = ["--port", "0", "--idp-port", "0", "--switch", "outage=error", "--profile", "plain"]
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.get(url, trust_env=False).status_code == 503
        process.send_signal(signal.SIGTERM)
        assert f'start_url = "{url}/"' in process.stdout.read()
        assert process.wait(timeout=60) == 0


def test_an_unknown_switch_is_an_error_before_anything_starts() -> None:
    done = subprocess.run([*COMMAND, "--switch", "nope"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no switch 'nope'" in done.stderr


def test_a_taken_port_is_said() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"cannot listen on port {port}" in done.stderr

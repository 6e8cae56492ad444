"""The template from the managed force-install policy, with an update server on loopback, and the one by hand.

The policy is put in place in a mount namespace of the test's own: no other browser on this machine sees it.
"""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.template.conftest import PROGRAM, Desk, Extension

ROOT = Path(__file__).parents[2]
POLICIES = Path("/etc/chromium")
# https://developer.chrome.com/docs/extensions/how-to/distribute/host-on-linux
UPDATE = """<?xml version='1.0' encoding='UTF-8'?>
<gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'><app appid='{id}'>
<updatecheck codebase='{url}/card.crx' version='1.2.0'/></app></gupdate>"""


def private_mounts() -> list[str]:
    """The command that runs another with mounts of its own."""
    return ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.fixture
def update_server(extension: Extension) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            packed = self.path.startswith("/card.crx")
            body = extension.crx.read_bytes() if packed else UPDATE.format(id=extension.id, url=url).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-chrome-extension" if packed else "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield url
        server.shutdown()
        thread.join(timeout=30)


def run_under_policy(policy: dict[str, object], module: str, desk: Desk, folder: Path, *more: str) -> str:
    """Run a module of these tests with ``policy`` in place, for it alone; returns what it prints."""
    if shutil.which("unshare") is None or subprocess.run([*private_mounts(), "true"], check=False).returncode != 0:
        pytest.skip("no mount namespaces for this user")
    if not POLICIES.is_dir():
        pytest.skip(f"no {POLICIES}, where this machine's browser would read its policies")
    policies = folder / "policies"
    shutil.copytree(POLICIES, policies)
    managed = policies / "policies" / "managed"
    managed.mkdir(parents=True, exist_ok=True)
    (managed / "kiosk-agent-test.json").write_text(json.dumps(policy))
    script = f'mount --bind "$0" {POLICIES} && exec "$@"'
    arguments = [str(desk.data_dir), str(desk.executable), desk.portal.url, desk.extension.id, *more]
    done = subprocess.run(
        [*private_mounts(), "sh", "-c", script, policies, sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "LANGUAGE": "en"},  # of the browser's windows, which are found by their titles
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_managed_policy_installs_the_extension_and_a_visit_signs_in_with_it(
    desk: Desk, update_server: str, tmp_path: Path
) -> None:
    forced = {"ExtensionInstallForcelist": [f"{desk.extension.id};{update_server}/update.xml"]}
    printed = run_under_policy(forced, "tests.template.forced", desk, tmp_path)
    assert printed == f"policy|1.2.0|True|{PROGRAM}|resident A"


def test_a_person_installs_the_extension_in_the_window_and_a_visit_signs_in_with_it(
    desk: Desk, tmp_path: Path, display: str
) -> None:
    if shutil.which("xdotool") is None:
        pytest.skip("xdotool is not on this machine")
    allowed = {"ExtensionInstallSources": ["http://127.0.0.1/*"]}
    printed = run_under_policy(allowed, "tests.template.by_hand", desk, tmp_path, str(desk.extension.crx))
    assert printed == f"by_hand|1.2.0|True|{PROGRAM}|resident A"

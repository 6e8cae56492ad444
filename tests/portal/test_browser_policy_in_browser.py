"""Managed policies from a profile: never narrower than what the profile allows, and held by a real browser."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiosk_agent.portal.browser_policy import browser_policies, edge_policies, url_filter
from kiosk_agent.portal.load import load_profile

ROOT = Path(__file__).resolve().parent.parent.parent
PRACTICE = ROOT / "config" / "portals" / "practice.toml"


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        ("https://portal.example/*", "https://.portal.example"),
        ("https://portal.example/account/*", "https://.portal.example/account/"),
        ("https://portal.example/a*/b?x=*#y", "https://.portal.example/a"),
        ("https://portal.example:8443/login", "https://.portal.example:8443/login"),
        ("https://*.portal.example/", "https://portal.example"),
        ("http://127.0.0.1:8765/*", "http://127.0.0.1:8765"),
        ("http://[::1]:8765/*", "http://[::1]:8765"),
    ],
)
def test_a_glob_becomes_a_filter_that_means_no_less(glob: str, expected: str) -> None:
    assert url_filter(glob) == expected


def test_the_driver_keeps_its_tools_and_edge_has_a_name_of_its_own() -> None:
    profile = load_profile(PRACTICE)
    policies, edge = browser_policies(profile), edge_policies(profile)
    assert policies["DeveloperToolsAvailability"] != 2  # it would cut the driver off
    assert policies["IncognitoModeAvailability"] == edge["InPrivateModeAvailability"] == 1
    assert "IncognitoModeAvailability" not in edge
    for off in ("PasswordManagerEnabled", "AutofillAddressEnabled", "AutofillCreditCardEnabled"):
        assert policies[off] is False


def test_extensions_of_a_template_may_run(tmp_path: Path) -> None:
    text = PRACTICE.read_text(encoding="utf-8")
    extension = "a" * 32
    changed = text.replace("start_url", f'isolation = "template"\nextensions = ["{extension}"]\nstart_url', 1)
    (tmp_path / "profile.toml").write_text(changed, encoding="utf-8")
    assert (
        f"chrome-extension://{extension}" in browser_policies(load_profile(tmp_path / "profile.toml"))["URLAllowlist"]
    )


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>a page of the portal</p>")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows keeps policies in its registry")
def test_a_real_chromium_opens_the_portal_and_nothing_else(browser_path: str, tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only as root, with unshare")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        text = PRACTICE.read_text(encoding="utf-8").replace(":8765/", f":{port}/open/")
        (tmp_path / "profile.toml").write_text(text, encoding="utf-8")
        printed = subprocess.run(
            [sys.executable, "-m", "kiosk_agent", "profile", "browser-policy", str(tmp_path / "profile.toml")],
            capture_output=True,
            text=True,
            check=True,
        )
        policies = tmp_path / "policies" / "managed"
        policies.mkdir(parents=True)
        (policies / "kiosk-agent.json").write_text(printed.stdout)
        assert json.loads(printed.stdout)["URLBlocklist"] == ["*"]

        def opened(address: str, folder: str) -> str:
            mount = f"mount -t tmpfs none /etc/chromium && cp -r '{policies.parent}' /etc/chromium && exec \"$@\""
            browser = [
                browser_path, "--headless", "--no-sandbox", "--dump-dom", "--timeout=5000",
                f"--user-data-dir={tmp_path / folder}", address,
            ]  # fmt: skip
            inside = ["unshare", "--mount", "--propagation=private", "sh", "-c", mount, "sh", *browser]
            return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=90).stdout

        assert "a page of the portal" in opened(f"http://127.0.0.1:{port}/open/page", "one")
        assert "a page of the portal" not in opened(f"http://127.0.0.1:{port}/other", "two")
        server.shutdown()

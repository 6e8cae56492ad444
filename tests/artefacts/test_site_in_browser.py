"""The guides as a site: really built once, and read as a browser would."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from installer.artefacts.site import problems
from kiosk_agent.hands.find_browser import sandbox_wanted
from tests.artefacts.conftest import made_by


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by("site", "--out", tmp_path_factory.mktemp("site")).parent


def test_it_is_whole_and_loads_nothing_from_elsewhere(site: Path) -> None:
    assert list(problems(site)) == []
    assert len(list(site.rglob("*.html"))) >= 20
    assert not (site / "404.html").exists()


def test_each_page_says_its_language(site: Path) -> None:
    assert '<html lang="ja"' in (site / "guides" / "ja" / "it.html").read_text("utf-8")
    assert '<html lang="en"' in (site / "guides" / "en" / "it.html").read_text("utf-8")
    assert '<html lang="en"' in (site / "configuration.html").read_text("utf-8")
    assert '<html lang="ja"' in (site / "ja" / "configuration.html").read_text("utf-8")


def test_japanese_sentences_have_no_spaces_where_their_lines_end(site: Path) -> None:
    broken = re.compile(r"[ぁ-んァ-ヶ一-龠、。）]\s*\n\s*[ぁ-んァ-ヶ一-龠（]")
    pages = [*(site / "ja").glob("*.html"), *(site / "guides" / "ja").glob("*.html")]
    assert [(path.name, found[0]) for path in pages if (found := broken.search(path.read_text("utf-8")))] == []


def test_the_list_that_a_person_ticks_off_has_boxes(site: Path) -> None:
    for page in ("windows-checklist", "ja/windows-checklist"):
        text = (site / f"{page}.html").read_text("utf-8")
        assert (text.count('type="checkbox"') > 20, "[ ]" in text) == (True, False), page


def test_files_that_it_does_not_hold_are_named_but_not_linked(site: Path) -> None:
    page = (site / "configuration.html").read_text("utf-8")
    assert "config/agent.example.toml" in page
    assert 'agent.example.toml"' not in page


def test_the_support_workers_page_is_one_sheet_of_a4_and_asks_nobody_for_anything(
    site: Path, browser_path: str
) -> None:
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, chromium_sandbox=sandbox_wanted())
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for language in ("ja", "en"):
            page.goto((site / "guides" / language / "worker.html").as_uri())
            paper = page.pdf(prefer_css_page_size=True, print_background=True)
            assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1, language
            width, height = map(float, re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", paper)[0])
            assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)
        browser.close()
    assert len(asked) > 10
    assert [address for address in asked if not address.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<script src="https://cdn.example/a.js"></script>', "from elsewhere"),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', "from elsewhere"),
        ('<img srcset="a.png 1x, https://cdn.example/a.png 2x">', "from elsewhere"),
        ("<style>@import 'https://fonts.example/a.css';</style>", "from elsewhere"),
        ('<p style="background: url(https://cdn.example/a.png)">', "from elsewhere"),
        ('<pre class="mermaid">', "from elsewhere"),
        ('<img src="gone.png">', "is not there"),
        ('<a href="gone.html">', "leads nowhere"),
        ('<a href="other.html#gone">', "names no place"),
        ('<a href="#gone">', "names no place"),
    ],
)
def test_what_would_need_a_network_or_leads_nowhere_is_found(tmp_path: Path, html: str, problem: str) -> None:
    (tmp_path / "other.html").write_text('<h1 id="there">', "utf-8")
    (tmp_path / "page.html").write_text(html, "utf-8")
    (found,) = problems(tmp_path)
    assert found.startswith("page.html: ")
    assert problem in found


def test_a_style_sheet_that_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@font-face { src: url(https://fonts.example/a.woff2) }", "utf-8")
    (found,) = problems(tmp_path)
    assert "fonts.example" in found


def test_links_for_people_may_lead_anywhere(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text('<h1 id="日本語">', "utf-8")
    links = ["https://www.example.jp/", "other.html#%E6%97%A5%E6%9C%AC%E8%AA%9E", "mailto:it@example.jp"]
    (tmp_path / "page.html").write_text("".join(f'<a href="{link}">' for link in links), "utf-8")
    assert list(problems(tmp_path)) == []

"""The guides and the reference pages as a site that works from a folder, without any network.

MkDocs with the theme Material comes into an environment of its own (``.venv.docs``), from exact versions with hashes.
What was built is read again: a page that names an asset elsewhere, or a link that leads nowhere, makes no site.
"""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from installer.artefacts.wheels import DIST, REQUIREMENTS, ROOT, run
from installer.environment import ensure_environment
from installer.messages import SetupError

CONFIGURATION = ROOT / "installer" / "site" / "mkdocs.yml"
NEEDS_A_SERVER = ("404.html", "sitemap.xml", "sitemap.xml.gz")
# What a browser fetches by itself, by the tag that names it. <a href> is not: a person follows it.
LOADED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
ELSEWHERE = re.compile(r"(?:^|[\s,])(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\s\"')]+)", re.IGNORECASE)


def build(arguments: list[str]) -> list[Path]:
    """Write the folder ``site``; begin with its ``index.html``. Raises SetupError."""
    parser = argparse.ArgumentParser(prog="build.py site", description=__doc__)
    parser.add_argument("--out", type=Path, default=DIST, help="folder of the site's folder (%(default)s)")
    folder = parser.parse_args(arguments).out.resolve() / "site"
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    python = ensure_environment(ROOT / ".venv.docs", [REQUIREMENTS / "docs.txt"])
    # the theme's notice about MkDocs' future is for its authors
    quietly: list[str | Path] = [python, "-m", "mkdocs", "build", "--quiet", "--strict"]
    run([*quietly, f"--config-file={CONFIGURATION}", f"--site-dir={folder}"], NO_MKDOCS_2_WARNING="1")
    for name in NEEDS_A_SERVER:
        (folder / name).unlink(missing_ok=True)
    if found := [*problems(folder)]:
        shutil.rmtree(folder)
        raise SetupError("\n".join(found))
    return [folder / "index.html"]


class Page(HTMLParser):
    """What a page loads by itself, where its links lead, and which anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self._in_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of one element."""
        values = {name: value or "" for name, value in attrs}
        self._in_style = tag == "style"
        self.loads += [values[name] for name in LOADED.get(tag, ()) if name in values]
        self.loads += IN_STYLE.findall(values.get("style", ""))
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if "mermaid" in values.get("class", "").split():
            self.loads.append("//the theme's script loads Mermaid from a server")

    def handle_data(self, data: str) -> None:
        """Look for addresses in a style sheet that stands in the page."""
        if self._in_style:
            self.loads += IN_STYLE.findall(data)

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet."""
        self._in_style = False


def problems(folder: Path) -> Iterator[str]:
    """Everything that would need a network, or leads nowhere, one line each."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        where = path.relative_to(folder).as_posix()
        for address in page.loads:
            if ELSEWHERE.search(address):
                yield f"{where}: loads {address} from elsewhere"
            elif not address.startswith(("data:", "#")) and not (path.parent / _file(address)).exists():
                yield f"{where}: {address} is not there"
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{where}: the link {link} leads nowhere"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{where}: the link {link} names no place of that page"
    for path in sorted(folder.rglob("*.css")):
        for address in IN_STYLE.findall(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(folder).as_posix()}: loads {address} from elsewhere"


def _file(address: str) -> str:
    return unquote(urlsplit(address).path)

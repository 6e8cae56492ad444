"""What MkDocs is told beside its configuration: the language of a page, and links that lead out of the docs."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

# A line that ends, and the next one, between two Japanese signs: browsers would show a space there.
BROKEN = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n *(?=[\u3000-\u9fff\uff00-\uffef])")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((\.\./[^)\s]+)\)")


def on_page_markdown(markdown: str, page: Any, **_others: Any) -> str:
    """What a page reads like in the site.

    A link to a file of the repository that is no page stays as its text: the site does not hold that file. Lines of
    Japanese are joined, which knows no spaces between words.
    """
    depth = len(PurePosixPath(page.file.src_uri).parts) - 1

    def without(link: re.Match[str]) -> str:
        ups = len(re.match(r"(?:\.\./)*", link[2])[0]) // 3  # type: ignore[index]  # it matches nothing as well
        return link[1] if ups > depth else link[0]

    return BROKEN.sub("", LINK.sub(without, markdown))


def on_post_page(output: str, page: Any, **_others: Any) -> str:
    """The theme speaks Japanese; a page in English says so, so that browsers and screen readers know it."""
    japanese = page.file.src_uri.startswith(("guides/ja/", "ja/")) or page.file.src_uri == "index.md"
    return output if japanese else output.replace('<html lang="ja"', '<html lang="en"', 1)

"""Looking into the agent's closed shadow root as only the browser's own tools can."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.async_api import Page


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in ("children", "shadowRoots"):
        for child in node.get(part, []):
            yield from _nodes(child)


async def in_closed_root(page: Page, function: str, *arguments: object) -> Any:
    """Call ``function`` with the page's only closed shadow root and ``arguments``; None where there is none."""
    session = await page.context.new_cdp_session(page)
    try:
        tree = await session.send("DOM.getDocument", {"depth": -1, "pierce": True})
        roots = [node for node in _nodes(tree["root"]) if node.get("shadowRootType") == "closed"]
        if not roots:
            return None
        assert len(roots) == 1, "the agent shows one thing at a time"
        found = await session.send("DOM.resolveNode", {"nodeId": roots[0]["nodeId"]})
        answer = await session.send(
            "Runtime.callFunctionOn",
            {
                "objectId": found["object"]["objectId"],
                "functionDeclaration": f"function(...given) {{ return ({function})(this, ...given); }}",
                "arguments": [{"value": argument} for argument in arguments],
                "returnByValue": True,
            },
        )
    finally:
        await session.detach()
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")


async def text_of(page: Page) -> str:
    """What the overlay says, empty where there is none."""
    return await in_closed_root(page, "root => root.firstElementChild.innerText") or ""


async def middle_of(page: Page, selector: str, index: int = 0) -> tuple[float, float]:
    """Where a finger would press, scrolled into view."""
    place = await in_closed_root(
        page,
        """(root, selector, index) => {
          const found = root.querySelectorAll(selector)[index];
          found.scrollIntoView({ block: 'nearest' });
          const box = found.getBoundingClientRect();
          return [box.left + box.width / 2, box.top + box.height / 2];
        }""",
        selector,
        index,
    )
    assert place is not None, "no overlay is in the page"
    return place[0], place[1]

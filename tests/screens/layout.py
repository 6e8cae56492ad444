"""What must hold of every page that people see, measured in the browser."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

# Contrast after WCAG 2.2, 1.4.3: relative luminance of the text's colour and of the nearest ground that is opaque.
MEASURE = """() => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
  const found = { contrast: [], clipped: [], small: [], outside: [] };
  const width = document.documentElement.clientWidth;
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height || e.closest('script,style')) continue;
    if (box.right > width + 1 || box.left < -1) found.outside.push(e.outerHTML.slice(0, 80));
    if (own) {
      const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(ground(e))].sort((x, y) => y - x);
      const ratio = (a + 0.05) / (b + 0.05);
      if (ratio < 4.5) found.contrast.push([e.textContent.slice(0, 30), ratio]);
      const isBlock = getComputedStyle(e).display !== 'inline';
      if (e.scrollWidth > e.clientWidth + 1 && isBlock) found.clipped.push(e.textContent.slice(0, 30));
    }
    if (e.matches('button, label.check')) {
      const least = e.matches('.quiet') ? 44 : 64;
      if (box.height < least - 0.5) found.small.push([e.textContent.slice(0, 30), box.height]);
    }
  }
  return { ...found, sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    down: document.documentElement.scrollHeight - document.documentElement.clientHeight };
}"""


async def measure(page: Page) -> dict[str, Any]:
    """What is wrong on the page, by kind; ``down``: by how many pixels it must be scrolled."""
    return dict(await page.evaluate(MEASURE))


async def assert_readable(page: Page) -> dict[str, Any]:
    """Nothing is cut off, too small, too faint or beside the screen."""
    found = await measure(page)
    assert found["contrast"] == []
    assert found["clipped"] == []
    assert found["small"] == []
    assert found["outside"] == []
    assert found["sideways"] <= 0
    return found

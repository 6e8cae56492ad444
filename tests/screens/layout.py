"""What must hold of every page that people see, measured in the browser."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

# A function of (root, smallest type in px, least height of what is pressed in px). Contrast after WCAG 2.2, 1.4.3:
# relative luminance of the text's colour and of the nearest ground that is opaque; 1.4.11 for the edges of fields.
MEASURE = """(root, typePx, targetPx) => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ratio = (one, other) => { const [a, b] = [luminance(one), luminance(other)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05); };
  const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
  const found = { contrast: [], clipped: [], small: [], outside: [], tiny: [], faint: [], empty: [], alone: [],
    torn: [] };
  const width = document.documentElement.clientWidth;
  for (const e of root.querySelectorAll('*')) {
    const own = [...e.childNodes].filter(n => n.nodeType === 3 && n.textContent.trim());
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height || e.closest('script,style')) continue;
    const style = getComputedStyle(e);
    const name = e.textContent.slice(0, 30) || e.outerHTML.slice(0, 80);
    if (box.right > width + 1 || box.left < -1) found.outside.push(name);
    if (own.length) {
      const contrast = ratio(parse(style.color), ground(e));
      if (contrast < 4.5) found.contrast.push([name, contrast]);
      if (parseFloat(style.fontSize) < typePx) found.tiny.push([name, style.fontSize]);
      const isBlock = style.display !== 'inline';
      if (isBlock && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1))
        found.clipped.push(name);
      for (const text of own) {
        const range = document.createRange();
        range.selectNodeContents(text);
        const tops = [...range.getClientRects()].filter(r => r.width > 1);
        const last = tops.at(-1);
        for (let at = 1; at < text.length && tops.length > 1; at += 1) {
          const [before, after] = [at - 1, at].map(place => {
            range.setStart(text, place);
            range.setEnd(text, place + 1);
            return range.getBoundingClientRect().top;
          });
          const pair = text.data.slice(at - 1, at + 1);
          const isTorn = /[ァ-ヶー]{2}|[一-鿿][ぁ-ん]|[ぁ-ん][たすいる。、]/.test(pair);
          if (after > before + 5 && isTorn) found.torn.push([name, pair]);
        }
        if (tops.length > 1 && last.width < 1.9 * parseFloat(style.fontSize)) found.alone.push(name);
      }
    }
    if (e.matches('h1, button') && !e.textContent.trim()) found.empty.push(e.outerHTML.slice(0, 80));
    if (e.matches('button, label.check, input:not([type=checkbox])')) {
      const least = e.matches('.quiet') ? 44 : targetPx;
      if (box.height < least - 0.5 || box.width < least - 0.5) found.small.push([name, box.width, box.height]);
      const edge = ratio(parse(style.borderTopColor), ground(e.parentElement));
      if (edge < 3) found.faint.push([name, edge]);
    }
    if (e.matches('input[type=checkbox]') && ratio(parse(style.borderTopColor), ground(e.parentElement)) < 3)
      found.faint.push(name);
  }
  return { ...found, sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    down: document.documentElement.scrollHeight - document.documentElement.clientHeight };
}"""
TYPE_PX = 24  # the design's least for what residents read from some distance
TARGET_PX = 64


def assert_nothing_wrong(found: dict[str, Any]) -> None:
    """Nothing is cut off, too small, too faint, beside the screen, torn inside a word, or left alone on a last line."""
    assert {what: where for what, where in found.items() if isinstance(where, list) and where} == {}
    assert found["sideways"] <= 0


async def assert_readable(page: Page) -> dict[str, Any]:
    """Measure the whole page; ``down`` in the answer: by how many pixels it must be scrolled."""
    found = dict(
        await page.evaluate(f"([type, target]) => ({MEASURE})(document.body, type, target)", [TYPE_PX, TARGET_PX])
    )
    assert_nothing_wrong(found)
    return found

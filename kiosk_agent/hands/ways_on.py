"""What leads on from a page that neither opens nor asks who is there: a consent, an account chooser, "sign in".

Nothing in a profile names these: they show up only where a logout was half. Words and forms tell them, in Japanese and
English; what leads back, elsewhere or out is left alone.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.async_api import ElementHandle, Frame, Page
from playwright.async_api import Error as BrowserError

MOST_LOOKED_AT = 60
MOST_GUESSES = 2  # on one page, where no words tell
PRESS_LIMIT_MS = 2000.0

CONTROLS = (
    "button:visible, input[type=submit]:visible, input[type=button]:visible, input[type=image]:visible,"
    " [role=button]:visible, [role=link]:visible, a[href]:visible"
)
GO_ON = re.compile(
    r"continue|allow|accept|approve|agree|authori[sz]e|consent|grant|\byes\b|\bok\b|sign.?in|log.?in|proceed|\bnext\b"
    r"|続|許可|同意|承認|承諾|はい|ログイン|サインイン|次へ|進む|確認",
    re.IGNORECASE,
)
GO_BACK = re.compile(
    r"cancel|deny|decline|reject|refuse|\bno\b|not? |don.t|disagree|disallow|log.?out|sign.?out|\bback\b|close"
    r"|register|sign.?up|create|forgot|delete|remove"
    r"|キャンセル|拒否|いいえ|しない|せず|ません|ログアウト|サインアウト|戻る|登録|中止|やめる|忘れ|閉じる|取り?消|削除|退会",
    re.IGNORECASE,
)
ASIDE = re.compile(
    r"terms|privacy|policy|help|contact|language|english|another|different|other|learn|about|cookie"
    r"|passkey|パスキー|規約|方針|ポリシー|ヘルプ|問い?合|使い方|別の|他の|ほかの|詳し|日本語|について|言語",
    re.IGNORECASE,
)
# What leads past a form that asks who is there, to somebody who may know already.
BESIDE = re.compile(
    r"(sign.?in|log.?in|continue) (with|using|via)|single.?sign|\bsso\b"
    r"|シングルサインオン|(で|から)(ログイン|サインイン)",
    re.IGNORECASE,
)
# A name, a password or a code is asked for. A search box is none of these, and real sign-in pages have both.
ASKS_WHO = """() => {
  const shown = e => e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) && !e.disabled && !e.readOnly;
  const words = e => [e.name, e.id, e.autocomplete, e.placeholder, e.getAttribute('aria-label'), e.inputMode,
    ...[...(e.labels || [])].map(l => l.textContent)].join(' ');
  const search = /search|検索|keyword|キーワード|\\bq\\b/i;
  const inputs = root => [...root.querySelectorAll('*')].flatMap(e =>
    [...(e.matches('input') ? [e] : []), ...(e.shadowRoot ? inputs(e.shadowRoot) : [])]);
  return inputs(document).filter(shown).some(e => {
    if (e.type === 'password') return true;
    if (!['text', 'email', 'tel', 'number'].includes(e.type)) return false;
    return !search.test(words(e)) && !e.closest('[role=search], search');
  });
}"""
IS_SUBMIT = """e => e.matches(
  'form button:not([type=button]):not([type=reset]), form input[type=submit], form input[type=image]')"""
# A consent may want its boxes ticked; nothing else is filled in.
TICK = """e => [...(e.closest('form')?.querySelectorAll('input[type=checkbox]') ?? [])]
  .filter(box => !box.checked && (box.required || e.disabled)).forEach(box => box.click())"""
SENDS_FORM = f"""e => ({IS_SUBMIT})(e) && [...e.closest('form').querySelectorAll('input')]
  .some(i => ['text', 'email', 'tel', 'number', 'password'].includes(i.type) && i.checkVisibility())"""
WORDS = "e => (e.innerText || e.value || e.getAttribute('aria-label') || e.alt || '').trim().slice(0, 200)"


async def asks_who(page: Page) -> bool:
    """Whether the page, or a frame of it, asks for a name, a password or a code."""
    for frame in page.frames:
        try:
            if await frame.evaluate(ASKS_WHO):
                return True
        except BrowserError:
            continue  # it is just going away
    return False


class Ways:
    """Remembers what was pressed, so that each walk tries something else."""

    def __init__(self) -> None:
        self._tried: set[tuple[str, str]] = set()

    async def press_on(self, page: Page, *, away_from: str) -> bool:
        """Press the likeliest control not yet tried; false where nothing leads on. Raises BrowserError.

        Beside a form that asks who is there, only what leads to another way of signing in. Controls without telling
        words are pressed only on another origin than ``away_from``'s: there they are the accounts to choose from.
        """
        is_elsewhere = urlsplit(page.url)[:2] != urlsplit(away_from)[:2]
        here = page.url.partition("?")[0]
        beside_form = await asks_who(page)
        ranked: list[tuple[int, str, ElementHandle]] = []
        for frame in page.frames:
            ranked += await (_beside_form(frame) if beside_form else _controls(frame, guess=is_elsewhere))
        for _, words, control in sorted(ranked, key=lambda one: one[0]):
            if (here, words) not in self._tried:
                self._tried.add((here, words))
                await control.evaluate(TICK)
                await control.click(timeout=PRESS_LIMIT_MS)
                return True
        return False


async def _controls(frame: Frame, *, guess: bool) -> list[tuple[int, str, ElementHandle]]:
    """The controls that may lead on, each with its rank (0 is the likeliest) and its words."""
    found: list[tuple[int, str, ElementHandle]] = []
    guesses = 0
    for control in (await frame.query_selector_all(CONTROLS))[:MOST_LOOKED_AT]:
        words = str(await control.evaluate(WORDS))
        if GO_BACK.search(words):
            continue
        is_submit = bool(await control.evaluate(IS_SUBMIT))
        if GO_ON.search(words):
            found.append((0 if is_submit else 1, words, control))
        elif is_submit and not ASIDE.search(words):
            found.append((2, words, control))
        elif guess and words and not ASIDE.search(words) and guesses < MOST_GUESSES:
            guesses += 1
            found.append((3, words, control))
    return found


async def _beside_form(frame: Frame) -> list[tuple[int, str, ElementHandle]]:
    found: list[tuple[int, str, ElementHandle]] = []
    for control in (await frame.query_selector_all(CONTROLS))[:MOST_LOOKED_AT]:
        words = str(await control.evaluate(WORDS))
        others = GO_BACK.search(words) or ASIDE.search(words)
        if BESIDE.search(words) and not others and not await control.evaluate(SENDS_FORM):
            found.append((0, words, control))
    return found

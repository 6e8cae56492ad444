"""What messages say, in Japanese and English. Nothing in them is about a resident: places, kinds and numbers."""

from __future__ import annotations

import itertools

from kiosk_agent.central.alerts.schemas import AlertKind, Content, Language, Said, What
from kiosk_agent.central.dashboard.silence import JAPAN
from kiosk_agent.central.times import from_ms

# key → (Japanese, English)
TEXTS: dict[str, tuple[str, str]] = {
    "subject": ("【窓口端末】確認が必要です：{count}件", "[Help desks] {count} to look at"),
    "subject_resolved": ("【窓口端末】解消しました：{count}件", "[Help desks] {count} resolved"),
    What.NEW: ("■ 新しく見つかったこと", "New"),
    What.REMINDER: ("■ まだ続いていること（再通知）", "Still so (reminder)"),
    What.RESOLVED: ("■ 解消したこと", "Resolved"),
    AlertKind.OFFICE_SILENT: (
        "開庁時間中なのに、端末から報告がありません",
        "No desk has reported, although the office is open",
    ),
    AlertKind.DESK_SILENT: (
        "開庁時間中なのに、報告のない端末があります",
        "Single desks have not reported, although the office is open",
    ),
    AlertKind.CONFIRMATIONS_MISSING: (
        "支援員によるログアウトの確認がありません",
        "Logouts that the support worker has not confirmed",
    ),
    AlertKind.LOGOUTS_UNPROVEN: ("ログアウトを証明できていません", "Logouts that were not proved"),
    AlertKind.CLONE: ("同じ記録が2台の端末から届きました", "One ledger was reported by two PCs"),
    AlertKind.COUNTER_SHRUNK: ("増えるはずの件数が減りました", "A counter that only grows went back"),
    AlertKind.CHAIN_BROKEN: (
        "記録のつながりが切れています（書き換え、または欠落）",
        "The ledger's chain is broken: rewritten, or entries are gone",
    ),
    "desks": ("端末{amount}台（全{total}台）", "{amount} of {total} desks"),
    "visits": ("{amount}件（終了した利用{total}件中）", "{amount} of {total} visits that ended"),
    "since": ("{at}から", "since {at}"),
    "over": ("{at}に解消", "resolved {at}"),
    "number": ("番号{alert}", "number {alert}"),
    "left_out": ("ほかに{count}件あります。", "There are {count} more."),
    "foot": (
        "対応する方は「要対応」の画面で引き受けてください（または kiosk-central alert acknowledge 番号）。",
        "Whoever sees to it: say so on the page “To be seen to” (or: kiosk-central alert acknowledge NUMBER).",
    ),
}
OF_VISITS = frozenset({AlertKind.CONFIRMATIONS_MISSING, AlertKind.LOGOUTS_UNPROVEN})


def text(language: Language, key: str, **values: object) -> str:
    """The text of a key, with its values filled in."""
    return TEXTS[key][0 if language is Language.JAPANESE else 1].format(**values)


def subject(content: Content, language: Language) -> str:
    """The subject of a mail."""
    over = all(one.what is What.RESOLVED for one in content.items)
    return text(language, "subject_resolved" if over else "subject", count=len(content.items) + content.left_out)


def body(content: Content, language: Language) -> str:
    """The text of a message: grouped by why, what and municipality, a line for each office."""
    lines: list[str] = []
    for what, group in itertools.groupby(content.items, lambda one: one.what):
        lines += [text(language, what), ""]
        for kind, items in itertools.groupby(group, lambda one: one.kind):
            lines.append(text(language, kind))
            for _, places in itertools.groupby(items, lambda one: one.municipality_code):
                here = list(places)
                lines.append(f"  {here[0].prefecture} {here[0].municipality}")
                lines += [f"    {_line(one, language)}" for one in here]
            lines.append("")
    if content.left_out:
        lines += [text(language, "left_out", count=content.left_out), ""]
    if any(one.what is not What.RESOLVED for one in content.items):
        lines.append(text(language, "foot"))
    return "\n".join(lines).rstrip() + "\n"


def _line(one: Said, language: Language) -> str:
    amount = text(language, "visits" if one.kind in OF_VISITS else "desks", amount=one.amount, total=one.total)
    when = text(language, "over" if one.what is What.RESOLVED else "since", at=shown(one.at_ms))
    parts = [amount, when, text(language, "number", alert=one.alert)]
    return f"{one.office}: " + ("、" if language is Language.JAPANESE else ", ").join(parts)


def shown(at_ms: int) -> str:
    """A moment in Japan."""
    return from_ms(at_ms).astimezone(JAPAN).strftime("%Y-%m-%d %H:%M")

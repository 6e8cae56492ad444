"""Municipalities that are not there, in the prefectures that are."""

from __future__ import annotations

from kiosk_agent.central.places.schemas import Municipality
from kiosk_agent.central.places.service import is_code

PREFECTURES = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
]
# Codes of municipalities lie below; above are unions of them. 47 prefectures times 99 are more than Japan's 1,741.
FROM = 901
MOST = len(PREFECTURES) * 99


def invented(count: int) -> list[Municipality]:
    """``count`` municipalities, spread over the prefectures; their names say what they are."""
    made = []
    for number in range(count):
        prefecture, within = number % len(PREFECTURES), number // len(PREFECTURES)
        stem = f"{prefecture + 1:02d}{FROM + within:03d}"
        code = next(f"{stem}{digit}" for digit in range(10) if is_code(f"{stem}{digit}"))
        made.append(Municipality(code, PREFECTURES[prefecture], f"模擬{number + 1}市"))
    return made

"""Texts of what staff sets: policies, codes for desks, accounts."""

from __future__ import annotations

# key → (Japanese, English)
TEXTS: dict[str, tuple[str, str]] = {
    "policy": ("方針", "Policy"),
    "setting": ("設定", "Setting"),
    "value": ("値", "Value"),
    "set_at": ("定めた場所", "Set at"),
    "setting_preset": ("方針のひな形", "Preset"),
    "setting_idle_limit_s": ("操作がないとき警告するまで（秒）", "Idle time before the warning (s)"),
    "setting_warning_s": ("警告から強制ログアウトまで（秒）", "Warning before the forced logout (s)"),
    "setting_max_visit_s": ("一回の利用の最長（秒）", "Longest visit (s)"),
    "setting_max_extensions": ("延長できる回数", "Extensions at most"),
    "setting_gap_s": ("戻ったとき本人を確かめる間隔（秒）", "Gap after which the person is asked (s)"),
    "setting_challenge_s": ("本人確認の待ち時間（秒）", "Time to answer who it is (s)"),
    "setting_card_absent_grace_s": ("カードが離れてから待つ時間（秒）", "Time without the card (s)"),
    "setting_card_wait_s": ("カードを待つ時間（秒）", "Wait for the card (s)"),
    "setting_mark": ("支援員の確認のしるし", "Mark of the support worker"),
    "setting_mandatory_senses": ("欠かせない見守り", "Senses that must work"),
    "setting_weights": ("別人のしるしの重み", "Weight of signs of another person"),
    "enrolment": ("端末の登録", "Enrolment"),
    "people": ("職員", "Staff"),
}

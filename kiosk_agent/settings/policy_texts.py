"""What Group Policy's editor calls each table, setting and choice, in English and in Japanese.

What a setting means is said there as in the documentation: :mod:`kiosk_agent.settings.texts`, and ``texts_ja``.
"""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """What it is called."""

    en: str
    ja: str


TABLES: dict[str, Names] = {
    "": Names("Kiosk Agent", "Kiosk Agent(窓口端末の保護)"),
    "desk": Names("Desk", "窓口"),
    "browser": Names("Browser", "ブラウザー"),
    "residue": Names("What a visit leaves behind", "利用後に残るもの"),
    "hotkey": Names("Key combination", "キー操作"),
    "senses": Names("Senses", "検知"),
    "senses.card": Names("Card reader", "カードリーダー"),
    "senses.os_session": Names("Operating system's session", "OS のセッション"),
    "senses.input": Names("Input outside the portal", "ポータル以外の操作"),
    "senses.browsers": Names("Other browsers and remote control", "ほかのブラウザーと遠隔操作"),
    "supervision": Names("Supervision", "監視"),
    "recording": Names("Recording of events", "イベントの記録"),
    "central": Names("Central server", "集計サーバー"),
    "policy": Names("Session policy", "セッションの方針"),
    "policy.weights": Names("Weights of signs", "兆しの重み"),
}

NAMES: dict[str, Names] = {
    "profile": Names("Portal profile", "ポータルのプロファイル"),
    "desk.language": Names("Language", "言語"),
    "desk.data_dir": Names("Data folder", "データフォルダー"),
    "desk.languages": Names("Languages offered", "選べる言語"),
    "desk.sound": Names("Sound of the warning", "警告の音"),
    "browser.executable": Names("Browser's program", "ブラウザーのプログラム"),
    "browser.window": Names("Window", "ウィンドウ"),
    "browser.proxy": Names("Browser's proxy", "ブラウザーのプロキシ"),
    "residue.print_jobs": Names("Remove print jobs", "印刷ジョブの削除"),
    "hotkey.end_visit": Names("Keys that end the visit", "利用を終えるキー"),
    "senses.card.enabled": Names("Card reader", "カードリーダーの監視"),
    "senses.card.reader": Names("Name of the card reader", "カードリーダーの名前"),
    "senses.card.compare_certificate": Names("Compare certificates of cards", "カードの証明書の比較"),
    "senses.os_session.enabled": Names("Notice locks and other users", "ロックやユーザー切替の検知"),
    "senses.input.enabled": Names("Notice input outside the portal", "ポータル以外の操作の検知"),
    "senses.browsers.action": Names("Other browsers", "ほかのブラウザーへの対応"),
    "senses.browsers.close_after_s": Names(
        "Seconds before another browser is closed", "ほかのブラウザーを閉じるまでの秒数"
    ),
    "senses.browsers.remote_control": Names("Remote control programs", "遠隔操作プログラムへの対応"),
    "supervision.hang_limit_s": Names(
        "Seconds before a hung agent is restarted", "応答のないエージェントを再起動するまでの秒数"
    ),
    "supervision.release_code_hash": Names("Hash of the release code", "解除コードのハッシュ"),
    "recording.events": Names("Record events", "イベントを記録する"),
    "recording.keep_days": Names("Days that recordings are kept", "記録を残す日数"),
    "recording.max_mib": Names("Size of all recordings", "記録全体の大きさ"),
    "central.url": Names("Address of the central server", "集計サーバーのアドレス"),
    "central.proxy": Names("Proxy to the central server", "集計サーバーへのプロキシ"),
    "central.ca": Names("Certificates of your own authorities", "独自の認証局の証明書"),
    "policy.preset": Names("Preset", "方針の型"),
    "policy.idle_limit_s": Names("Seconds without input before the warning", "警告までの無操作の秒数"),
    "policy.warning_s": Names("Seconds to answer the warning", "警告に答える秒数"),
    "policy.max_visit_s": Names("Longest visit in seconds", "1 回の利用の上限の秒数"),
    "policy.max_extensions": Names("How often a visit may be extended", "延長の回数の上限"),
    "policy.gap_s": Names("Seconds after which the support worker is asked", "支援員に確かめるまでの空白の秒数"),
    "policy.challenge_s": Names("Seconds for the support worker's answer", "支援員が答える秒数"),
    "policy.card_absent_grace_s": Names("Seconds that a card may be off the reader", "カードを離してよい秒数"),
    "policy.card_wait_s": Names("Seconds to put the card back", "カードを置き直すまでの秒数"),
    "policy.open_limit_s": Names("Seconds for the browser to come up", "ブラウザーの起動を待つ秒数"),
    "policy.record_limit_s": Names("Seconds for an entry of the ledger", "台帳への記録を待つ秒数"),
    "policy.shield_limit_s": Names("Seconds for the cover to come up", "画面を覆うまでの秒数"),
    "policy.logout_limit_s": Names("Seconds for the portal's logout", "ログアウトを待つ秒数"),
    "policy.destroy_limit_s": Names("Seconds for the browser to be gone", "ブラウザーの終了を待つ秒数"),
    "policy.residue_limit_s": Names("Seconds for what is left to be removed", "残ったものの削除を待つ秒数"),
    "policy.proof_limit_s": Names("Seconds for the proof of the logout", "ログアウトの確認を待つ秒数"),
    "policy.mark": Names("What the support worker signs with", "支援員の署名"),
    "policy.mandatory_senses": Names("Senses without which the desk is held", "欠かせない検知"),
    "policy.weights.card_untellable": Names("A card that cannot be told apart", "見分けられないカード"),
    "policy.weights.card_removed": Names("The card is taken away", "カードが離された"),
    "policy.weights.os_locked": Names("The PC was locked", "端末のロック"),
    "policy.weights.return_after_gap": Names("Input after a long pause", "長い空白のあとの操作"),
    "policy.weights.input_elsewhere": Names("Input outside the portal", "ポータル以外の操作"),
    "policy.weights.resumed": Names("The PC was asleep", "スリープからの復帰"),
    "policy.weights.foreign_window_closed": Names("A foreign window, closed", "閉じられた別のウィンドウ"),
    "policy.weights.foreign_browser": Names("A browser beside the visit", "ほかのブラウザー"),
    "policy.weights.remote_control": Names("Remote control", "遠隔操作"),
}

# Words that are shown in the list of a setting's choices.
CHOICES: dict[str, Names] = {
    "certain": Names("certain: cover and end the session", "certain: 覆って終了する"),
    "possible": Names("possible: cover and ask the support worker", "possible: 覆って支援員に確かめる"),
    "nothing": Names("nothing: only write it down", "nothing: 記録だけする"),
    "strict": Names("strict", "strict(厳しめ)"),
    "standard": Names("standard", "standard(標準)"),
    "lenient": Names("lenient", "lenient(緩め)"),
    "none": Names("none", "none(なし)"),
    "initials": Names("initials", "initials(イニシャル)"),
    "staff_number": Names("staff number", "staff_number(職員番号)"),
    "ignore": Names("ignore", "ignore(何もしない)"),
    "report": Names("report", "report(知らせる)"),
    "close": Names("report and close", "close(知らせて閉じる)"),
    "normal": Names("normal", "normal(通常)"),
    "maximized": Names("maximized", "maximized(最大化)"),
    "fullscreen": Names("full screen", "fullscreen(全画面)"),
}

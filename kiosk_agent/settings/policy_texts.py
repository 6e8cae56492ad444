"""What Group Policy's editor shows of each setting: a name in English and in Japanese, and the Japanese explanation.

The English explanation is the documentation's (:mod:`kiosk_agent.settings.texts`).
"""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """What a setting or a table is called, and, of a setting, what it means in Japanese."""

    en: str
    ja: str
    meaning_ja: str = ""


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
    "profile": Names("Portal profile", "ポータルのプロファイル", "ポータルのプロファイルのファイルです。"),
    "desk.language": Names(
        "Language",
        "言語",
        "利用開始時の画面の言語です。支援員向けの画面は、en のときは英語、それ以外は日本語です。",
    ),
    "desk.data_dir": Names(
        "Data folder",
        "データフォルダー",
        r"台帳と状態を保存するフォルダーです。指定しないときは %LOCALAPPDATA%\kiosk-agent です。",
    ),
    "desk.languages": Names(
        "Languages offered",
        "選べる言語",
        "言語ボタンで選べる言語です。この順に並びます。窓口の言語を必ず含めてください。",
    ),
    "desk.sound": Names("Sound of the warning", "警告の音", "警告が出るときに、短く小さな音を鳴らします。"),
    "browser.executable": Names(
        "Browser's program",
        "ブラウザーのプログラム",
        "使うブラウザーの実行ファイルです。指定しないときは Edge、Chrome、Chromium の順に探します。",
    ),
    "browser.window": Names("Window", "ウィンドウ", "利用者のブラウザーのウィンドウの大きさです。"),
    "browser.proxy": Names("Browser's proxy", "ブラウザーのプロキシ", "例: http://proxy.example:8080"),
    "residue.print_jobs": Names(
        "Remove print jobs",
        "印刷ジョブの削除",
        "利用中に送られ、まだ印刷されていない印刷ジョブを、利用の終わりに取り消します。"
        "職員が同じユーザーで印刷する端末では無効にしてください。",
    ),
    "hotkey.end_visit": Names(
        "Keys that end the visit",
        "利用を終えるキー",
        "支援員が「次の方」を伝えるキーの組み合わせです。例: <ctrl>+<alt>+<end>",
    ),
    "senses.card.enabled": Names(
        "Card reader",
        "カードリーダーの監視",
        "別のカードが置かれたことに気付きます。リーダーのない窓口では無効にします。",
    ),
    "senses.card.reader": Names(
        "Name of the card reader",
        "カードリーダーの名前",
        "監視するリーダーの名前の一部です。ほかのリーダーもあるときに使います。",
    ),
    "senses.card.compare_certificate": Names(
        "Compare certificates of cards",
        "カードの証明書の比較",
        "マイナンバーカードの利用者証明用電子証明書を比べます。法令上の制限があります。"
        "先に文書 senses.md をお読みください。",
    ),
    "senses.os_session.enabled": Names(
        "Notice locks and other users",
        "ロックやユーザー切替の検知",
        "画面のロック、別のユーザー、スリープ、サインアウトに気付きます。",
    ),
    "senses.input.enabled": Names(
        "Notice input outside the portal",
        "ポータル以外の操作の検知",
        "ポータル以外で端末が使われたことに気付きます。何を入力したかは見ません。",
    ),
    "senses.browsers.action": Names(
        "Other browsers",
        "ほかのブラウザーへの対応",
        "ほかのブラウザーが起動されたときの対応です。close のときは、知らせてから閉じます。",
    ),
    "senses.browsers.close_after_s": Names(
        "Seconds before another browser is closed",
        "ほかのブラウザーを閉じるまでの秒数",
        "知らせてから閉じるまでの秒数です。",
    ),
    "senses.browsers.remote_control": Names(
        "Remote control programs",
        "遠隔操作プログラムへの対応",
        "遠隔操作のプログラムに気付いたときの対応です。閉じることはありません。",
    ),
    "supervision.hang_limit_s": Names(
        "Seconds before a hung agent is restarted",
        "応答のないエージェントを再起動するまでの秒数",
        "この秒数のあいだ応答がないと、画面を覆い、終了させて起動し直します。",
    ),
    "supervision.release_code_hash": Names(
        "Hash of the release code",
        "解除コードのハッシュ",
        "停止した窓口を解除するコードのハッシュです。kiosk-agent config release-code が表示する行を入れてください。"
        "コードそのものは入れないでください。",
    ),
    "recording.events": Names(
        "Record events", "イベントを記録する", "時刻と種類だけを記録します。利用者の情報は含みません。"
    ),
    "recording.keep_days": Names("Days that recordings are kept", "記録を残す日数", "古いファイルは削除されます。"),
    "recording.max_mib": Names(
        "Size of all recordings", "記録全体の大きさ", "単位は MiB です。古いものから削除されます。"
    ),
    "central.url": Names(
        "Address of the central server",
        "集計サーバーのアドレス",
        "例: https://central.example 指定しないときは、この窓口からは何も送られません。",
    ),
    "central.proxy": Names(
        "Proxy to the central server",
        "集計サーバーへのプロキシ",
        "例: http://proxy.example:8080 プロキシを使わないときは direct です。",
    ),
    "central.ca": Names(
        "Certificates of your own authorities",
        "独自の認証局の証明書",
        "PEM 形式のファイルです。OS の証明書に加えて信頼します。",
    ),
    "policy.preset": Names(
        "Preset",
        "方針の型",
        "全体の方針です。strict は厳しめ、lenient は緩めです。個別に設定した値が優先されます。",
    ),
    "policy.idle_limit_s": Names(
        "Seconds without input before the warning",
        "警告までの無操作の秒数",
        "ポータルで操作がないまま、この秒数がたつと警告を出します。",
    ),
    "policy.warning_s": Names(
        "Seconds to answer the warning",
        "警告に答える秒数",
        "警告に答えられる秒数です。20 秒以上です(WCAG 2.2、2.2.1)。",
    ),
    "policy.max_visit_s": Names(
        "Longest visit in seconds",
        "1 回の利用の上限の秒数",
        "1 回の利用の長さの上限です。無操作の秒数と警告の秒数の合計以上にしてください。",
    ),
    "policy.max_extensions": Names(
        "How often a visit may be extended",
        "延長の回数の上限",
        "1 回の利用で「続ける」と答えられる回数です。10 回以上です(WCAG 2.2、2.2.1)。",
    ),
    "policy.gap_s": Names(
        "Seconds after which the support worker is asked",
        "支援員に確かめるまでの空白の秒数",
        "操作のない時間がこの秒数を超えたあとは、支援員の答えだけを受け付けます。",
    ),
    "policy.challenge_s": Names(
        "Seconds for the support worker's answer",
        "支援員が答える秒数",
        "同じ方かどうかを支援員が答えるまでの秒数です。",
    ),
    "policy.card_absent_grace_s": Names(
        "Seconds that a card may be off the reader",
        "カードを離してよい秒数",
        "ログイン中にカードがリーダーから離れていてよい秒数です。過ぎると card_removed の兆しになります。",
    ),
    "policy.card_wait_s": Names(
        "Seconds to put the card back",
        "カードを置き直すまでの秒数",
        "送信の前に、同じカードを置き直すまでの秒数です。",
    ),
    "policy.open_limit_s": Names(
        "Seconds for the browser to come up", "ブラウザーの起動を待つ秒数", "ブラウザーが起動するまで待つ秒数です。"
    ),
    "policy.record_limit_s": Names(
        "Seconds for an entry of the ledger",
        "台帳への記録を待つ秒数",
        "記録が済むまで待つ秒数です。過ぎると窓口を停止します。",
    ),
    "policy.shield_limit_s": Names(
        "Seconds for the cover to come up",
        "画面を覆うまでの秒数",
        "覆いが出るまで待つ秒数です。過ぎるとブラウザーを終了します。",
    ),
    "policy.logout_limit_s": Names(
        "Seconds for the portal's logout",
        "ログアウトを待つ秒数",
        "ポータルのログアウトとその確認を待つ秒数です。",
    ),
    "policy.destroy_limit_s": Names(
        "Seconds for the browser to be gone",
        "ブラウザーの終了を待つ秒数",
        "ブラウザーが終了するまで待つ秒数です。過ぎると窓口を停止します。",
    ),
    "policy.residue_limit_s": Names(
        "Seconds for what is left to be removed",
        "残ったものの削除を待つ秒数",
        "保存されたファイル、クリップボード、印刷ジョブ、一時ファイルの削除を待つ秒数です。",
    ),
    "policy.proof_limit_s": Names(
        "Seconds for the proof of the logout",
        "ログアウトの確認を待つ秒数",
        "過ぎると「確認できず」となり、あとで裏で確かめ直します。",
    ),
    "policy.mark": Names(
        "What the support worker signs with",
        "支援員の署名",
        "ログアウトの確認に、支援員が何を記入するかです。"
        "none はなし、initials はイニシャル、staff_number は職員番号です。",
    ),
    "policy.mandatory_senses": Names(
        "Senses without which the desk is held",
        "欠かせない検知",
        "これらの検知のどれかが働かないあいだは、窓口を停止します。使わない検知は指定できません。",
    ),
    "policy.weights.card_untellable": Names(
        "A card that cannot be told apart", "見分けられないカード", "同じカードか見分けられないカードが置かれました。"
    ),
    "policy.weights.card_removed": Names(
        "The card is taken away", "カードが離された", "利用中にカードが離されました。"
    ),
    "policy.weights.os_locked": Names("The PC was locked", "端末のロック", "端末がロックされました。"),
    "policy.weights.return_after_gap": Names(
        "Input after a long pause", "長い空白のあとの操作", "長い空白のあとに操作がありました。"
    ),
    "policy.weights.input_elsewhere": Names(
        "Input outside the portal", "ポータル以外の操作", "ログイン中に 10 秒間、ポータル以外で端末が使われました。"
    ),
    "policy.weights.resumed": Names("The PC was asleep", "スリープからの復帰", "端末がスリープしていました。"),
    "policy.weights.foreign_window_closed": Names(
        "A foreign window, closed",
        "閉じられた別のウィンドウ",
        "利用とは別のウィンドウが開き、エージェントが閉じました。",
    ),
    "policy.weights.foreign_browser": Names(
        "A browser beside the visit", "ほかのブラウザー", "利用のほかにブラウザーが起動しています。"
    ),
    "policy.weights.remote_control": Names(
        "Remote control", "遠隔操作", "外部から端末に接続されているか、そのおそれのあるプログラムが動いています。"
    ),
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

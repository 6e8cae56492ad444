"""What each setting means in Japanese, as the Japanese reference and Group Policy's editor say it; Markdown.

A setting is described in English in :mod:`kiosk_agent.settings.texts`, and here; neither page is a part of the other.
"""

from __future__ import annotations

# What stands in place of a default that is no value.
NO_VALUE = {
    "profile": "必須",
    "desk.data_dir": "ユーザーごとの場所",
    "desk.languages": "すべて",
    "browser.executable": "最初に見つかったもの",
    "browser.proxy": "OS の設定",
    "supervision.release_code_hash": "なし",
    "central.url": "なし",
    "central.proxy": "OS の設定",
    "central.ca": "なし",
}
MEANING = {
    "profile": "ポータルのプロファイルのファイルです。[profiles.md](../profiles.md)（英語）をご覧ください。",
    "desk.name": '開始画面に出る窓口の名前です。例：`"市民課 3番"`',
    "desk.language": (
        "利用開始時の画面の言語です。一覧の言語から選びます。"
        '支援員向けの画面は、`"en"` のときは英語、それ以外は日本語です。'
    ),
    "desk.data_dir": (
        r"台帳（記録）と状態を保存するフォルダーです。Windows では `%LOCALAPPDATA%\kiosk-agent`、"
        "Linux では `~/.local/share/kiosk-agent` です。"
    ),
    "desk.languages": (
        "言語ボタンで選べる言語です。この順に並びます。窓口の言語を必ず含めてください。1つだけなら、ボタンは出ません。"
    ),
    "desk.sound": (
        "警告が出るときに、短く小さな音を鳴らします。Linux では `pw-play`、`paplay`、`aplay` のうち、"
        "あるものを使います。音を鳴らせない PC でも、警告は出ます。"
    ),
    "browser.executable": (
        "使うブラウザーの実行ファイルです。指定しないときは Edge、Chrome、Chromium の順に探します。"
    ),
    "browser.window": (
        "利用者のブラウザーのウィンドウの大きさです。"
        '`"normal"` は通常、`"maximized"` は最大化、`"fullscreen"` は全画面です。'
    ),
    "browser.headless": "画面を使わずに動かします。テスト専用です。画面は何も守られません。",
    "browser.proxy": "例：`http://proxy.example:8080`（`https://` と `socks5://` も使えます）",
    "residue.print_jobs": (
        "窓口のユーザーが利用中に送り、待機中か印刷中のジョブを、利用の終わりに取り消します。"
        "印刷済みのジョブについて印刷システムに残るものも消します。"
        "利用者がいる間に職員が同じユーザーで印刷する端末では無効にしてください。"
    ),
    "hotkey.end_visit": (
        "支援員が「次の方」を伝えるキーの組み合わせです。どのウィンドウの上でも利用を終えます。空にすると、使いません。"
    ),
    "senses.card.enabled": (
        "別のカードが置かれたことに気付きます。リーダーのない窓口では無効にします。有効のままリーダーがないと、警告が出ます。"
    ),
    "senses.card.reader": (
        "監視するリーダーの名前の一部です。利用者が使わないリーダーもあるときに使います。空なら、すべてを監視します。"
    ),
    "senses.card.compare_certificate": (
        "マイナンバーカードの利用者証明用電子証明書を比べます。法令上の制限があります。"
        "先に [senses.md](../senses.md#card)（英語）をお読みください。"
    ),
    "senses.os_session.enabled": (
        "画面のロック、別のユーザー、スリープ、サインアウトに気付きます。"
        "[senses.md](../senses.md#os_session)（英語）をご覧ください。"
    ),
    "senses.input.enabled": (
        "ポータル以外で端末が使われたことに気付きます。何を入力したかは見ません。"
        "[senses.md](../senses.md#input)（英語）をご覧ください。空白の長さは `policy.gap_s` です。"
    ),
    "senses.browsers.action": (
        'ほかのブラウザーが起動されたときの対応です。`"ignore"` は何もしません。'
        '`"report"` は警告と台帳に残し、利用中の兆しとします。`"close"` は、さらに窓口の人に知らせてから閉じます。'
    ),
    "senses.browsers.close_after_s": (
        "知らせてからほかのブラウザーを閉じるまでの秒数です。知らせは画面を覆い、「今すぐ閉じる」ですぐに閉じます。"
    ),
    "senses.browsers.remote_control": (
        "TeamViewer、AnyDesk、VNC、クイック アシスト、リモート デスクトップなどに気付いたときの対応です。"
        '`"ignore"` は何もしません。`"report"` は知らせます。閉じることはありません。'
    ),
    "supervision.hang_limit_s": (
        "この秒数のあいだエージェントの応答がないと、画面を覆い、エージェントとブラウザーを終了させて起動し直します。"
    ),
    "supervision.release_code_hash": (
        "使用停止になった窓口を解除するコードのハッシュです。`kiosk-agent config release-code` にコードを2回入れると"
        "表示される行を書きます。コードそのものは書かないでください（入るのは scrypt のハッシュ、RFC 7914）。"
        "ないと、窓口の誰でも解除できてしまい、`doctor` がそう知らせます。"
    ),
    "recording.events": (
        "調整用に、時刻と種類だけを記録します。利用者の情報は含みません。"
        "データフォルダーの `events` に、1日に1ファイルです。"
    ),
    "recording.keep_days": "記録を残す日数です。古いファイルは削除されます。",
    "recording.max_mib": (
        "記録全体の大きさの上限です（MiB）。古いものから削除されます。その日のファイルだけで上限に届くと、"
        "その日の記録は終わり、警告 `recording` が出ます。"
    ),
    "central.url": (
        "集計サーバーのアドレスです（例：`https://central.example`）。指定しないときは、この窓口からは何も送られません。"
        "`http://` では、ネットワークを盗み見る人に窓口の認証情報を読まれます。"
    ),
    "central.proxy": (
        '集計サーバーへのプロキシです（例：`http://proxy.example:8080`）。プロキシを使わないときは `"direct"` です。'
        "パスワードを求めるプロキシには対応していません。"
    ),
    "central.ca": "独自の認証局の証明書（PEM 形式のファイル）です。OS の証明書に加えて信頼します。",
    "policy.preset": (
        '全体の方針の型です。`"strict"`（厳しめ）、`"standard"`（標準）、`"lenient"`（緩め）から選びます。`idle_limit_s`、`gap_s`、'
        "`card_absent_grace_s`、`challenge_s` と重みが決まります。個別に設定した値が優先されます。"
        "型ごとの値と効果は [tuning.md](../tuning.md)（英語）にあります。"
    ),
    "policy.idle_limit_s": "ポータルで操作がないまま、この秒数がたつと警告を出します。15分を超えると、誰も守れません。",
    "policy.warning_s": "警告に答えられる秒数です。20秒以上です（WCAG 2.2、2.2.1）。",
    "policy.max_visit_s": (
        "1回の利用の長さの上限です。国のポータル自身の無操作の上限は1時間です。"
        "`idle_limit_s` と `warning_s` の合計以上にしてください。"
    ),
    "policy.max_extensions": "1回の利用で「続ける」と答えられる回数です。10回以上です（WCAG 2.2、2.2.1）。",
    "policy.gap_s": (
        "ポータルで操作のない時間がこの秒数を超えたあとは、支援員の答えだけを受け付けます。別の人が座ったかもしれないためです。"
    ),
    "policy.challenge_s": "同じ方かどうかを支援員が答えるまでの秒数です。",
    "policy.card_absent_grace_s": (
        "ログイン中にカードがリーダーから離れていてよい秒数です。過ぎると `card_removed` の兆しになります。"
    ),
    "policy.card_wait_s": (
        "送信の前に、同じカードを置き直すまでの秒数です。プロファイルが求める手続きだけで使います。"
    ),
    "policy.open_limit_s": "利用者のブラウザーが起動するまで待つ秒数です。",
    "policy.record_limit_s": "台帳（記録）に確実に書けるまで待つ秒数です。過ぎると窓口を使用停止にします。",
    "policy.shield_limit_s": "画面の覆いが出るまで待つ秒数です。過ぎると、覆わないままブラウザーを終了させます。",
    "policy.logout_limit_s": (
        "ポータル自身のログアウトと、同じブラウザーでの確認を待つ秒数です。"
        "プロファイルの `logout.timeout_s` より長くしてください。"
    ),
    "policy.destroy_limit_s": "利用者のブラウザーが終了するまで待つ秒数です。過ぎると窓口を使用停止にします。",
    "policy.residue_limit_s": (
        "保存されたファイル、クリップボード、印刷ジョブ、一時ファイルを削除し、残っていないか見直すまでの秒数です。"
    ),
    "policy.proof_limit_s": "ログアウトの証明を待つ秒数です。過ぎると「確認できず」となり、裏で確かめ直します。",
    "policy.mark": (
        "ログアウトの確認に、支援員が何を記入するかです。"
        '`"none"` はなし、`"initials"` はイニシャル、`"staff_number"` は職員番号です。'
    ),
    "policy.mandatory_senses": (
        "これらの検知のどれかが働かないあいだは、窓口を使用停止にし、利用中なら終えます。"
        '`"hotkey"`、`"tray"`、`"card"`、`"os_session"`、`"input"`、`"browsers"` から選びます。'
        "使わない検知は指定できません。"
    ),
    "policy.weights.next_person": (
        "支援員が「次の方」か「いいえ、別の人です」と伝えました（開始画面、トレイ、キー）。"
    ),
    "policy.weights.account_different": "同じ利用の中で、ポータルが別のアカウントを示しました。",
    "policy.weights.card_different": "別のカードが置かれました。",
    "policy.weights.card_untellable": "同じカードか見分けられないカードが置かれました。",
    "policy.weights.card_removed": "利用中にカードが離されました。",
    "policy.weights.os_locked": "端末がロックされました。",
    "policy.weights.os_user_changed": "OS の別のユーザーが画面の前にいます。",
    "policy.weights.return_after_gap": "長い空白のあとに、ポータルかその外で操作がありました。",
    "policy.weights.input_elsewhere": "ログイン中に10秒間、ポータル以外で端末が使われました。",
    "policy.weights.resumed": "端末がスリープしていました。",
    "policy.weights.foreign_window_closed": "利用とは別のウィンドウが開き、エージェントが閉じました。",
    "policy.weights.foreign_window_stuck": "そのようなウィンドウを閉じられませんでした。",
    "policy.weights.foreign_browser": "利用のほかにブラウザーが起動されたか、利用の前から起動しています。",
    "policy.weights.remote_control": "外部から端末に接続されているか、そのおそれのあるプログラムが動いています。",
}

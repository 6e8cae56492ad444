"""Texts of what a desk is made to do from afar."""

from __future__ import annotations

# key → (Japanese, English)
TEXTS: dict[str, tuple[str, str]] = {
    "commands": ("端末への指示", "Commands to this desk"),
    "commands_none": ("この端末には、まだ指示を出していません。", "This desk was never given a command."),
    "commands_note": (
        "「受け取り済み」は、端末が受け取り、まだ返事のないもの。「することなし」は、利用中でなかったか、すでにその状態だったもの。"
        "「中断」は、実行中にエージェントが終わったもので、やり直しません。「期限切れ」は、間に合わず、実行していないものです。",
        "“Fetched”: the desk has it, and nothing was heard since. “Nothing to do”: no visit ran, or it was so already. "
        "“Interrupted”: the agent ended in the middle of it; it is not tried again. “Expired”: too late, and not done.",
    ),
    "commands_most": (
        "新しい順に {most}件までです。全部はファイルにあります。",
        "The newest {most} are shown. The files have all.",
    ),
    "command_given_at": ("出した日時", "Given"),
    "command_what": ("指示", "Command"),
    "command_note_head": ("窓口に表示する言葉", "Shown at the desk"),
    "command_by": ("だれが", "By whom"),
    "command_why": ("理由", "Reason"),
    "command_stands": ("どうなったか", "How it stands"),
    "command_holds_until": ("期限", "Holds until"),
    "command_fetched_at": ("受け取った日時", "Fetched"),
    "command_settled_at": ("返事の日時", "Answered"),
    "command_give": ("指示を出す", "Give a command"),
    "command_lead": (
        "端末は次の報告のとき（ふつう1分以内）に受け取ります。急ぐときは、まず窓口に電話してください。"
        "だれが、いつ、なぜ指示したかが記録に残ります。",
        "The desk takes it up with its next report, as a rule within a minute. Where a person is needed at once, "
        "telephone first. Who gave it, when and why is kept.",
    ),
    "command_end_visit": ("いまの利用を終わらせる", "End the visit now"),
    "command_about_end_visit": (
        "いま席にいる方の画面がすぐに覆われ、ポータルからログアウトされ、ログアウトできたかどうかが確かめられます。"
        "その方がまだ送っていない入力は失われます。最後に支援員の確認が要ります。{minutes}分以内に端末へ届かなければ、実行しません。",
        "Whoever sits there now has the screen covered at once and is logged out of the portal, and the logout is "
        "proved. What they have typed and not sent is lost. The support worker confirms at the end. If it does not "
        "reach the desk within {minutes} minutes, nothing is done.",
    ),
    "command_close_desk": ("端末の利用を停止する", "Disable the desk"),
    "command_about_close_desk": (
        "次の利用を始められなくします。利用中なら、上と同じように、先にその利用を終わらせます（席にいる方はログアウトされます）。"
        "「端末の利用を再開する」まで停止したままで、再起動しても、窓口の管理者の解除でも開きません。",
        "No further visit begins. One that runs is ended first, in the same way as above: whoever sits there is "
        "logged out. It stays so until it is enabled: neither a restart nor a supervisor's release opens it.",
    ),
    "command_open_desk": ("端末の利用を再開する", "Enable the desk"),
    "command_about_open_desk": (
        "停止した端末で、また利用を始められるようにします。",
        "Visits can begin again at a desk that was disabled.",
    ),
    "command_send_diagnostics": ("診断を送らせる", "Have it send diagnostics"),
    "command_about_send_diagnostics": (
        "版、警告、見守りの状態などを符号で送ります。画面の内容や利用者のことは含みません。",
        "It sends versions, warnings and how its senses are, as codes; nothing of a screen or of a resident.",
    ),
    "command_note": (
        "利用を停止するとき、窓口の支援員に表示する言葉（{most}文字まで。なくてもよい）",
        "When disabling: what the desk shows its support worker ({most} characters; may be empty)",
    ),
    "command_reason": (
        "理由（{most}文字まで。記録に残ります。利用者のことは書かない）",
        "Reason ({most} characters; kept with the command; nothing of a resident)",
    ),
    "command_sure": (
        "この端末で間違いありません：{place}（端末番号{number}）",
        "This is the right desk: {place} (desk number {number})",
    ),
    "command_refused": ("指示を出していません。{why}", "No command was given. {why}"),
    "command_also": ("{first}{then}", "{first} {then}"),
    "command_choose": ("指示を一つ選んでください。", "Choose a command."),
    "command_say_why": ("理由を1〜{most}文字で入れてください。", "Say why, in 1 to {most} characters."),
    "command_be_sure": (
        "端末を確かめて、「この端末で間違いありません」に印を付けてください。",
        "Look which desk it is, and tick “This is the right desk”.",
    ),
    "command_too_many": (
        "この端末が受け取っていない指示が、すでに{most}件あります。",
        "{most} commands wait for this desk already.",
    ),
    # what a desk said of itself
    "diagnosis": ("端末の診断（{moment}）", "What the desk said of itself ({moment})"),
    "diagnosis_note": (
        "いちばん新しいものです。警告への対応は手引き「情報システム担当の方へ」の「困ったとき」に、点検への対応は"
        "端末の kiosk-agent doctor に出ます。",
        "The newest one. What to do about a warning is in the guide “For municipal IT”, “Troubleshoot”; about a check, "
        "kiosk-agent doctor says it at the desk.",
    ),
    "diagnosed_what": ("調べたもの", "Looked at"),
    "diagnosed_code": ("内容と符号", "What, with its code"),
    "diagnosed_how": ("結果", "Result"),
    "diagnosed_sense": ("見守り", "Sense"),
    "diagnosed_doctor": ("点検（doctor）", "Check (doctor)"),
    "diagnosed_system": ("OSとPython", "System"),
    "diagnosed_state": ("端末の状態（符号）", "State (code)"),
    "diagnosed_entries": ("台帳の記録の数", "Entries of the ledger"),
    "diagnosed_waiting": ("まだ送っていない日数", "Days not yet sent"),
    "diagnosed_policy": ("方針の番号", "Number of the policy"),
    "diagnosed_green": ("問題なし", "good"),
    "diagnosed_amber": ("注意", "caution"),
    "diagnosed_red": ("重大", "serious"),
    "diagnosed_working": ("動いている", "works"),
    "diagnosed_degraded": ("一部しか働かない", "notices less, or later"),
    "diagnosed_absent": ("働かない", "notices nothing"),
    "to_the_desk": ("端末の画面へ", "To the desk's page"),
    # how a command stands
    "stands_waiting": ("受け取り待ち", "waiting"),
    "stands_fetched": ("受け取り済み", "fetched"),
    "stands_done": ("実行済み", "done"),
    "stands_nothing_to_do": ("することなし", "nothing to do"),
    "stands_failed": ("失敗", "failed"),
    "stands_interrupted": ("中断", "interrupted"),
    "stands_refused": ("端末が拒否", "refused by the desk"),
    "stands_expired": ("期限切れ", "expired"),
}

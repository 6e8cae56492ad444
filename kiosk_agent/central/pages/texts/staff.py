"""Texts of signing in, of accounts, and of what stands on every page."""

from __future__ import annotations

# key → (Japanese, English)
TEXTS = {
    "product": ("ログアウト状況の集計", "Logout counts"),
    "sign_in": ("ログイン", "Sign in"),
    "name": ("アカウント名", "Account name"),
    "password": ("パスワード", "Password"),
    "code": ("確認コード（設定している場合）", "One-time code (if you have set one up)"),
    "wrong": (
        "アカウント名、パスワード、確認コードのいずれかが正しくありません。",
        "The account name, the password or the code is not right.",
    ),
    "locked": (
        "続けて失敗したため、受け付けを止めています。約{minutes}分後にやり直してください。",
        "Too many failed attempts. Try again in about {minutes} minutes.",
    ),
    "changed": (
        "パスワードを変えました。新しいパスワードでログインしてください。",
        "The password was changed. Sign in with the new one.",
    ),
    "sign_in_with": ("{name}でログイン", "Sign in with {name}"),
    "one_moment": ("お待ちください", "One moment"),
    "go_on": ("画面が変わらないときは、ここを押してください", "If nothing happens, press here"),
    "to_provider": ("{name}の画面に移ります。", "Taking you to {name}."),
    "signed_in_now": ("ログインしました。", "You are signed in."),
    "leaving_provider": (
        "ログアウトしました。続けて{name}からもログアウトします。",
        "You are logged out. Now you are being signed out of {name}, too.",
    ),
    "still_there": (
        "ログアウトしました。ただし、認証サービスにはログインしたままかもしれません。ブラウザーをすべて閉じてください。",
        "You are logged out here, but perhaps still signed in at the provider. Close all windows of the browser.",
    ),
    "provider_down": (
        "{name}に接続できません。しばらくしてからやり直すか、アカウント名とパスワードでログインしてください。",
        "{name} cannot be used at the moment. Try again later, or sign in with your account name and password.",
    ),
    "provider_state": (
        "このログインは途中で切れたか、すでに使われています。もう一度ログインしてください。",
        "This sign-in was interrupted or used before. Sign in once more.",
    ),
    "provider_declined": ("{name}でログインできませんでした。", "{name} did not sign you in."),
    "provider_code": (
        "{name}からの返事は、もう使えません。もう一度ログインしてください。",
        "The answer of {name} cannot be used any more. Sign in once more.",
    ),
    "provider_token": (
        "{name}からの返事を確認できません。管理者に知らせてください。",
        "The answer of {name} does not hold. Tell your administrator.",
    ),
    "provider_not_fresh": (
        "{name}で本人の確認が行われませんでした。{name}の画面で、もう一度ログインしてください。",
        "{name} did not ask who you are. Sign in once more, on its own page.",
    ),
    "provider_second_factor": (
        "二段階の認証（パスワードのほかに、確認コードやICカードなど）をせずにログインしたため、利用できません。"
        "{name}の画面で二段階の認証をして、もう一度ログインしてください。設定がまだの場合は、管理者に知らせてください。",
        "You signed in without a second factor (a code or a card beside the password), so you cannot come in."
        " Sign in once more with it, on the page of {name}. If you have none set up, tell your administrator.",
    ),
    "provider_not_linked": (
        "このアカウントでは利用できません。管理者に知らせてください。",
        "You cannot use this with your account. Tell your administrator.",
    ),
    "provider_disabled": (
        "このアカウントでは利用できません。管理者に知らせてください。",
        "You cannot use this with your account. Tell your administrator.",
    ),
    "account": ("アカウント", "Account"),
    "role": ("役割", "Role"),
    "scope": ("範囲", "Scope"),
    "VIEWER": ("閲覧者", "Viewer"),
    "MANAGER": ("担当者", "Manager"),
    "ADMINISTRATOR": ("管理者", "Administrator"),
    "nation": ("全国", "Nation"),
    "prefecture": ("都道府県", "Prefecture"),
    "municipality": ("市区町村", "Municipality"),
    "office": ("窓口", "Office"),
    "change_password": ("パスワードを変える", "Change the password"),
    "old_password": ("いまのパスワード", "Password now"),
    "new_password": ("新しいパスワード（{shortest}文字以上）", "New password ({shortest} characters or more)"),
    "again": ("新しいパスワード（もう一度）", "New password again"),
    "ends_all": (
        "変えると、すべての端末でログアウトします。",
        "This logs you out on every PC.",
    ),
    "old_wrong": ("いまのパスワードが正しくありません。", "The password is not right."),
    "not_the_same": ("新しいパスワードが一致しません。", "The new passwords are not the same."),
    "not_usable": (
        "このパスワードは使えません。{shortest}文字以上{longest}文字以下で、アカウント名とは違うものにしてください。",
        "This password cannot be used. Take {shortest} to {longest} characters, and not the account name.",
    ),
    "log_out": ("ログアウト", "Log out"),
    "error": ("表示できません", "This cannot be shown"),
    "forged": (
        "この画面は古くなっています。前の画面を開き直して、もう一度操作してください。",
        "This page is out of date. Open the page before it again, and repeat.",
    ),
    "not_allowed": ("この操作をする権限がありません。", "You may not do this."),
    "not_understood": ("この要求は受け付けられません。", "This request cannot be taken."),
    "busy": ("しばらくしてから、やり直してください。", "Try again in a moment."),
    "no_page": ("この画面はありません。", "There is no such page."),
    "skip": ("本文へ", "To the contents"),
    "navigation": ("メニュー", "Menu"),
    "crumbs": ("いまの場所", "Where you are"),
    "you": ("利用中", "Signed in"),
    "other_language": ("English", "日本語"),
    "idle_title": ("まもなくログアウトします", "You will be logged out soon"),
    "idle_text": (
        "操作がないため、まもなく自動でログアウトします。",
        "Nothing was done for a while. You will be logged out.",
    ),
    "idle_left": ("あと{left}秒", "{left} seconds left"),
    "idle": ("操作がなかったため、ログアウトしました。", "You were logged out because nothing was done for a while."),
    "stay": ("続ける", "Stay signed in"),
    "home": ("概況へ", "To the overview"),
}

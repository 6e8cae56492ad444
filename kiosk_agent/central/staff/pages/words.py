"""The texts of the staff pages: Japanese first, English second."""

from __future__ import annotations

from collections.abc import Callable

JAPANESE, ENGLISH = "ja", "en"
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
    "back": ("アカウントの画面へ", "To the account page"),
}


def language_of(accepted: str) -> str:
    """The language of ``Accept-Language`` (RFC 9110, 12.5.4): English only where it is wanted more than Japanese."""
    wanted = {JAPANESE: 0.0, ENGLISH: 0.0}
    for part in accepted.split(",")[:20]:
        name, _, rest = part.strip().partition(";")
        primary = name.strip().lower().partition("-")[0]
        try:
            weight = float(rest.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if primary in wanted:
            wanted[primary] = max(wanted[primary], weight)
    return ENGLISH if wanted[ENGLISH] > wanted[JAPANESE] else JAPANESE


def words(language: str) -> Callable[..., str]:
    """A function that gives the text of a key, with its values filled in. Raises KeyError where there is none."""
    column = 1 if language == ENGLISH else 0

    def text(key: str, **values: object) -> str:
        return TEXTS[key][column].format(**values)

    return text

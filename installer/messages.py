"""What the set-up says, in Japanese or English, on the error stream."""

from __future__ import annotations

import sys

from kiosk_agent.locale.system import system_language

ENGLISH, JAPANESE = 0, 1

TEXTS = {
    "usage": (
        "Usage: python3 installer/bootstrap.py demo|test [arguments]\n"
        "  demo   replays the incident on the practice portal; try: demo --watch, demo --headless, demo --json\n"
        "  test   runs the tests; what follows is passed on to pytest (test --windows: those on Windows, under Wine)",
        "使い方: python3 installer/bootstrap.py demo|test [引数]\n"
        "  demo   練習用ポータルで事案を再現します。例: demo --watch, demo --headless, demo --json\n"
        "  test   テストを実行します。続く引数は pytest に渡します（test --windows: Windows のテスト、Wine を使用）",
    ),
    "platform": (
        "Only Linux and Windows are supported; this is {platform}.",
        "対応しているのは Linux と Windows です（この PC: {platform}）。",
    ),
    "waiting": (
        "Another set-up is at work here; waiting for it.",
        "別のセットアップが実行中です。終わるまで待ちます。",
    ),
    "ready": ("The Python environment is ready.", "Python 環境は準備できています。"),
    "repaired": (
        "A set-up was interrupted here; its remains are removed.",
        "前回のセットアップが途中で止まっていたため、残りを片付けました。",
    ),
    "building": (
        "Making the Python environment in {folder} (Python {version}).",
        "Python 環境を作成します: {folder}（Python {version}）。",
    ),
    "pip from": ("Taking pip from {source}.", "pip の入手元: {source}"),
    "installing": (
        "Installing {count} packages, each checked against its hash. The first time this takes a minute or two.",
        "{count} 個のパッケージを、ハッシュを照合しながら入れます。初回は 1～2 分かかります。",
    ),
    "project": ("Installing kiosk-agent itself.", "kiosk-agent 本体を入れます。"),
    "kept": (
        "The environment that was there before was not made by this program; it is kept as {folder}.",
        "以前の環境はこのプログラムが作ったものではないため、{folder} として残しました。",
    ),
    "in use": (
        "{folder} is in use. Close the programs that run from it (an activated shell, an editor, the agent), "
        "then start again.",
        "{folder} が使用中です。そこから動いているプログラム（シェル、エディター、エージェント）を閉じてから、"
        "もう一度実行してください。",
    ),
    "failed": (
        "The set-up did not finish: {reason}\nNothing half-made is left behind.",
        "セットアップを完了できませんでした: {reason}\n途中の環境は残していません。",
    ),
    "interrupted": (
        "Interrupted. Nothing half-made is left behind.",
        "中断しました。途中の環境は残していません。",
    ),
    "no pip": (
        "this Python has no pip and none could be fetched. Run this, then start again:\n    {command}",
        "この Python には pip がなく、取得もできませんでした。次を実行してから、もう一度お試しください:\n    {command}",
    ),
    "command failed": (
        "`{command}` ended with status {status}.",
        "`{command}` が状態 {status} で終了しました。",
    ),
    "apt": (
        "Installing from the distribution: {packages}",
        "ディストリビューションのパッケージを入れます: {packages}",
    ),
    "missing": ("Missing: {what}. To install it:\n    {command}", "不足: {what}。入れるには:\n    {command}"),
    "needed": (
        "this cannot run without it. Install what is named above, then start again.",
        "これがないと実行できません。上のコマンドで入れてから、もう一度お試しください。",
    ),
    "goes on": (
        "Going on without; what needs it is skipped or says so.",
        "このまま続けます。必要とする部分は省略され、その旨が表示されます。",
    ),
    "browser": ("Browser: {path}", "ブラウザー: {path}"),
    "browser download": (
        "This distribution has no browser package that can be used; fetching Playwright's Chromium.",
        "このディストリビューションには使えるブラウザーのパッケージがないため、Playwright の Chromium を取得します。",
    ),
    "browser vendor": (
        "Here a browser may only use its sandbox if its package brought an AppArmor profile; installing Google Chrome.",
        "この PC では、AppArmor プロファイル付きのパッケージのブラウザーだけがサンドボックスを使えるため、"
        "Google Chrome を入れます。",
    ),
    "no sandbox": (
        "Running as root: the browser's own sandbox is OFF for this run (KIOSK_AGENT_NO_SANDBOX=1). "
        "This is for development only; never run a desk like this.",
        "root で実行しているため、今回に限りブラウザーのサンドボックスを無効にします（KIOSK_AGENT_NO_SANDBOX=1）。"
        "開発専用です。窓口の PC では決して行わないでください。",
    ),
    "no screen": (
        "No screen here: the demo runs headless. Windows and covers are not shown; everything else is real.",
        "画面がないため、ヘッドレスで実行します。ウィンドウと覆いは表示されませんが、他はすべて実際の動作です。",
    ),
    "third party": (
        "Setting up the real applications for the tests: {name}",
        "テスト用の実アプリケーションを準備します: {name}",
    ),
    "card": (
        "Installing pyscard, for the card reader. On Linux it is compiled.",
        "カードリーダー用の pyscard を入れます。Linux ではコンパイルします。",
    ),
    "no card": (
        "pyscard could not be installed; the card reader is not used: {reason}",
        "pyscard を入れられませんでした。カードリーダーは使いません: {reason}",
    ),
    "without": (
        "The tests that use {name} will be skipped: {reason}",
        "{name} を使うテストは省略されます: {reason}",
    ),
    "running": ("Running: {command}", "実行: {command}"),
    "what browser": ("a browser (Edge, Chrome or Chromium)", "ブラウザー（Edge、Chrome または Chromium）"),
    "what tkinter": ("tkinter, which draws the cover", "画面の覆いを描く tkinter"),
    "what driver": ("a library of Playwright's driver", "Playwright のドライバーが使うライブラリー"),
    "what fonts": ("fonts for Japanese, Chinese, Korean, Vietnamese", "日本語・中国語・韓国語・ベトナム語のフォント"),
    "what xvfb": ("Xvfb, the screen of the tests", "テスト用の画面 Xvfb"),
    "what openbox": ("openbox, the window manager of the tests", "テスト用のウィンドウマネージャー openbox"),
    "what xdotool": ("xdotool, the keyboard and mouse of the tests", "テスト用のキーボードとマウス xdotool"),
    "what picom": ("picom, the compositing manager of the tests", "テスト用のコンポジター picom"),
    "what trayer": ("trayer, the tray of the tests", "テスト用のトレイ trayer"),
    "what xclip": ("xclip, the clipboard of the tests", "テスト用のクリップボード xclip"),
    "what x11-utils": ("xprop and xwininfo, which look at windows", "ウィンドウを調べる xprop と xwininfo"),
    "what cups": ("CUPS and its programs, the print server of the tests", "テスト用の印刷サーバー CUPS"),
    "what scrot": ("scrot, which takes pictures of the screen", "画面を撮る scrot"),
    "what imagemagick": ("ImageMagick, which compares pictures", "画像を比べる ImageMagick"),
    "what node": ("Node.js and npm, for Node-RED", "Node-RED に使う Node.js と npm"),
    "what openssl": ("OpenSSL, for certificates of the tests' own", "テスト専用の証明書を作る OpenSSL"),
    "what keyring": ("a keyring of the tests' own", "テスト専用のキーリング"),
    "what dbusmock": (
        "D-Bus and python-dbusmock, for a logind of the tests' own",
        "テスト用の logind に使う D-Bus と python-dbusmock",
    ),
    "what pcsc": (
        "pcscd and vsmartcard-vpcd, the card reader of the tests",
        "テスト用のカードリーダー pcscd と vsmartcard-vpcd",
    ),
    "what namespaces": (
        "unshare, nsenter and ip, for networks of the tests' own",
        "テスト専用のネットワークに使う unshare、nsenter、ip",
    ),
    "what card-compiler": (
        "a C compiler and PC/SC's headers, for pyscard",
        "pyscard に使う C コンパイラーと PC/SC のヘッダー",
    ),
    "what python-headers": ("Python's headers, for pyscard", "pyscard に使う Python のヘッダー"),
    "what postgresql": ("PostgreSQL, the larger of central's two databases", "センターのデータベース PostgreSQL"),
    "what debootstrap": ("debootstrap, for a bare Debian", "まっさらな Debian を作る debootstrap"),
    "what lintian": ("lintian, for the Debian package", "Debian パッケージの検査に使う lintian"),
    "what desk": ("what the Debian package depends on", "Debian パッケージが必要とするもの"),
    "what nginx": ("nginx, in front of central", "センターの手前に置く nginx"),
    "windows": (
        "Setting up Windows for the tests: Wine and a Python. The first time this takes a minute or two.",
        "テスト用の Windows 環境（Wine と Python）を準備します。初回は 1～2 分かかります。",
    ),
    "windows version": (
        "the tests on Windows need Python 3.11, whose standard library they share; this is {found}.",
        "Windows のテストには Python 3.11 が必要です（標準ライブラリーを共用するため）。この PC: {found}",
    ),
    "windows tampered": (
        "{file} is not the file that is expected: SHA-256 {found} instead of {expected}.",
        "{file} が想定のファイルと異なります（SHA-256: {found}、想定: {expected}）。",
    ),
    "msi tool": (
        "{tool} is missing. On Debian and Ubuntu: "
        "sudo apt-get install wixl msitools osslsigncode gcc-mingw-w64-x86-64-win32",
        "{tool} がありません。Debian・Ubuntu では: "
        "sudo apt-get install wixl msitools osslsigncode gcc-mingw-w64-x86-64-win32",
    ),
    "msi file": ("there is no file {file}.", "{file} というファイルがありません。"),
    "msi payload": (
        "{folder} is not what PyInstaller makes of installer/windows/kiosk-agent.spec: it lacks {missing}.",
        "{folder} は installer/windows/kiosk-agent.spec から作ったフォルダーではありません（不足: {missing}）。",
    ),
    "msi unsigned": (
        "{file} has no signature that could be verified. Do not roll it out as signed. osslsigncode says:\n{said}",
        "{file} に確かめられる署名がありません。署名済みとして配布しないでください。osslsigncode の出力:\n{said}",
    ),
    "build usage": (
        "Usage: python3 installer/build.py {names} [--help]\nAfter a name, --help tells what else it takes.",
        "使い方: python3 installer/build.py {names} [--help]\n名前のあとの --help で、そのほかの指定を表示します。",
    ),
    "build tools": (
        "What builds the project could not be installed: {reason}",
        "ビルドに使うものを入れられませんでした: {reason}",
    ),
    "build unknown": ("{name} cannot be built by this version.", "この版では {name} を作れません。"),
    "build command": ("{name} ended with status {status}:\n{said}", "{name} が状態 {status} で終了しました:\n{said}"),
    "deb tool": (
        "{tool} is missing: Debian packages are built on Debian or Ubuntu.",
        "{tool} がありません。Debian パッケージは Debian か Ubuntu で作ります。",
    ),
    "card cannot": (
        "pyscard cannot be compiled here: install gcc, libpcsclite-dev and Python's headers, or say --without-card.",
        "pyscard をコンパイルできません。gcc、libpcsclite-dev、Python のヘッダーを入れるか、"
        "--without-card を付けてください。",
    ),
    "msi metadata": (
        "{folder} has no *.dist-info of the packages in it, so that nobody could say what it holds. "
        "Freeze it anew with installer/windows/kiosk-agent.spec of this version.",
        "{folder} に各パッケージの *.dist-info がなく、中身の一覧を作れません。"
        "この版の installer/windows/kiosk-agent.spec で作り直してください。",
    ),
    "msi version": (
        "Windows compares versions of three numbers, such as 1.2.3; this is {version}.",
        "Windows のバージョンは 1.2.3 のような 3 つの数です（指定: {version}）。",
    ),
    "msi profile": (
        "PROFILE= names a profile by its file, so each needs a name of its own, of letters A to Z, digits, - and _; "
        "this is {name}.toml. Rename the file.",
        "PROFILE= にはプロファイルのファイル名を指定します。半角英数字と - _ だけの、重複しない名前に変えてください"
        "（指定: {name}.toml）。",
    ),
    "msi signing": ("osslsigncode did not sign {file}.", "osslsigncode が {file} に署名できませんでした。"),
    "msi tampered": (
        "the signature of {file} does not fit it. osslsigncode says:\n{said}",
        "{file} の署名が内容と一致しません。osslsigncode の出力:\n{said}",
    ),
    "what wine": ("Wine, the Windows of the tests", "テスト用の Windows 環境 Wine"),
    "what mingw": ("a C compiler for Windows", "Windows 用の C コンパイラー"),
    "what msitools": ("msitools, which pack the installer for Windows", "Windows のインストーラーを作る msitools"),
    "what osslsigncode": ("osslsigncode, which signs it", "インストーラーに署名する osslsigncode"),
    "what git": ("git, for the checks of the repository", "リポジトリの検査に使う git"),
}


def text(key: str, **fields: object) -> str:
    """The text named ``key`` with its fields filled in. KeyError for a text that does not exist."""
    return TEXTS[key][JAPANESE if system_language() == "ja" else ENGLISH].format(**fields)


def say(key: str, **fields: object) -> None:
    """Print the text named ``key`` on the error stream, at once."""
    print(f"[kiosk-agent] {text(key, **fields)}", file=sys.stderr, flush=True)


class SetupError(Exception):
    """The set-up cannot go on. The message is for the person at the terminal."""

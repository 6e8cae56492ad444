"""Verify this bundle and install from it, without any network.

    python3 bundle.py verify
    python3 bundle.py install agent              as root, on Debian and Ubuntu: the package in debian/
    python3 bundle.py install central [--to DIR] an environment with central; /opt/kiosk-central if not said

``verify`` prints the digest of SHA256SUMS: compare it with the one that was given to you in another way, or let it be
compared with ``--expect DIGEST``. ``install`` verifies first, and installs nothing from a bundle that was changed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUMS = HERE / "SHA256SUMS"
LANGUAGE = next((os.environ[one] for one in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(one)), "")
JAPANESE = LANGUAGE.lower().startswith("ja")
USAGE_JA = """このオフライン一式を確かめ、ネットワークなしで入れます。

    python3 bundle.py verify
    python3 bundle.py install agent              Debian・Ubuntu に、root で: debian/ のパッケージ
    python3 bundle.py install central [--to DIR] 集計サーバーの環境。場所の指定がなければ /opt/kiosk-central

verify は SHA256SUMS のダイジェストを表示します。別の方法で伝えられたものと比べるか、--expect DIGEST で比べさせます。
install は先に確かめ、変えられた一式からは何も入れません。
"""


def either(english: str, japanese: str) -> str:
    """What whoever installs reads."""
    return japanese if JAPANESE else english


class BundleError(Exception):
    """Something that keeps the bundle from being used; the message says what."""


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def verify(expect: str | None) -> str:
    """Check every file; returns the digest of the list of digests. Raises BundleError."""
    if not SUMS.is_file():
        raise BundleError(
            either(
                f"{SUMS} is missing: this is no whole bundle. Copy it again.",
                f"{SUMS} がありません。一式がそろっていません。もう一度コピーしてください。",
            )
        )
    told = digest_of(SUMS)
    if expect is not None and expect.strip().lower() != told:
        raise BundleError(
            either(
                f"SHA256SUMS is another one: expected {expect}, got {told}. Do not use this bundle. "
                "Ask whoever gave you the digest.",
                f"SHA256SUMS が違います（伝えられた値: {expect}、実際: {told}）。この一式を使わないでください。"
                "ダイジェストを伝えた人に確かめてください。",
            )
        )
    wrong, named = [], {SUMS.name}
    for line in SUMS.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = HERE / name
        if HERE not in path.resolve().parents:
            raise BundleError(
                either(
                    f"SHA256SUMS names a file outside of the bundle: {name}. Do not use this bundle.",
                    f"SHA256SUMS に一式の外のファイルがあります: {name}。この一式を使わないでください。",
                )
            )
        named.add(name)
        if not path.is_file():
            wrong.append(either("missing: ", "ない: ") + name)
        elif digest_of(path) != digest:
            wrong.append(either("changed: ", "変わっている: ") + name)
    here = {path.relative_to(HERE).as_posix() for path in HERE.rglob("*") if not path.is_dir()}
    wrong += [either("not listed: ", "一覧にない: ") + name for name in sorted(here - named)]
    if wrong:
        raise BundleError(
            either(
                "This bundle was changed. Do not use it. Copy it again from where it was handed over.",
                "この一式は変わっています。使わないでください。受け取った元から、もう一度コピーしてください。",
            )
            + "\n"
            + "\n".join(wrong)
        )
    return told


def run(command: list[str]) -> None:
    """Run a program; raises BundleError where it fails."""
    if subprocess.call(command, env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PYTHONDONTWRITEBYTECODE": "1"}):
        said = " ".join(command)
        raise BundleError(either(f"This failed: {said}", f"次のコマンドが失敗しました: {said}"))


def need_root() -> None:
    """Raises BundleError where this is not root: said before anything is half done."""
    if sys.platform == "linux" and os.geteuid() != 0:
        raise BundleError(
            either(
                "Only root can install the package: sudo python3 bundle.py install agent",
                "パッケージを入れられるのは root だけです: sudo python3 bundle.py install agent",
            )
        )


def install_agent() -> None:
    """Install the Debian package. What it depends on must be installed, or come from your own mirror."""
    need_root()
    packages = sorted(str(path) for path in (HERE / "debian").glob("*.deb"))
    if len(packages) != 1:
        found = len(packages)
        raise BundleError(
            either(
                f"Expected one package in debian/, got {found}. Choose one, and install it with: dpkg --install FILE",
                f"debian/ のパッケージは1つのはずですが、{found} 個あります。1つを選んで入れます: dpkg --install FILE",
            )
        )
    try:
        run(["dpkg", "--install", *packages])
    except BundleError as error:
        raise BundleError(
            either(
                f"{error}\nThe lines above say why. Where packages are missing, get them from your own mirror or "
                "medium: apt-get --fix-broken install",
                f"{error}\n理由は上の行にあります。足りないパッケージは、自庁のミラーか媒体から入れます: "
                "apt-get --fix-broken install",
            )
        ) from error


def install_central(folder: Path) -> None:
    """Make an environment with central in ``folder``, from the wheels alone."""
    wanted = (HERE / "PYTHON").read_text(encoding="utf-8").strip()
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if here != wanted:
        raise BundleError(
            either(
                f"The wheels are for Python {wanted}; this is {here}. Use python{wanted}.",
                f"この一式は Python {wanted} 用です（実際: {here}）。python{wanted} で実行してください。",
            )
        )
    if folder.exists() and any(folder.iterdir()) and not (folder / "pyvenv.cfg").exists():
        raise BundleError(
            either(
                f"{folder} holds something else. Name another folder: --to DIR.",
                f"{folder} には別のものがあります。別のフォルダーを指定してください: --to DIR",
            )
        )
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    python = str(folder / "bin" / "python")
    (pip,) = (HERE / "wheels").glob("pip-*.whl")
    options = ["--no-index", "--no-deps", "--quiet", "--disable-pip-version-check", f"--find-links={HERE / 'wheels'}"]
    requirements = f"--requirement={HERE / 'requirements' / 'central.txt'}"
    run([python, f"{pip}/pip", "install", *options, "--require-hashes", requirements])
    (own,) = (HERE / "wheels").glob("kiosk_agent-*.whl")
    run([python, f"{pip}/pip", "install", *options, "--force-reinstall", str(own)])


def main() -> int:
    """Exit status 1 where the bundle was changed or could not be installed."""
    parser = argparse.ArgumentParser(
        description=either(__doc__ or "", USAGE_JA), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--expect", metavar="DIGEST", help="of SHA256SUMS")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("verify")
    install = commands.add_parser("install")
    install.add_argument("what", choices=["agent", "central"])
    install.add_argument("--to", type=Path, default=Path("/opt/kiosk-central"))
    chosen = parser.parse_args()
    try:
        whole = either("Every file is as it was packed.", "すべてのファイルは作られたときのままです。")
        print(f"{whole} SHA-256 of SHA256SUMS: {verify(chosen.expect)}", flush=True)
        if chosen.command == "install" and chosen.what == "agent":
            install_agent()
        elif chosen.command == "install":
            install_central(chosen.to.absolute())
        if chosen.command == "install":
            print(either("Installed.", "入れ終わりました。"))
    except (BundleError, OSError) as error:
        print(f"bundle: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())

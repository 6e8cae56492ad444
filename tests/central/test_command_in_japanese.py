"""Whatever ``kiosk-central`` says in Japanese is Japanese: results, warnings, and what goes wrong with each command."""

from __future__ import annotations

import ast
import datetime
import gzip
import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from sqlalchemy.exc import DBAPIError

from kiosk_agent import reasons
from kiosk_agent.central.cli import main
from kiosk_agent.central.database.migrate import cannot_be_used
from kiosk_agent.locale import operators
from kiosk_agent.locale.extract import PACKAGE
from kiosk_agent.text import Text, shown, unpacked
from kiosk_agent.wire.policy import SettingsError, read_settings
from tests.central.serving import command
from tests.support import two_languages
from tests.support.many_lines import Said, parts_of, run_in_one_process
from tests.support.two_languages import JAPANESE

# What stays as it is: command lines to copy, options, variables, addresses, keys of settings, what was typed.
KEPT = re.compile(
    r"kiosk-central(?: [a-z-]+)+|openssl rand -hex 32|pip install \S+|--[a-z-]+(?: [A-Z]+)?|'[^']*'|\S+[/:=_.]\S+"
)
# Many command lines in one process: each starts with no more than its own arguments, as a terminal would start it.
MANY = """
import json, sys
from click.testing import CliRunner
from kiosk_agent import reasons
from kiosk_agent.central.cli import main
told = []
for arguments, given in json.load(sys.stdin):
    done = CliRunner().invoke(main, arguments, input=given, prog_name="kiosk-central")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    told.append([done.exit_code, done.stdout, done.stderr])
print(json.dumps(told))
"""


class Run(NamedTuple):
    """A command line, and what it reads."""

    arguments: str
    given: str = ""


PASSWORD = "a long enough password\n"
# What would need a server that runs, or a desk.
WITHOUT_RESULT = ("serve", "alert acknowledge", "command desk", "command list")
WITHOUT_MISTAKE = ()
# In this order on one database: what each prints where all goes well.
RESULTS = (
    Run("migrate"),
    Run("import municipalities {municipalities}"),
    Run("desk code --municipality 131016 --office 市民課 --new-office"),
    Run("import opening-hours {hours}"),
    Run("office hours --municipality 131016 --office 市民課 --usual"),
    Run("staff add one --role administrator --scope nation", PASSWORD),
    Run("staff add two --role viewer --scope prefecture:13 --login two@example.jp"),
    Run("staff change two --role manager"),
    Run("staff list"),
    Run("staff code one --remove"),
    Run("staff link one one@example.jp"),
    Run("staff unlink one"),
    Run("staff unlink two"),
    Run("staff disable two"),
    Run("staff audit --verify"),
    Run("alert recipients add it@example.jp --scope nation"),
    Run("alert recipients list"),
    Run("alert recipients remove 1"),
    Run("alert list"),
    Run("policy set nation {policy} --reason 試行 --share 50 --preview"),
    Run("policy set nation {policy} --reason 試行 --share 50"),
    Run("policy widen nation 100 --reason 問題なし"),
    Run("policy rollback nation --reason 取消"),
    Run("notice add nation --title お知らせ --until {next_month}"),
    Run("notice add nation --title お知らせ --until {next_month} --ask-read"),
    Run("notice withdraw 1"),
    Run("notice list"),
    Run("policy show nation"),
    Run("export {table} --from 2026-04-01 --to 2026-04-02"),
    Run("backup {backup}"),
    Run("restore {backup} --data {elsewhere}"),
    Run("simulate --municipalities 1 --desks 1 --days 2 --data {simulated}"),
)
# What goes wrong; each of the commands at least once.
MISTAKES = (
    Run("migrate --database oracle://x/y"),
    Run("migrate --database nonsense"),
    Run("migrate --database sqlite://"),
    Run("migrate --database {nobody}"),
    Run("serve --database {nobody}"),
    Run("serve --host 127.0.0.1 --port {taken}"),
    Run("serve --host no.such.host.invalid"),
    Run("serve --smtp-user me"),
    Run("serve --smtp-host mail.example.jp"),
    Run("serve --smtp-host mail.example.jp --smtp-from it@example.jp --smtp-user me"),
    Run("serve --smtp-host mail.example.jp --smtp-from it@example.jp --smtp-password-file {missing}"),
    Run(
        "serve --smtp-host h --smtp-from i@example.jp --smtp-user me --smtp-password-file {hours} --smtp-security none"
    ),
    Run("serve --webhook-secret-file {empty}"),
    Run("serve --webhook-secret-file {hours}"),
    Run("serve --alert-ca {missing}"),
    Run("serve --alert-ca {hours}"),
    Run("serve --oidc-client-id x"),
    Run("serve --oidc-issuer http://far.example.jp"),
    Run("serve --oidc-issuer https://login.example.jp"),
    Run("serve --oidc-issuer https://login.example.jp --public-url https://central.example.jp"),
    Run("import municipalities {missing}"),
    Run("import municipalities {empty}"),
    Run("import municipalities {hours}"),
    Run("import municipalities {binary}"),
    Run("import municipalities {bad_municipalities}"),
    Run("import municipalities {heads}"),
    Run("import municipalities {folder}"),
    Run("import opening-hours {missing}"),
    Run("import opening-hours {municipalities}"),
    Run("import opening-hours {bad_hours}"),
    Run("import opening-hours {hours_later}"),
    Run("desk code --municipality 999999 --office x"),
    Run("desk code --municipality 131016 --office x"),
    Run("desk code --municipality 131016 --office x --database {nobody}"),
    Run("office hours --municipality 131016 --office nowhere --usual"),
    *(
        Run(f"office hours --municipality 131016 --office 市民課 --set '{text}'")
        for text in (
            "whenever",
            "mon 25:00-26:00",
            "mon 09:00-08:00",
            "fri-mon 09:00-10:00",
            "mon,mon 9:00-10:00",
            "xyz 9:00-10:00",
            "mon 9:00-10:00; mon 9:00-10:00",
            "x" * 301,
        )
    ),
    Run("staff add one --role viewer --scope nation", PASSWORD),
    Run("staff add three --role viewer --scope nation", "short\n"),
    Run("staff add 'a long enough password' --role viewer --scope nation", PASSWORD),
    Run("staff add three --role viewer --scope nowhere", PASSWORD),
    Run(f"staff add {'x' * 101} --role viewer --scope nation", PASSWORD),
    Run("staff add three --role viewer --scope nation --login ''"),
    Run("staff change one"),
    Run("staff change nobody --role viewer"),
    Run("staff change one --role viewer"),
    Run("staff disable nobody"),
    Run("staff code nobody"),
    Run("staff link nobody x"),
    Run("staff unlink nobody"),
    Run("staff list --database {nobody}"),
    Run("staff audit --database {nobody}"),
    Run("alert list --database {nobody}"),
    Run("alert acknowledge 7"),
    Run(f"alert acknowledge 7 --note {'x' * 2000}"),
    Run("alert recipients add nonsense --scope nation"),
    Run("alert recipients add https://hook.example.jp/x --scope nation"),
    Run("alert recipients add it@example.jp --scope nowhere"),
    Run("alert recipients list --database {nobody}"),
    Run("alert recipients remove 7"),
    Run("policy set nowhere {policy} --reason x"),
    Run("policy set desk:7 {policy} --reason x"),
    Run("policy set nation {missing} --reason x"),
    Run("policy set nation {binary} --reason x"),
    Run("policy set nation {hours} --reason x"),
    Run("policy set nation {bad_policy} --reason x"),
    Run("policy set nation {policy_of_words} --reason x"),
    Run("policy set nation {unknown_policy} --reason x"),
    Run("policy set nation {contradiction} --reason x"),
    Run("policy set nation {policy} --reason ' '"),
    Run("policy set nation {policy} --reason x --by ' '"),
    Run("policy set nation {policy} --reason x --share 0"),
    Run("policy widen nation 50 --reason x"),
    Run("policy widen prefecture:13 50 --reason x"),
    Run("policy rollback prefecture:13 --reason x"),
    Run("policy show municipality:999999"),
    Run("notice add desk:7 --title x --until 2026-01-01"),
    Run("notice add nation --title x --until soon"),
    Run(f"notice add nation --title {'x' * 61} --until 2099-01-01"),
    Run("notice add nation --title '' --until 2099-01-01"),
    Run("notice add nation --title x --until 2099-01-01 --by ' '"),
    Run("notice withdraw 7"),
    Run("notice list --database {nobody}"),
    Run("command desk 7 disable --reason x"),
    Run("command desk 7 disable --reason ''"),
    Run("command desk 7 disable --reason x --valid-minutes 999999"),
    Run(f"command desk 7 disable --reason x --note {'x' * 2000}"),
    Run("command list 7"),
    Run("export {folder}/x.pdf --from 2026-04-01 --to 2026-04-02"),
    Run("export {missing}/x.csv --from 2026-04-01 --to 2026-04-02"),
    Run("backup {missing}/x"),
    Run("restore {missing}"),
    Run("restore {hours} --data {empty_folder}"),
    Run("restore {cut} --data {empty_folder}"),
    Run("restore {backup}"),
    Run("simulate"),
    Run("simulate --municipalities 9 --desks 1 --data {empty_folder}"),
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Said]]:
    """What every command line above prints in Japanese, by the line itself."""
    folder = tmp_path_factory.mktemp("said")
    places = {name: str(path) for name, path in files(folder).items()}
    with socket.create_server(("127.0.0.1", 0)) as busy:
        places |= {"taken": str(busy.getsockname()[1]), "nobody": "postgresql://me@127.0.0.1:1/x"}
        places["next_month"] = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)).isoformat()
        yield dict(run_all([*RESULTS, *MISTAKES], places, folder))


def files(folder: Path) -> dict[str, Path]:
    """Files that commands read or write, by name."""
    texts = {
        "empty": "",
        "municipalities": "code,prefecture,municipality\n131016,東京都,千代田区\n",
        "bad_municipalities": "code,prefecture,municipality\n131017,東京都,千代田区\n011002,,札幌市\n",
        "heads": "code,prefecture,municipality\n",
        "hours": "code,office,hours\n131016,市民課,月-金 9:00-17:00\n",
        "hours_later": "code,office,hours\n131016,税務課,月-金 9:00-17:00\n",
        "bad_hours": "code,office,hours\n131016,市民課,いつでも\n",
        "policy": "idle_limit_s = 60\n",
        "bad_policy": "idle_limit_s = 1\n",
        "policy_of_words": 'idle_limit_s = "long"\n',
        "unknown_policy": "idle_limit = 60\n",
        "contradiction": "idle_limit_s = 100\nmax_visit_s = 60\n",
    }
    found = {name: folder / f"{name}.txt" for name in texts}
    for name, text in texts.items():
        found[name].write_text(text, encoding="utf-8")
    found["binary"] = folder / "binary.txt"
    found["binary"].write_bytes(b"\x81\xff\xfe\x00")
    found["cut"] = folder / "cut.gz"
    found["cut"].write_bytes(gzip.compress(b'{"format":"kiosk-central backup 1","revision":"0001"}\n'))
    (folder / "empty folder").mkdir()
    found |= {"folder": folder, "empty_folder": folder / "empty folder", "missing": folder / "missing"}
    found |= {name: folder / name for name in ("elsewhere", "simulated", "backup")}
    return found | {"table": folder / "table.csv"}


def run_all(runs: list[Run], places: dict[str, str], folder: Path) -> Iterator[tuple[str, Said]]:
    lines = [(parts_of(run.arguments, places), run.given) for run in runs]
    for run, told in zip(runs, run_in_one_process(MANY, lines, folder, "ja"), strict=True):
        yield run.arguments, Said(*told)


def english_in(text: str) -> list[str]:
    """The lines in which an English sentence stands."""
    return two_languages.english_in(text, KEPT)


@pytest.mark.parametrize("line", [run.arguments for run in RESULTS])
def test_what_is_done_is_told_in_japanese(line: str, said: dict[str, Said]) -> None:
    assert said[line].status == 0, said[line].err
    assert english_in(said[line].out) == []
    assert english_in(said[line].err) == []


@pytest.mark.parametrize("line", [run.arguments for run in MISTAKES])
def test_what_goes_wrong_is_told_in_japanese(line: str, said: dict[str, Said]) -> None:
    assert said[line].status in (1, 2), said[line].out
    told = [one for one in said[line].err.splitlines() if one.strip()]
    assert told
    assert [one for one in told if not JAPANESE.search(one)] == []
    assert english_in(said[line].err) == []
    assert "エラー: " in said[line].err


def test_each_command_goes_well_and_wrong_in_these_tests() -> None:
    named = {tuple(name.split()) for name in walked(main)}
    for runs, without in ((RESULTS, WITHOUT_RESULT), (MISTAKES, WITHOUT_MISTAKE)):
        tried = {name for name in named for run in runs if tuple(shlex.split(run.arguments))[: len(name)] == name}
        assert named - tried == {tuple(name.split()) for name in without}


def walked(group: click.Group, above: str = "") -> Iterator[str]:
    """The names of all commands."""
    for name, one in group.commands.items():
        path = f"{above} {name}".strip()
        if isinstance(one, click.Group):
            yield from walked(one, path)
        else:
            yield path


def test_in_english_nothing_is_japanese(tmp_path: Path) -> None:
    done = command("desk", "code", "--municipality", "999999", "--office", "x", "--data", str(tmp_path))
    assert done.stderr == "Error: There is no municipality '999999'. Run: kiosk-central import municipalities FILE\n"


def test_without_its_packages_it_says_what_to_install_in_japanese() -> None:
    hidden = "import sys; sys.modules['sqlalchemy'] = None; from kiosk_agent.central.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hidden],
        env={**os.environ, "LANGUAGE": "ja", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "が入っていません" in done.stderr
    assert "kiosk-agent[central]" in done.stderr
    assert done.returncode == 69


PRINTS = {"echo", "prompt", "confirm", "secho", "BadParameter", "UsageError", "ClickException", "progressbar"}
TEXTS = {"help", "short_help", "show_default", "label", "epilog"}


def bare(tree: ast.Module) -> Iterator[ast.expr]:
    """What is printed, or stands in a help, as words in the code and not as a text to be translated."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [word.value for word in call.keywords if word.arg in TEXTS]
        for value in [*(call.args if name in PRINTS else []), *given]:
            constant = "".join(
                str(part.value)
                for part in (value.values if isinstance(value, ast.JoinedStr) else [value])
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
            if re.search(r"[A-Za-z]{3}", constant.replace("kiosk-central: ", "")):
                yield value


def test_nothing_is_printed_that_nobody_can_translate() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{one.lineno}"
        for path in (PACKAGE / "central").rglob("*.py")
        for one in bare(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_drivers_usual_words_become_texts() -> None:
    """Of PostgreSQL and SQLite, each as its driver says it."""
    said = (
        'connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused',
        "connection timeout expired",
        'FATAL:  password authentication failed for user "me"',
        "database is locked",
        "file is not a database",
        "database or disk is full",
    )
    for words in said:
        told = cannot_be_used(DBAPIError("", None, Exception(words))).shown(operators("ja"))
        assert english_in(told) == []


def test_numbers_of_other_kinds_of_errors_are_not_taken_for_those_of_the_system() -> None:
    """TLS counts a failed handshake as 1, which the system calls a lack of permission."""
    assert reasons.of_system(ssl.SSLError(1, "handshake failure")) == "handshake failure"
    assert reasons.of_system(PermissionError(1, "Operation not permitted")) == Text("no permission")
    told = reasons.of_system(
        ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
    )
    assert shown(told, operators("ja")).startswith("証明書を確かめられません：")


def test_a_text_that_was_kept_is_shown_in_the_language_of_whoever_reads_it_later() -> None:
    why = Text("the mail server could not be used: {reason}", reason=Text("nobody answers there"))
    kept = unpacked(why.packed())
    assert kept == why
    assert shown(kept, operators("ja")) == "メールサーバーを使えません：接続先の応答がありません"
    assert str(kept) == "the mail server could not be used: nobody answers there"


@pytest.mark.parametrize("words", ["it was said in English", "{", "7", '{"a": 1}', ""])
def test_what_was_kept_by_an_earlier_version_is_shown_as_it_is(words: str) -> None:
    assert unpacked(words) == words


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_refused_policy_says_why_in_the_language_of_the_page(language: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"idle_limit_s": 1})
    told = caught.value.shown(operators(language))
    assert (
        told
        == {
            "ja": "idle_limit_s：3 以上にしてください（入力は 1）",
            "en": "idle_limit_s: expected 3 or more, not 1",
        }[language]
    )

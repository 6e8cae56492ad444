"""Group Policy's templates, made from the model: the ADMX, and an ADML for each language.

The format: https://learn.microsoft.com/previous-versions/windows/desktop/policy/admx-schema
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from kiosk_agent.settings.model import SETTINGS, Kind, Setting
from kiosk_agent.settings.policy_texts import CHOICES, NAMES, TABLES
from kiosk_agent.settings.registry import PATH
from kiosk_agent.settings.tables import REFERENCES
from kiosk_agent.settings.texts import NO_VALUE

NAMESPACE = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"
REVISION = "1.0"  # of what an editor must understand of it; grows when a policy changes its meaning
CATEGORY = "KioskAgent"
SUPPORTED = "SUPPORTED_KioskAgent"
LONGEST_TEXT = 1023  # characters of a text box
LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
LANGUAGES = ("en-US", "ja-JP")


@dataclass(frozen=True)
class Words:
    """What is said around the settings' own texts."""

    supported: str
    default: str
    range: str
    floor: str
    values: str


WORDS = {
    "en-US": Words(
        "kiosk-agent 0.1 or later on Windows 10 or later",
        "Default: {value}.",
        "Allowed: {least} to {most}. A value outside of it is ignored, and the desk says so.",
        "This policy goes before the desk's own file and before central's policy; the command line goes before it. "
        "It holds from the agent's next start on.",
        "Values, one a line: {words}.",
    ),
    "ja-JP": Words(
        "Windows 10 以降の kiosk-agent 0.1 以降",
        "既定値: {value}",
        "設定できる値: {least} から {most} まで。範囲外の値は使われず、窓口に警告が出ます。",
        "このポリシーは、窓口の設定ファイルと集計サーバーの方針より優先されます。コマンドラインの指定はこれより優先されます。"
        "エージェントの次の起動から有効です。",
        "値(1 行に 1 つ): {words}",
    ),
}


def policies() -> list[Setting]:
    """What Group Policy sets, in the order of the configuration."""
    return [setting for setting in SETTINGS.values() if setting.by_policy]


def identifier(key: str) -> str:
    """A key as a name of the templates: ``senses.card.enabled`` → ``senses_card_enabled``."""
    return key.replace(".", "_")


def category_of(table: str) -> str:
    """The category of a table's settings."""
    return f"{CATEGORY}_{identifier(table)}" if table else CATEGORY


def whole_bounds(setting: Setting) -> tuple[int, int]:
    """Least and most of a decimal box, which knows whole numbers alone."""
    least, most, _ = setting.bounds or (0, 0, "")
    return math.ceil(least), math.floor(most)


def admx() -> str:
    """``kiosk-agent.admx``."""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<!-- Made by: python -m kiosk_agent.settings.generate -->",
        f'<policyDefinitions xmlns="{NAMESPACE}" revision="{REVISION}" schemaVersion="1.0">',
        "  <policyNamespaces>",
        '    <target prefix="kioskagent" namespace="KioskAgent.Policies.Agent"/>',
        "  </policyNamespaces>",
        f'  <resources minRequiredRevision="{REVISION}" fallbackCulture="en-US"/>',
        "  <supportedOn>",
        "    <definitions>",
        f'      <definition name="{SUPPORTED}" displayName="$(string.{SUPPORTED})"/>',
        "    </definitions>",
        "  </supportedOn>",
        "  <categories>",
        *_categories(),
        "  </categories>",
        "  <policies>",
        *(line for setting in policies() for line in _policy(setting)),
        "  </policies>",
        "</policyDefinitions>",
    ]
    return "\n".join(lines) + "\n"


def _categories() -> Iterator[str]:
    for table in TABLES:
        name = category_of(table)
        start = f'    <category name="{name}" displayName="$(string.{name})"'
        if not table:
            yield start + "/>"
            continue
        yield start + ">"
        yield f'      <parentCategory ref="{category_of(table.rpartition(".")[0])}"/>'
        yield "    </category>"


def _policy(setting: Setting) -> Iterator[str]:
    name = identifier(setting.key)
    key = "\\".join([PATH, *setting.path[:-1]])
    flag = setting.kind is Kind.FLAG
    attributes = {
        "name": name,
        "class": "Machine",
        "displayName": f"$(string.{name})",
        "explainText": f"$(string.{name}_Explain)",
        **({} if flag else {"presentation": f"$(presentation.{name})"}),
        "key": key,
        **({"valueName": setting.name} if flag else {}),
    }
    yield "    <policy " + " ".join(f"{one}={quoteattr(text)}" for one, text in attributes.items()) + ">"
    yield f'      <parentCategory ref="{category_of(setting.table)}"/>'
    yield f'      <supportedOn ref="{SUPPORTED}"/>'
    if flag:
        yield '      <enabledValue><decimal value="1"/></enabledValue>'
        yield '      <disabledValue><decimal value="0"/></disabledValue>'
    else:
        yield "      <elements>"
        yield from _element(setting, key)
        yield "      </elements>"
    yield "    </policy>"


def _element(setting: Setting, key: str) -> Iterator[str]:
    start = f'id="{identifier(setting.key)}"'
    value = f'valueName="{setting.name}"'
    match setting.kind:
        case Kind.NUMBER | Kind.WHOLE:
            least, most = whole_bounds(setting)
            yield f'        <decimal {start} {value} required="true" minValue="{least}" maxValue="{most}"/>'
        case Kind.WORD:
            yield f'        <enum {start} {value} required="true">'
            for word in setting.words:
                yield f'          <item displayName="$(string.{choice(word)})">'
                yield f"            <value><string>{escape(word)}</string></value>"
                yield "          </item>"
            yield "        </enum>"
        case Kind.WORDS:
            below = quoteattr(rf"{key}\{setting.name}")
            yield f'        <list {start} key={below} valuePrefix=""/>'
        case _:
            more = ' expandable="true"' if setting.kind is Kind.PATH else ""
            yield f'        <text {start} {value} required="true" maxLength="{LONGEST_TEXT}"{more}/>'


def choice(word: str) -> str:
    """The name of a choice's text."""
    return f"Choice_{word.replace('-', '_')}"


def adml(language: str) -> str:
    """``LANGUAGE/kiosk-agent.adml``."""
    strings = dict(_strings(language))
    title = TABLES[""].ja if language == "ja-JP" else TABLES[""].en
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<!-- Made by: python -m kiosk_agent.settings.generate -->",
        f'<policyDefinitionResources xmlns="{NAMESPACE}" revision="{REVISION}" schemaVersion="1.0">',
        f"  <displayName>{escape(title)}</displayName>",
        f"  <description>{escape(title)}</description>",
        "  <resources>",
        "    <stringTable>",
        *(f'      <string id="{name}">{escape(text)}</string>' for name, text in strings.items()),
        "    </stringTable>",
        "    <presentationTable>",
        *(line for setting in policies() if setting.kind is not Kind.FLAG for line in _presentation(setting, language)),
        "    </presentationTable>",
        "  </resources>",
        "</policyDefinitionResources>",
    ]
    return "\n".join(lines) + "\n"


def _strings(language: str) -> Iterator[tuple[str, str]]:
    japanese = language == "ja-JP"
    yield SUPPORTED, WORDS[language].supported
    for table, names in TABLES.items():
        yield category_of(table), names.ja if japanese else names.en
    for setting in policies():
        names = NAMES[setting.key]
        yield identifier(setting.key), names.ja if japanese else names.en
        yield f"{identifier(setting.key)}_Explain", explanation(setting, language)
    for word in dict.fromkeys(word for one in policies() if one.kind is Kind.WORD for word in one.words):
        known = CHOICES.get(word)
        yield choice(word), word if known is None else known.ja if japanese else known.en


def explanation(setting: Setting, language: str) -> str:
    """What a setting means, with its default and its bounds, in plain text."""
    words = WORDS[language]
    reference = REFERENCES[language.partition("-")[0]]
    parts = [plain(reference.meaning[setting.key])]
    if setting.kind is Kind.WORDS:
        parts.append(words.values.format(words=", ".join(setting.words)))
    if setting.bounds is not None:
        least, most = whole_bounds(setting)
        parts.append(words.range.format(least=least, most=most))
    shown = default_text(setting) or reference.no_value.get(setting.key)
    if shown is not None:
        parts.append(words.default.format(value=shown))
    parts += [f"{setting.key} ({reference.page})", words.floor]
    return "\n\n".join(parts)


def plain(markdown: str) -> str:
    """Markdown as plain text."""
    return LINK.sub(r"\1", markdown).replace("`", "")


def default_text(setting: Setting) -> str | None:
    """The default as people read it; None where there is none."""
    if setting.key in NO_VALUE or setting.default in ("", ()):
        return None
    if isinstance(setting.default, bool):
        return "true" if setting.default else "false"
    return str(setting.default) if isinstance(setting.default, str) else f"{setting.default:g}"


def _presentation(setting: Setting, language: str) -> Iterator[str]:
    name = identifier(setting.key)
    names = NAMES[setting.key]
    label = escape(names.ja if language == "ja-JP" else names.en)
    yield f'      <presentation id="{name}">'
    match setting.kind:
        case Kind.NUMBER | Kind.WHOLE:
            usual = f"{setting.default:g}"
            yield f'        <decimalTextBox refId="{name}" defaultValue="{usual}">{label}</decimalTextBox>'
        case Kind.WORD:
            at = setting.words.index(setting.default)
            yield f'        <dropdownList refId="{name}" noSort="true" defaultItem="{at}">{label}</dropdownList>'
        case Kind.WORDS:
            yield f'        <listBox refId="{name}">{label}</listBox>'
        case _:
            yield f'        <textBox refId="{name}">'
            yield f"          <label>{label}</label>"
            yield "        </textBox>"
    yield "      </presentation>"

"""Group Policy's templates hold together by the rules of Microsoft's schema, and say what the agent itself checks."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kiosk_agent.settings.admx import LANGUAGES, NAMESPACE, policies, whole_bounds
from kiosk_agent.settings.group_policy import read_group_policy
from kiosk_agent.settings.model import NOT_BY_POLICY, SETTINGS, Kind
from kiosk_agent.settings.policy_texts import NAMES, TABLES
from kiosk_agent.settings.registry import PATH, Value
from kiosk_agent.settings.registry import Kind as Type
from tests.support.fake_registry import FakePolicyKey

FOLDER = Path(__file__).parents[2] / "config" / "policy"
N = f"{{{NAMESPACE}}}"
REVISION = re.compile(r"\d+\.\d+")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # no more than an XML identifier of Microsoft's samples
REFERENCE = re.compile(r"\$\((string|presentation)\.(\w+)\)")
LARGEST_DWORD = 2**32 - 1
# which control of a presentation shows which element
CONTROL = {"decimal": "decimalTextBox", "enum": "dropdownList", "list": "listBox", "text": "textBox"}
# elements may follow one another in this order only
ORDER = {
    "policyDefinitions": ["policyNamespaces", "resources", "supportedOn", "categories", "policies"],
    "policy": ["parentCategory", "supportedOn", "enabledValue", "disabledValue", "elements"],
    "policyDefinitionResources": ["displayName", "description", "resources"],
    "resources": ["stringTable", "presentationTable"],
}

# what the schema knows of the elements that are used here; another attribute makes Windows refuse the whole file
ATTRIBUTES = {
    "policyDefinitions": "revision schemaVersion",
    "policyDefinitionResources": "revision schemaVersion",
    "target": "prefix namespace",
    "resources": "minRequiredRevision fallbackCulture",
    "definition": "name displayName",
    "category": "name displayName explainText",
    "parentCategory": "ref",
    "supportedOn": "ref",
    "policy": "name class displayName explainText presentation key valueName",
    "decimal": "id key valueName required minValue maxValue storeAsText soft clientExtension value",
    "enum": "id key valueName required clientExtension",
    "item": "displayName",
    "list": "id key valuePrefix valueName additive expandable explicitValue clientExtension",
    "text": "id key valueName required maxLength expandable soft clientExtension",
    "string": "id",
    "presentation": "id",
    "decimalTextBox": "refId defaultValue spin spinStep",
    "dropdownList": "refId noSort defaultItem",
    "listBox": "refId",
    "textBox": "refId",
}
TRUTHS = ("required", "expandable", "additive", "explicitValue", "storeAsText", "soft", "noSort", "spin")  # xs:boolean
COUNTS = ("minValue", "maxValue", "maxLength", "defaultValue", "defaultItem", "spinStep")  # xs:unsignedInt

Templates = dict[str, ET.Element]


@pytest.fixture
def templates() -> Templates:
    """The ADMX by "", each ADML by its language."""
    files = {"": FOLDER / "kiosk-agent.admx"} | {one: FOLDER / one / "kiosk-agent.adml" for one in LANGUAGES}
    return {name: ET.fromstring(path.read_text(encoding="utf-8")) for name, path in files.items()}  # noqa: S314 # our own


def broken_rules(templates: Templates) -> list[str]:
    """Everything in which the templates break the schema, or do not fit each other."""
    found = list(_of_all(templates))
    found += _of_admx(templates[""])
    for language in LANGUAGES:
        found += [f"{language}: {one}" for one in _of_adml(templates[""], templates[language])]
    return found


def _of_all(templates: Templates) -> Iterator[str]:
    for name, root in templates.items():
        wanted = "policyDefinitionResources" if name else "policyDefinitions"
        if root.tag != N + wanted:
            yield f"{name}: the root is {root.tag}"
        if not REVISION.fullmatch(root.get("revision", "")):
            yield f"{name}: no revision"
        for element in root.iter():
            if not element.tag.startswith(N):
                yield f"{name}: {element.tag} is of another namespace"
            tag = element.tag.removeprefix(N)
            if unknown := set(element.attrib) - set(ATTRIBUTES.get(tag, "").split()):
                yield f"{name}: {tag} has no attributes {unknown}"
            yield from (f"{name}: {tag}: {one}" for one in TRUTHS if element.get(one, "true") not in ("true", "false"))
            yield from (f"{name}: {tag}: {one}" for one in COUNTS if not element.get(one, "0").isdecimal())
            order = ORDER.get(tag)
            if order is not None and len(element):
                children = [child.tag.removeprefix(N) for child in element]
                if not set(children) <= set(order) or children != sorted(children, key=order.index):
                    yield f"{name}: {tag} has {children}"
    least = templates[""].find(f"{N}resources")
    if least is None or any(root.get("revision") != least.get("minRequiredRevision") for root in templates.values()):
        yield "an ADML of another revision than minRequiredRevision"


def _of_admx(root: ET.Element) -> Iterator[str]:
    target = root.find(f"{N}policyNamespaces/{N}target")
    if target is None or not target.get("prefix") or not target.get("namespace"):
        yield "no target namespace"
    definitions = {one.get("name") for one in root.findall(f"{N}supportedOn/{N}definitions/{N}definition")}
    categories = root.findall(f"{N}categories/{N}category")
    names = [one.get("name") for one in categories]
    yield from (f"category {name} twice" for name, count in Counter(names).items() if count > 1)
    for one in categories:
        parent = one.find(f"{N}parentCategory")
        if parent is not None and parent.get("ref") not in names:
            yield f"category {one.get('name')}: no category {parent.get('ref')}"
    all_policies = root.findall(f"{N}policies/{N}policy")
    places: list[tuple[str | None, str | None]] = []
    yield from (f"policy {name} twice" for name, n in Counter(one.get("name") for one in all_policies).items() if n > 1)
    for policy in all_policies:
        name = policy.get("name") or ""
        if not NAME.fullmatch(name) or policy.get("class") not in ("Machine", "User", "Both"):
            yield f"policy {name}: name or class"
        if not (policy.get("key") or "").startswith("Software\\Policies\\"):
            yield f"policy {name}: key {policy.get('key')}"
        if not policy.get("displayName") or not policy.get("explainText"):
            yield f"policy {name}: no text"
        for tag, known in (("parentCategory", set(names)), ("supportedOn", definitions)):
            reference = policy.find(N + tag)
            if reference is None or reference.get("ref") not in known:
                yield f"policy {name}: {tag} is not defined"
        elements = policy.find(f"{N}elements")
        if policy.get("valueName"):
            places.append((policy.get("key"), policy.get("valueName")))
            if policy.find(f"{N}enabledValue") is None or policy.find(f"{N}disabledValue") is None:
                yield f"policy {name}: a value without one for enabled or for disabled"
        elif elements is None or not len(elements):
            yield f"policy {name}: neither a value nor elements"
        for element in elements if elements is not None else ():
            places.append((element.get("key") or policy.get("key"), element.get("valueName")))
            yield from (f"policy {name}: {one}" for one in _of_element(element))
    yield from (f"{place} is written twice" for place, count in Counter(places).items() if count > 1)


def _of_element(element: ET.Element) -> Iterator[str]:
    kind = element.tag.removeprefix(N)
    if kind not in CONTROL:
        yield f"{kind} is no element"
    if not NAME.fullmatch(element.get("id", "")):
        yield f"{kind}: id"
    if kind == "list":
        if not element.get("key") or element.get("valueName") is not None or element.get("valuePrefix") is None:
            yield "list: a list has a key and a prefix, and no valueName"
    elif not element.get("valueName"):
        yield f"{kind}: no valueName"
    if kind == "decimal":
        least, most = int(element.get("minValue", 0)), int(element.get("maxValue", LARGEST_DWORD))
        if not 0 <= least <= most <= LARGEST_DWORD:
            yield f"decimal: {least} to {most}"
    if kind == "enum":
        items = element.findall(f"{N}item")
        values = [item.findtext(f"{N}value/{N}string") for item in items]
        if not items or None in values or len(set(values)) < len(values):
            yield f"enum: {values}"
        if not all(item.get("displayName") for item in items):
            yield "enum: an item without a text"


def _of_adml(admx: ET.Element, adml: ET.Element) -> Iterator[str]:
    strings = [one.get("id") for one in adml.findall(f".//{N}string")]
    shown = {one.get("id"): one for one in adml.findall(f".//{N}presentation")}
    yield from (f"string {name} twice" for name, count in Counter(strings).items() if count > 1)
    yield from (
        f"string {one.get('id')} is empty" for one in adml.findall(f".//{N}string") if not (one.text or "").strip()
    )
    used: set[tuple[str, str]] = set()
    for element in admx.iter():
        for text in element.attrib.values():
            if "$(" in text:
                reference = REFERENCE.fullmatch(text)
                if reference is None:
                    yield f"{text} is no reference"
                else:
                    used.add((reference[1], reference[2]))
    there = {("string", name) for name in strings} | {("presentation", name) for name in shown}
    yield from (f"$({kind}.{name}) is not there" for kind, name in sorted(used - there))  # type: ignore[type-var]
    yield from (f"{kind} {name} is used by nothing" for kind, name in there - used)
    for policy in admx.findall(f"{N}policies/{N}policy"):
        elements = {one.get("id"): one.tag.removeprefix(N) for one in policy.findall(f"{N}elements/*")}
        reference = REFERENCE.fullmatch(policy.get("presentation", ""))
        table = shown.get(reference[2]) if reference else None
        controls = {} if table is None else {one.get("refId"): one.tag.removeprefix(N) for one in table}
        if controls != {name: CONTROL.get(kind) for name, kind in elements.items()}:
            yield f"policy {policy.get('name')}: {controls} show {elements}"
        of_policy = {one.get("id"): one for one in policy.findall(f"{N}elements/*")}
        for control in table if table is not None else ():
            element = of_policy.get(control.get("refId"))
            if element is not None and not offers(control, element):
                yield f"policy {policy.get('name')}: what the control offers at first is not allowed"
            label = control.findtext(f"{N}label") if control.tag == f"{N}textBox" else control.text
            if not (label or "").strip():
                yield f"policy {policy.get('name')}: a control without a label"


def offers(control: ET.Element, element: ET.Element) -> bool:
    """Whether what stands in a control before anybody has chosen is a value of its element."""
    if value := control.get("defaultValue", ""):
        least, most = element.get("minValue", "0"), element.get("maxValue", str(LARGEST_DWORD))
        return value.isdecimal() and int(least) <= int(value) <= int(most)
    if item := control.get("defaultItem", ""):
        return item.isdecimal() and int(item) < len(element.findall(f"{N}item"))
    return True


def test_the_templates_keep_to_the_schema(templates: Templates) -> None:
    assert broken_rules(templates) == []


def first(root: ET.Element, tag: str) -> ET.Element:
    found = next(iter(root.iter(N + tag)), None)
    assert found is not None
    return found


def set_of(tag: str, name: str, value: str | None) -> Callable[[ET.Element], None]:
    def change(root: ET.Element) -> None:
        element = first(root, tag)
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)

    return change


def without(parent: str, tag: str) -> Callable[[ET.Element], None]:
    def change(root: ET.Element) -> None:
        above = next(one for one in root.iter(N + parent) if one.find(N + tag) is not None)
        above.remove(first(above, tag))

    return change


def twice(parent: str) -> Callable[[ET.Element], None]:
    def change(root: ET.Element) -> None:
        above = first(root, parent)
        above.append(copy.deepcopy(above[0]))

    return change


def least_above_the_most(root: ET.Element) -> None:
    next(one for one in root.iter(f"{N}decimal") if one.get("id")).set("minValue", "100000")


def other_namespace(root: ET.Element) -> None:
    first(root, "policy").tag = "policy"


BREAKS: list[tuple[str, Callable[[ET.Element], None]]] = [
    ("", other_namespace),
    ("", set_of("policyDefinitions", "revision", "1")),
    ("", set_of("resources", "minRequiredRevision", "2.0")),
    ("", set_of("target", "namespace", None)),
    ("", set_of("parentCategory", "ref", "Nobody")),
    ("", set_of("definition", "name", "SUPPORTED_Other")),
    ("", set_of("policy", "key", "Software\\KioskAgent")),
    ("", set_of("policy", "class", "machine")),
    ("", set_of("policy", "explainText", None)),
    ("", set_of("policy", "displayName", "$(string.nothing)")),
    ("", set_of("policy", "presentation", "$(presentation.nothing)")),
    ("", set_of("text", "valueName", None)),
    ("", set_of("text", "id", "other")),
    ("", least_above_the_most),
    ("", set_of("list", "valueName", "1")),
    ("", without("policy", "supportedOn")),
    ("", without("policy", "disabledValue")),
    ("", without("policy", "elements")),
    ("", without("item", "value")),
    ("", twice("policies")),
    ("", twice("categories")),
    ("", twice("enum")),
    ("en-US", set_of("policyDefinitionResources", "revision", "0.9")),
    ("ja-JP", set_of("string", "id", "renamed")),
    ("ja-JP", set_of("textBox", "refId", "other")),
    ("ja-JP", twice("stringTable")),
    ("en-US", without("presentationTable", "presentation")),
    ("en-US", without("textBox", "label")),
    ("", set_of("text", "maxLenght", "5")),
    ("", set_of("text", "required", "yes")),
    ("", set_of("text", "maxLength", "many")),
    ("en-US", set_of("decimalTextBox", "defaultValue", "0.5")),
    ("en-US", set_of("decimalTextBox", "defaultValue", "4")),
    ("ja-JP", set_of("dropdownList", "defaultItem", "99")),
]


@pytest.mark.parametrize(("where", "change"), BREAKS)
def test_each_rule_notices_what_breaks_it(
    templates: Templates, where: str, change: Callable[[ET.Element], None]
) -> None:
    change(templates[where])
    assert broken_rules(templates) != []


def test_every_setting_of_an_it_department_has_a_policy_and_nothing_else_has(templates: Templates) -> None:
    names = {one.get("name") for one in templates[""].iter(f"{N}policy")}
    assert names == {key.replace(".", "_") for key in SETTINGS if key not in NOT_BY_POLICY}
    assert set(NAMES) == {one.key for one in policies()}
    assert set(TABLES) >= {one.table for one in policies()}


def written_by(policy: ET.Element, *, most: bool) -> dict[str, Value]:
    """What Group Policy's editor writes below the agent's key: the least or the most that the policy allows."""
    below = (policy.get("key") or "").removeprefix(PATH).lstrip("\\")
    prefix = f"{below}\\" if below else ""
    if name := policy.get("valueName"):
        chosen = first(first(policy, "enabledValue" if most else "disabledValue"), "decimal").get("value", "")
        return {prefix + name: Value(Type.DWORD, int(chosen))}
    (element,) = first(policy, "elements")
    name = prefix + (element.get("valueName") or "")
    match element.tag.removeprefix(N):
        case "decimal":
            return {name: Value(Type.DWORD, int(element.get("maxValue" if most else "minValue", "")))}
        case "enum":
            values = [one.text or "" for one in element.iter(f"{N}string")]
            return {name: Value(Type.SZ, values[-1 if most else 0])}
        case "list":
            key = (element.get("key") or "").removeprefix(PATH).lstrip("\\")
            return {rf"{key}\1": Value(Type.SZ, "ja" if "languages" in key else "tray")}
        case _:
            return {name: Value(Type.EXPAND_SZ if element.get("expandable") else Type.SZ, "text")}


@pytest.mark.parametrize("most", [False, True])
def test_whatever_the_editor_writes_arrives_at_its_setting(templates: Templates, most: bool) -> None:
    for policy in templates[""].iter(f"{N}policy"):
        entries = written_by(policy, most=most)
        layer, ignored = read_group_policy(FakePolicyKey(entries))
        assert ignored == ()
        ((key, given),) = layer.values.items()
        assert key.replace(".", "_") == policy.get("name")
        setting = SETTINGS[key]
        if setting.kind is Kind.FLAG:
            assert given.value is most
        if setting.kind is Kind.WORD:
            assert given.value == setting.words[-1 if most else 0]
        if setting.bounds is not None:
            assert given.value == whole_bounds(setting)[most]
            assert setting.bounds[0] <= given.value <= setting.bounds[1]

"""The Windows installer as WiX source, for msitools' wixl: files, registry, browser policies, and what is searched.

What wixl cannot say or says wrongly (custom actions, their order, secure properties) is put into the tables afterwards:
:mod:`installer.windows.tables`.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from kiosk_agent.portal.browser_policy import browser_policies, edge_policies
from kiosk_agent.portal.profile import Profile

NAMESPACE = "http://schemas.microsoft.com/wix/2006/wi"
PUBLISHER = "kiosk-agent"
UPGRADE_CODE = "7C1B5C0A-64B5-4B0A-9E1B-0D5B6E8A2F41"  # never changes: it is how a newer version finds the older one
OWN_KEY = r"Software\KioskAgent"
EVENTS_KEY = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\kiosk-agent"
# Windows' own list of texts for the events 1 to 1000: each is just what it is given
EVENT_TEXTS = r"%SystemRoot%\System32\EventCreate.exe"
BROWSERS = {r"SOFTWARE\Policies\Google\Chrome": browser_policies, r"SOFTWARE\Policies\Microsoft\Edge": edge_policies}
# property → the value of HKLM\Software\KioskAgent that keeps it; ENROLLCODE is used up at the first start, see tables
KEPT = {"CENTRALURL": "CentralUrl", "PROFILE": "Profile", "KIOSKUSER": "KioskUser", "NOTASK": "NoTask"}
UNKNOWN = "PROFILE=[PROFILE] is neither a path nor one of those that this installer brings: {names}."
QUESTION = "question"  # in the table Binary
SETTINGS = "registry/settings"  # the component of that key


def source(
    here: Path,
    payload: Path,
    profiles: Mapping[str, Profile],
    profile_files: Sequence[Path],
    task: Path,
    question: Path,
    version: str,
) -> str:
    """The WiX document, to be read in the folder ``here``, below which all files are.

    ``profiles`` by name, each with its file; the only one is used where PROFILE is not given. ``question``: what asks
    whether the ledger stays.
    """
    wix = ET.Element("Wix", {"xmlns": NAMESPACE})
    product = _add(
        wix, "Product", Id="*", Name="kiosk-agent", Language="1041", Codepage="932", Version=version,
        Manufacturer=PUBLISHER, UpgradeCode=UPGRADE_CODE,
    )  # fmt: skip
    _add(product, "Package", InstallerVersion="500", Compressed="yes", InstallScope="perMachine", Languages="1041")
    _add(product, "MajorUpgrade", DowngradeErrorMessage="A newer version of kiosk-agent is installed already.")
    known = _add(product, "Condition", Message=UNKNOWN.format(names=", ".join(profiles)))
    known.text = known_profile(profiles)
    _add(product, "Media", Id="1", Cabinet="files.cab", EmbedCab="yes")
    _add(product, "Binary", Id=QUESTION, SourceFile=str(question.relative_to(here)))
    _properties(product, profiles)
    target = _add(product, "Directory", Id="TARGETDIR", Name="SourceDir")
    programs = _add(target, "Directory", Id="ProgramFiles64Folder")
    folder = _add(programs, "Directory", Id="INSTALLDIR", Name="kiosk-agent")
    names = [*_folder(folder, here, payload, payload)]
    portals = _add(folder, "Directory", Id="PORTALS", Name="portals")
    names += [_file(portals, here, file, f"portals/{file.name}") for file in profile_files]
    names += [_file(folder, here, task, task.name), _settings(folder, version), _event_source(folder)]
    names += [_policies(folder, name, profile) for name, profile in profiles.items()]
    feature = _add(product, "Feature", Id="Desk", Level="1")
    for name in names:
        _add(feature, "ComponentRef", Id=name)
    ET.indent(wix)
    return ET.tostring(wix, encoding="unicode", xml_declaration=True)


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, attributes)


def _properties(product: ET.Element, profiles: Mapping[str, Profile]) -> None:
    if len(profiles) == 1:
        _add(product, "Property", Id="ONLYPROFILE", Value=next(iter(profiles)))
    for name, value in KEPT.items():
        kept = _add(product, "Property", Id=f"KEPT{name}")
        _add(kept, "RegistrySearch", Id=f"Search{name}", Root="HKLM", Key=OWN_KEY, Name=value, Type="raw", Win64="yes")


def identifier(kind: str, path: str) -> str:
    """A name in the tables: letters, digits and dots, at most 72; the same path gives the same one in each version."""
    readable = re.sub(r"[^A-Za-z0-9.]", "_", path)[-40:]
    return f"{kind}_{hashlib.sha256(path.encode()).hexdigest()[:16]}_{readable}"


def _component(parent: ET.Element, key: str) -> ET.Element:
    """The same key gives the same GUID in each version: so Windows knows what to keep, to replace and to remove."""
    guid = str(uuid.uuid5(uuid.UUID(UPGRADE_CODE), key)).upper()
    return _add(parent, "Component", Id=identifier("c", key), Guid=guid, Win64="yes")


def _file(parent: ET.Element, here: Path, file: Path, key: str) -> str:
    component = _component(parent, key)
    _add(component, "File", Id=identifier("f", key), Name=file.name, Source=str(file.relative_to(here)), KeyPath="yes")
    return component.attrib["Id"]


def _folder(parent: ET.Element, here: Path, folder: Path, payload: Path) -> Iterator[str]:
    for entry in sorted(folder.iterdir()):
        key = entry.relative_to(payload).as_posix()
        if entry.is_dir():
            yield from _folder(
                _add(parent, "Directory", Id=identifier("d", key), Name=entry.name), here, entry, payload
            )
        else:
            yield _file(parent, here, entry, key)


def _value(component: ET.Element, key: str, name: str, kind: str, value: str, *, is_key: bool = False) -> None:
    path = {"KeyPath": "yes"} if is_key else {}
    _add(component, "RegistryValue", Root="HKLM", Key=key, Name=name, Type=kind, Value=value, **path)


def _settings(parent: ET.Element, version: str) -> str:
    component = _component(parent, SETTINGS)
    _value(component, OWN_KEY, "Folder", "string", "[INSTALLDIR]", is_key=True)
    _value(component, OWN_KEY, "Version", "string", version)
    for name, value in KEPT.items():
        _value(component, OWN_KEY, value, "string", f"[{name}]")
    return component.attrib["Id"]


def _event_source(parent: ET.Element) -> str:
    component = _component(parent, "registry/events")
    _value(component, EVENTS_KEY, "EventMessageFile", "expandable", EVENT_TEXTS, is_key=True)
    _value(component, EVENTS_KEY, "TypesSupported", "integer", "7")
    return component.attrib["Id"]


def policy_values(profile: Profile) -> Iterator[tuple[str, str, str, str]]:
    """What each browser reads: key, name, kind and value. A list is a key of its own with the names 1, 2, …"""
    for key, policies in BROWSERS.items():
        for name, value in sorted(policies(profile).items()):
            if isinstance(value, list):
                for number, one in enumerate(value, start=1):
                    yield rf"{key}\{name}", str(number), "string", str(one)
            else:
                yield key, name, "integer", str(int(value))


def known_profile(profiles: Iterable[str]) -> str:
    """When it is installed at all: a name spelt wrongly would leave the desk unguarded, and its browsers open."""
    named = " OR ".join(f'PROFILE~="{name}"' for name in profiles)
    return rf'REMOVE~="ALL" OR NOT PROFILE OR PROFILE><"\" OR {named}'


def conditions(profiles: Iterable[str]) -> dict[str, str]:
    """When a component is installed, by its name: of several profiles, only one's addresses are allowed."""
    return {identifier("c", f"registry/policies/{name}"): f'PROFILE~="{name}"' for name in profiles}


def _policies(parent: ET.Element, name: str, profile: Profile) -> str:
    component = _component(parent, f"registry/policies/{name}")
    for number, (key, value_name, kind, value) in enumerate(policy_values(profile)):
        # a value in brackets would be taken for a property
        _value(component, key, value_name, kind, re.sub(r"[\[\]{}]", r"[\\\g<0>]", value), is_key=number == 0)
    return component.attrib["Id"]

"""The bill of materials: every package that agent and central bring along, as CycloneDX 1.6 JSON (ECMA-424).

It is made from the wheels themselves: their metadata, and the hash of each file that is handed over.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import re
import uuid
import zipfile
from collections.abc import Sequence
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from installer.artefacts.wheels import DIST, NAMES, epoch, metadata_of, own_wheel, shipped_wheels
from installer.messages import SetupError, text
from kiosk_agent import __version__

# where Node.js would find its own headers: each program carries this address
NODE_VERSION = re.compile(rb"/download/release/v(\d+\.\d+\.\d+)/")
# of Playwright's driver, in its wheel and in the frozen folder: what says its version
DRIVER = re.compile(r"/driver/(?:package/package\.json|node(?:\.exe)?)$")
# in the resource VERSIONINFO: the key, padded to four bytes, and its value, both UTF-16 with a zero at the end
PRODUCT_VERSION = re.compile("ProductVersion\0".encode("utf-16-le") + rb"(?:\0\0)?((?:[0-9A-Za-z.+ _-]\0)+)\0\0")
SPACE = uuid.UUID("6f1c3b1e-6a3a-5a0e-9d43-0c6f3f0a8b11")  # of our own serial numbers


def build(arguments: list[str]) -> list[Path]:
    """Write ``kiosk-agent-VERSION.cdx.json``. Raises SetupError."""
    parser = argparse.ArgumentParser(prog="build.py sbom", description=__doc__)
    parser.add_argument("--out", type=Path, default=DIST, help="folder of the file (%(default)s)")
    chosen = parser.parse_args(arguments)
    own = own_wheel(chosen.out)
    return [write(chosen.out / f"kiosk-agent-{__version__}.cdx.json", bill(own, shipped_wheels()))]


def write(path: Path, content: dict[str, Any]) -> Path:
    """Write a bill to ``path``."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def bill(own: Path, wheels: Sequence[Path]) -> dict[str, Any]:
    """The bill of ``own`` and all that it brings along, as JSON has it. The same wheels give the same bill."""
    main = {**component(own), "type": "application"}
    return _bill(main, [component(wheel) for wheel in wheels], _dependencies([own, *wheels]))


def _bill(main: dict[str, Any], parts: list[dict[str, Any]], dependencies: list[dict[str, Any]]) -> dict[str, Any]:
    content = json.dumps([main, parts], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SPACE, content)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(epoch(), datetime.UTC).isoformat(),
            "component": main,
        },
        "components": parts,
        "dependencies": dependencies,
    }


def component(wheel: Path) -> dict[str, Any]:
    """One package: what it is called, its licence as it says itself, and the hash of the wheel."""
    found = {**_package(metadata_of(wheel)[0]), "hashes": _hashes(wheel.read_bytes())}
    if inside := driver_of(wheel):
        found["components"] = inside
    return found


def _package(metadata: str) -> dict[str, Any]:
    """What a package's METADATA says of it."""
    fields = HeaderParser().parsestr(metadata)
    name, version = canonicalize_name(fields["Name"]), fields["Version"]
    purl = f"pkg:pypi/{name}@{version}"
    found: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    licences = licences_of(fields["License-Expression"], fields["License"], fields.get_all("Classifier", []))
    if licences:
        found["licenses"] = licences
    return found


def _hashes(content: bytes) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}]


def driver_of(wheel: Path) -> list[dict[str, Any]]:
    """The programs of another language that Playwright's wheel brings: Node.js, and what runs on it."""
    with zipfile.ZipFile(wheel) as opened:
        return [_of_driver(name, opened.read(name)) for name in opened.namelist() if DRIVER.search(name)]


def _of_driver(name: str, content: bytes) -> dict[str, Any]:
    if name.endswith(".json"):
        package = json.loads(content)
        purl = f"pkg:npm/{package['name']}@{package['version']}"
        return _part("library", purl, package["name"], package["version"], package["license"])
    version = NODE_VERSION.search(content)
    if version is None:
        raise SetupError(f"{name}: expected a Node.js that names its version, found none")
    number = version[1].decode()
    return {**_part("application", f"pkg:generic/node@{number}", "node", number, "MIT"), "hashes": _hashes(content)}


def bill_of_payload(payload: Path, packed: Path, version: str) -> dict[str, Any]:
    """The bill of the frozen agent in the folder ``payload``. ``packed``: the same files, signed where they are.

    Every package by the metadata that lies in it, the browser's driver, and each program and library with its hash.
    Raises SetupError where the folder has no metadata: it was frozen by something else.
    """
    packages = sorted(payload.rglob("*.dist-info/METADATA"))
    if not packages:
        raise SetupError(text("msi metadata", folder=payload))
    purl = f"pkg:generic/kiosk-agent@{version}"
    main = {"type": "application", "bom-ref": purl, "name": "kiosk-agent", "version": version, "purl": purl}
    parts = [_package(one.read_text(encoding="utf-8")) for one in packages]
    for path in sorted(one for one in payload.rglob("*") if one.is_file()):
        name = path.relative_to(payload).as_posix()
        content = (packed / name).read_bytes()
        if DRIVER.search(name):
            parts.append(_of_driver(name, content))
        elif content.startswith(b"MZ"):
            parts.append(_binary(name, content))
    return _bill(main, parts, [{"ref": purl, "dependsOn": sorted(one["bom-ref"] for one in parts)}])


def _binary(name: str, content: bytes) -> dict[str, Any]:
    """A program or library for Windows: Python and what it is linked with say their version themselves."""
    found: dict[str, Any] = {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": _hashes(content)}
    if told := PRODUCT_VERSION.search(content):
        found["version"] = told[1].decode("utf-16-le")
    return found


def _part(kind: str, purl: str, name: str, version: str, licence: str) -> dict[str, Any]:
    licences = [{"license": {"id": licence}}]
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": licences}


def licences_of(expression: str | None, text: str | None, classifiers: Sequence[str]) -> list[dict[str, Any]]:
    """What a package says of its licence: an SPDX expression, or whatever else stands there, by name."""
    if expression:
        return [{"expression": expression}]
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: ")]
    if not named and text:
        named = [text.strip().splitlines()[0][:100]]
    return [{"license": {"name": one}} for one in named]


def _dependencies(wheels: Sequence[Path]) -> list[dict[str, Any]]:
    """Who asks for whom, of those that are there."""
    parsed = [HeaderParser().parsestr(metadata_of(wheel)[0]) for wheel in wheels]
    refs = {
        canonicalize_name(fields["Name"]): f"pkg:pypi/{canonicalize_name(fields['Name'])}@{fields['Version']}"
        for fields in parsed
    }
    found = []
    for fields in parsed:
        wanted = set()
        for line in fields.get_all("Requires-Dist", []):
            requirement = Requirement(line)
            extras = [{"extra": extra} for extra in ("", "card", *NAMES)]
            if requirement.marker is None or any(requirement.marker.evaluate(extra) for extra in extras):
                wanted.add(canonicalize_name(requirement.name))
        own = canonicalize_name(fields["Name"])
        found.append({"ref": refs[own], "dependsOn": sorted(refs[one] for one in wanted if one in refs)})
    return found

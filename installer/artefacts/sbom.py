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
from installer.messages import SetupError
from kiosk_agent import __version__

# where Node.js would find its own headers: each program carries this address
NODE_VERSION = re.compile(rb"/download/release/v(\d+\.\d+\.\d+)/")
SPACE = uuid.UUID("6f1c3b1e-6a3a-5a0e-9d43-0c6f3f0a8b11")  # of our own serial numbers


def build(arguments: list[str]) -> list[Path]:
    """Write ``kiosk-agent-VERSION.cdx.json``. Raises SetupError."""
    parser = argparse.ArgumentParser(prog="build.py sbom", description=__doc__)
    parser.add_argument("--out", type=Path, default=DIST, help="folder of the file (%(default)s)")
    chosen = parser.parse_args(arguments)
    own = own_wheel(chosen.out)
    return [write(chosen.out / f"kiosk-agent-{__version__}.cdx.json", own, shipped_wheels())]


def write(path: Path, own: Path, wheels: Sequence[Path]) -> Path:
    """Write the bill of ``own`` and all that it brings along to ``path``."""
    text = json.dumps(bill(own, wheels), ensure_ascii=False, indent=2) + "\n"
    path.write_text(text, encoding="utf-8")
    return path


def bill(own: Path, wheels: Sequence[Path]) -> dict[str, Any]:
    """The bill as JSON has it. The same wheels give the same bill."""
    parts = [component(wheel) for wheel in wheels]
    main = {**component(own), "type": "application"}
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
        "dependencies": _dependencies([own, *wheels]),
    }


def component(wheel: Path) -> dict[str, Any]:
    """One package: what it is called, its licence as it says itself, and the hash of the wheel."""
    fields = HeaderParser().parsestr(metadata_of(wheel)[0])
    name, version = canonicalize_name(fields["Name"]), fields["Version"]
    purl = f"pkg:pypi/{name}@{version}"
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}],
    }
    licences = licences_of(fields["License-Expression"], fields["License"], fields.get_all("Classifier", []))
    if licences:
        found["licenses"] = licences
    if inside := driver_of(wheel):
        found["components"] = inside
    return found


def driver_of(wheel: Path) -> list[dict[str, Any]]:
    """The programs of another language that Playwright's wheel brings: Node.js, and what runs on it."""
    found: list[dict[str, Any]] = []
    with zipfile.ZipFile(wheel) as opened:
        for name in opened.namelist():
            if name.endswith("/driver/package/package.json"):
                package = json.loads(opened.read(name))
                purl = f"pkg:npm/{package['name']}@{package['version']}"
                found.append(_part("library", purl, package["name"], package["version"], package["license"]))
            elif re.search(r"/driver/node(\.exe)?$", name):
                program = opened.read(name)
                version = NODE_VERSION.search(program)
                if version is None:
                    raise SetupError(f"{wheel.name}: expected a Node.js that names its version, found none in {name}")
                number = version[1].decode()
                part = _part("application", f"pkg:generic/node@{number}", "node", number, "MIT")
                found.append({**part, "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(program).hexdigest()}]})
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

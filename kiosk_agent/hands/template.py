"""Template profiles: what a visit's browser is copied from where a portal needs an extension.

A template is built on the desk itself (browsers bind parts of a profile to the machine) and never changed afterwards.
``templates/<portal>/manifest.json`` names the build that counts; it is replaced in one step, so that a reader, a
crash or a power cut finds either the old build whole or the new one whole. Measured: 1.3–2.6 MB each.
"""

from __future__ import annotations

import datetime
import enum
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec

from kiosk_agent.errors import DeskError
from kiosk_agent.health import Severity
from kiosk_agent.locale import translator
from kiosk_agent.portal.profile import Isolation, PortalInfo, Profile

FOLDER = "templates"
MANIFEST = "manifest.json"
PROFILE_FOLDER = "profile"  # inside a build: what the browser calls its user data folder
UNPACKED_FOLDER = "unpacked"  # inside a build: extensions that came from a folder
VERSION_LIMIT_S = 10.0  # `chromium --version` answers in 0.1–0.3 s

Translate = Callable[..., str]


class TemplateError(DeskError):
    """The portal's template is missing, does not fit, or could not be built."""


class Source(enum.StrEnum):
    """Where a template's extensions came from."""

    POLICY = "policy"  # the managed policy ExtensionInstallForcelist, which must stay in place
    BY_HAND = "by_hand"
    UNPACKED = "unpacked"  # a folder, for development and tests


class TemplateExtension(msgspec.Struct, frozen=True):
    """One extension of a template. ``in_memory``: it may run in a context that leaves nothing on disk."""

    id: str
    version: str
    in_memory: bool
    native_programs: tuple[str, ...] = ()  # those that were seen to start, by their native messaging names


class Manifest(msgspec.Struct, frozen=True):
    """What was built. ``portal_hash`` is of the profile's ``[portal]`` part without its titles."""

    build: str
    source: Source
    browser_version: str
    extensions: tuple[TemplateExtension, ...]
    built_at: datetime.datetime
    portal_hash: str


class Template(msgspec.Struct, frozen=True):
    """A whole template on this desk."""

    manifest: Manifest
    profile_dir: Path

    @property
    def in_memory(self) -> bool:
        """Whether a visit can run in an in-memory context: all of its extensions may run there."""
        return all(extension.in_memory for extension in self.manifest.extensions)


class TemplateProblem(msgspec.Struct, frozen=True):
    """One reason why a template is not as it should be. Red: no visit can begin. Amber: visits work, mend it soon."""

    severity: Severity
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.text} {self.remedy}"


def portal_hash(portal: PortalInfo) -> str:
    """SHA-256 of everything in ``[portal]`` that a template depends on; titles are words for people."""
    rest = msgspec.structs.replace(portal, title={})
    return hashlib.sha256(msgspec.json.encode(rest, order="deterministic")).hexdigest()


def template_folder(data_dir: Path, portal_name: str) -> Path:
    """Where the builds of one portal lie. A name is never taken for a path."""
    return data_dir / FOLDER / quote(portal_name, safe=" ").replace(".", "%2E")


def read_template(profile: Profile, data_dir: Path) -> Template:
    """The template of ``profile``'s portal. Raises TemplateError where none is there or it is not whole."""
    folder = template_folder(data_dir, profile.portal.name)
    remedy = build_remedy(profile, translator("en"))
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise TemplateError(f"There is no template for the portal {profile.portal.name}.", remedy) from error
    except (OSError, msgspec.MsgspecError) as error:
        raise TemplateError(f"{folder / MANIFEST} cannot be read: {error}.", remedy) from error
    profile_dir = folder / manifest.build / PROFILE_FOLDER
    if not (profile_dir / "Default" / "Preferences").is_file():
        raise TemplateError(f"The template in {folder} is not whole: {manifest.build} is missing.", remedy)
    return Template(manifest=manifest, profile_dir=profile_dir)


def load_template(profile: Profile, data_dir: Path, version: str | None = None) -> Template:
    """The template, checked against the profile and the browser's ``version``, if that is known.

    Raises TemplateError where a visit must not begin with it.
    """
    template = read_template(profile, data_dir)
    for problem in problems_of(template, profile, version, translator("en")):
        if problem.severity is Severity.RED:
            raise TemplateError(problem.text, problem.remedy)
    return template


def template_problems(
    profile: Profile, data_dir: Path, executable: Path | None = None, t: Translate | None = None
) -> list[TemplateProblem]:
    """Everything that is wrong with the template of ``profile``; empty where all is well or none is needed.

    ``executable``: the browser it must fit; None leaves that out.
    """
    t = t or translator("en")
    if profile.portal.isolation is not Isolation.TEMPLATE:
        return []
    try:
        template = read_template(profile, data_dir)
    except TemplateError:
        text = t("The portal {portal} has no whole template on this PC.", portal=profile.portal.name)
        return [TemplateProblem(Severity.RED, text, build_remedy(profile, t))]
    return problems_of(template, profile, browser_version(executable) if executable is not None else None, t)


def problems_of(template: Template, profile: Profile, version: str | None, t: Translate) -> list[TemplateProblem]:
    """What of ``template`` does not fit ``profile`` and the browser's ``version``."""
    remedy = build_remedy(profile, t)
    manifest = template.manifest
    found: list[TemplateProblem] = []
    have = {extension.id for extension in manifest.extensions if _has_files(template, extension.id)}
    for missing in [wanted for wanted in profile.portal.extensions if wanted not in have]:
        text = t("The template does not contain the extension {extension}.", extension=missing)
        found.append(TemplateProblem(Severity.RED, text, remedy))
    if not found and manifest.portal_hash != portal_hash(profile.portal):
        text = t("The profile's [portal] part was changed after the template was built.")
        found.append(TemplateProblem(Severity.AMBER, text, remedy))
    if version is not None and _number(version) < _number(manifest.browser_version):
        # browsers refuse or reset a profile that a newer one has written
        text = t(
            "The template was built with browser {built}, which is newer than {version}.",
            built=manifest.browser_version,
            version=version,
        )
        found.append(TemplateProblem(Severity.RED, text, remedy))
    elif version is not None and _number(version)[:1] > _number(manifest.browser_version)[:1]:
        # it works, but each visit's copy is converted again at start
        text = t(
            "The template was built with browser {built}; the browser is now {version}.",
            built=manifest.browser_version,
            version=version,
        )
        found.append(TemplateProblem(Severity.AMBER, text, remedy))
    if not template.in_memory:
        names = ", ".join(extension.id for extension in manifest.extensions if not extension.in_memory)
        text = t("The extension {extension} must not run in memory: visits use a copy that is wiped.", extension=names)
        found.append(TemplateProblem(Severity.AMBER, text, t("Nothing can be done here but to know it.")))
    return found


def _has_files(template: Template, extension: str) -> bool:
    """Whether the extension's own files are there; those from a folder lie beside the profile."""
    if template.manifest.source is Source.UNPACKED:
        return (template.profile_dir.parent / UNPACKED_FOLDER).is_dir()
    return (template.profile_dir / "Default" / "Extensions" / extension).is_dir()


def build_remedy(profile: Profile, t: Translate) -> str:
    """What to do about a template that is missing or does not fit."""
    return t("Run: kiosk-agent template build {file}", file=profile.path)


def browser_version(executable: Path) -> str:
    """The version of a browser that is not running, such as ``156.0.8078.79``. Raises TemplateError."""
    if sys.platform == "win32":  # there `--version` opens a window; the version is the name of a folder beside it
        names = [entry.name for entry in executable.parent.iterdir() if re.fullmatch(r"\d+(\.\d+){3}", entry.name)]
        if names:
            return max(names, key=_number)
        raise TemplateError(f"{executable}: its version cannot be told.", "Install the browser again.")
    try:
        answer = subprocess.run(
            [executable, "--version"], capture_output=True, text=True, timeout=VERSION_LIMIT_S, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TemplateError(f"{executable} --version: {error}.", "Install the browser again.") from error
    match = re.search(r"\d+(\.\d+){3}", answer)
    if match is None:
        raise TemplateError(f"{executable} --version gave no version.", "Install the browser again.")
    return match.group()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make ``manifest``'s build the one that counts, in one step that survives a power cut."""
    fresh = folder / f"{MANIFEST}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MANIFEST)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))

"""Machines in a folder, each with its own dpkg database: what is installed there is gone with it.

This machine once more: an overlay over the real root, so that within a second the package meets a real distribution
with everything that it depends on. A bare one: what debootstrap makes, where apt has to get all of that first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SET_UP = """
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --bind /dev "$1/root/dev"
mount --rbind /sys "$1/root/sys"
mount --bind "$3" "$1/root/mnt"
echo ready
exec cat
"""


class Machine:
    """A second machine, whose disk begins as ``lower``. It finds ``brought`` at ``/mnt``."""

    def __init__(self, folder: Path, lower: Path, brought: Path) -> None:
        if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("dpkg") is None:
            pytest.skip("only as root, with unshare, on Debian or Ubuntu")
        self._root = folder / "root"
        self._process = subprocess.Popen(
            ["unshare", "--mount", "--propagation=private", "sh", "-c", SET_UP, "sh", folder, lower, brought],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "ready\n":
            self.close()
            pytest.skip("no overlay file system here")

    def run(self, *command: str, stdin: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command there, as root, with nothing of this environment."""
        inside = ["nsenter", f"--mount=/proc/{self._process.pid}/ns/mnt", "chroot", str(self._root), *command]
        clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(
            inside, input=stdin, capture_output=True, text=True, check=False, env={**clean, **environment}
        )

    def does(self, *command: str, stdin: str | None = None, **environment: str) -> str:
        """Run a command that must succeed; returns its output."""
        done = self.run(*command, stdin=stdin, **environment)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def write(self, path: str, text: str) -> None:
        self.does("sh", "-c", 'mkdir -p "$(dirname "$1")"; cat > "$1"', "sh", path, stdin=text)

    def read(self, path: str) -> str:
        return self.does("cat", path)

    def has(self, path: str) -> bool:
        return self.run("test", "-e", path).returncode == 0

    def close(self) -> None:
        """The mount namespace ends with its last process, and the folder's content with it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@contextmanager
def another_machine(folder: Path, lower: Path = Path("/"), brought: Path | None = None) -> Iterator[Machine]:
    """One with an account for the desk, as long as the block lasts."""
    (folder / "machine").mkdir()
    machine = Machine(folder / "machine", lower, brought or folder)
    try:
        machine.does("useradd", "--create-home", "--home-dir", "/srv/desk", "desk")
        yield machine
    finally:
        machine.close()


@contextmanager
def bare_machine(folder: Path, brought: Path) -> Iterator[Machine]:
    """One that has the distribution's essential packages and apt, and its archive as this machine knows it."""
    for tool in ("debootstrap", "apt-get"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not on this machine")
    wanted = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI) $(ORIGIN)", "Created-By: Packages"]
    known = subprocess.run(wanted, capture_output=True, text=True, check=True).stdout.splitlines()
    archives = [
        words for words in map(str.split, known) if words[2:] in (["Debian"], ["Ubuntu"]) and "-" not in words[0]
    ]
    if not archives:
        pytest.skip("apt knows no archive of Debian or Ubuntu here")
    disk = folder / "bare"
    make = ["unshare", "--mount", "--propagation=private", "debootstrap", "--variant=minbase"]
    try:
        made = subprocess.run(
            [*make, archives[0][0], str(disk), archives[0][1]], capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            pytest.skip(f"debootstrap gets nothing from the archive: {made.stdout.strip().splitlines()[-1:]}")
        with another_machine(folder, disk, brought) as machine:
            yield machine
    finally:
        shutil.rmtree(disk, ignore_errors=True)

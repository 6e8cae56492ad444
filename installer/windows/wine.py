"""A Wine of the tests' own: its folder, its environment, its beginning and its end.

Nobody's ``~/.wine`` is touched: WINEPREFIX names a folder below ``.thirdparty``, and with it a server of its own, which
is the only one that is ever ended here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from installer.messages import SetupError, text
from installer.processes import run

DESKTOP, SIZE = "kiosk", "1024x768"
START_LIMIT_S = 180  # 15 s on two idle cores


def wine() -> str:
    """Wine for 64-bit programs. Debian's ``wine`` asks for a 32-bit one at each start, which nothing here needs."""
    for name in ("/usr/lib/wine/wine64", "wine64", "wine"):
        found = shutil.which(name)
        if found is not None:
            return found
    raise SetupError(text("needed"))


def wine_server() -> str:
    """The program that ends a Wine with all that runs in it."""
    for name in ("/usr/lib/wine/wineserver64", "wineserver"):
        found = shutil.which(name)
        if found is not None:
            return found
    raise SetupError(text("needed"))


def environment(prefix: Path, display: str) -> dict[str, str]:
    """For every program that is to run in the Wine of ``prefix``, on the screen ``display``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WINE", "PYTHON"))}
    return {
        **kept,
        "WINEPREFIX": str(prefix),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        # neither .NET nor a browser engine is there to be installed; and no entries in a person's own menus
        "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
        "DISPLAY": display,
        "LC_ALL": "C.UTF-8",
    }


@contextlib.contextmanager
def running(prefix: Path, display: str) -> Iterator[Mapping[str, str]]:
    """A fresh Wine with one desktop; at the end, everything in it is ended. Yields its programs' environment."""
    variables = environment(prefix, display)
    if prefix.exists():
        subprocess.run([wine_server(), "-k"], env=variables, check=False)  # of a run that was killed
        shutil.rmtree(prefix)
    prefix.mkdir(parents=True)
    try:
        run([wine(), "wineboot", "--init"], environment=variables)
        for key, name, value in (
            # input reaches hooks only inside a virtual desktop, which all programs share from here on
            (r"HKCU\Software\Wine\Explorer", "Desktop", DESKTOP),
            (r"HKCU\Software\Wine\Explorer\Desktops", DESKTOP, SIZE),
            # Wine's own fonts for menus know no Japanese
            (r"HKCU\Software\Wine\Fonts\Replacements", "Tahoma", "Noto Sans CJK JP"),
        ):
            run([wine(), "reg", "add", key, "/v", name, "/d", value, "/f"], environment=variables)
        yield variables
    finally:
        # -k: ask, then kill; -w: until the last one is gone
        subprocess.run([wine_server(), "-k"], env=variables, check=False)
        subprocess.run([wine_server(), "-w"], env=variables, check=False, timeout=60)

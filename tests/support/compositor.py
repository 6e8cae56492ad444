"""A real compositing manager on the tests' screen."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from Xlib.display import Display


@contextmanager
def compositor(name: str) -> Iterator[None]:
    """picom paints the windows of the display ``name`` meanwhile."""
    if shutil.which("picom") is None:
        pytest.skip("picom is not on this machine")
    arguments = ["picom", "--backend", "xrender", "--config", "/dev/null"]
    process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
    display = Display(name)
    atom = display.intern_atom("_NET_WM_CM_S0")
    try:
        while not display.get_selection_owner(atom):
            assert process.poll() is None, "picom does not run here"
        yield
    finally:
        display.close()
        process.terminate()
        process.wait(timeout=10)

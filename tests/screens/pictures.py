"""Where the pictures of the screens go: to be looked at, and some of them into the README and the guides."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "tests" / "output"
README_FOLDER = ROOT / "docs" / "screens"
README = (
    "gate",
    "visit",
    "warning",
    "warning-worker",
    "nudge",
    "warning-native",
    "challenge",
    "shield",
    "confirm",
    "confirm-mark",
    "held",
    "languages",
)
GUIDES_FOLDER = ROOT / "docs" / "guides" / "screens"
GUIDES = ("central-overview", "central-ranking")  # beside the README's

COLORS = 128  # flat screens: no difference is to be seen, and a quarter of the bytes


def keep(name: str, content: bytes) -> None:
    """Keep a picture (PNG). The README's and the guides' are written only when KIOSK_AGENT_WRITE_PICTURES=1."""
    folder = OUTPUT
    if os.environ.get("KIOSK_AGENT_WRITE_PICTURES") == "1":
        folder = README_FOLDER if name in README else GUIDES_FOLDER if name in GUIDES else OUTPUT
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)


def png(picture: Image.Image) -> bytes:
    """The bytes of a grabbed screen."""
    content = io.BytesIO()
    picture.save(content, "png")
    return content.getvalue()

"""Write what is made from the model into a checkout: ``python -m kiosk_agent.settings.generate``.

Group Policy's templates, the JSON Schema, and the tables of the reference in each of its languages.
"""

from __future__ import annotations

from pathlib import Path

from kiosk_agent.settings.admx import LANGUAGES, adml, admx
from kiosk_agent.settings.json_schema import json_schema
from kiosk_agent.settings.tables import REFERENCES, with_tables

ROOT = Path(__file__).parents[2]


def generated(root: Path = ROOT) -> dict[str, str]:
    """Every file by its path in the repository, and what should stand in it."""
    return {
        "config/policy/kiosk-agent.admx": admx(),
        **{f"config/policy/{language}/kiosk-agent.adml": adml(language) for language in LANGUAGES},
        "config/agent.schema.json": json_schema(),
        **{one.page: with_tables((root / one.page).read_text(encoding="utf-8"), one) for one in REFERENCES.values()},
    }


def write(root: Path = ROOT) -> None:
    """Write them all."""
    for name, text in generated(root).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()

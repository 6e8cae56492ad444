"""Building a template: whole or not at all."""

from __future__ import annotations

from kiosk_agent.hands.template import read_template, template_problems
from kiosk_agent.hands.template_build import build_template
from tests.template.conftest import PROGRAM, Desk


async def test_a_built_template_holds_the_extension_and_its_program_was_seen_to_start(desk: Desk) -> None:
    steps: list[str] = []
    await build_template(desk.order(), steps.append)
    template = read_template(desk.profile, desk.data_dir)
    [extension] = template.manifest.extensions
    assert (extension.id, extension.version, extension.in_memory) == (desk.extension.id, "1.2.0", True)
    assert extension.native_programs == (PROGRAM,)
    assert steps == ["install", "allow", "prune", "try", "keep"]
    assert template_problems(desk.profile, desk.data_dir, desk.executable) == []

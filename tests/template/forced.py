"""A build from the managed policy, then one visit: ``forced.py DATA_DIR BROWSER URL EXTENSION``, policy in place."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from kiosk_agent.hands.template import Source
from kiosk_agent.hands.template_build import BuildOrder, build_template
from tests.template.conftest import SANDBOX, card_profile
from tests.template.one_visit import sign_in, visit


async def main(data_dir: Path, executable: Path, url: str, extension: str) -> None:
    profile = card_profile(url, extension, data_dir)
    order = BuildOrder(profile, data_dir, executable, Source.POLICY, sandbox=SANDBOX, headless=True)
    template = await build_template(order)
    [built] = template.manifest.extensions
    async with visit(profile, data_dir, executable) as (launch, page):
        _found, account, _seen = await sign_in(page)
        await launch.close()
        await launch.wipe()
    print(f"{template.manifest.source}|{built.version}|{built.in_memory}|{','.join(built.native_programs)}|{account}")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))

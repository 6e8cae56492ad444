"""``python -m tests.desk.agent_child CONFIG SOCKET``: an agent that does what a test says, started as on a desk."""

from __future__ import annotations

import sys
from pathlib import Path

from kiosk_agent.memory import import_asyncio_without_tls

if __name__ == "__main__":
    import_asyncio_without_tls()  # as ``kiosk-agent run`` does at a desk without a central: it counts as memory
    from tests.desk.told_agent import main

    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))

"""``python -m kiosk_agent``."""

from kiosk_agent.cli import main

main(prog_name="kiosk-agent")

"""What every command does alike."""

from __future__ import annotations

import errno
import sys
from typing import Any

import click

from kiosk_agent import reasons
from kiosk_agent.locale import translator
from kiosk_agent.terminal.language import terminal_language
from kiosk_agent.terminal.output import replace_what_cannot_be_printed
from kiosk_agent.text import Text, shown

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class CommandLine(click.Group):
    """The outermost group: prepares the terminal before anything is printed, and says where nothing can be."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        replace_what_cannot_be_printed()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if error.errno not in NO_ROOM or error.filename is not None:  # a stream alone has no name
                raise
            said = Text("What was to be printed could not be written: {reason}.", reason=reasons.of_system(error))
            click.echo(shown(said, translator(terminal_language())), err=True)
            sys.exit(1)

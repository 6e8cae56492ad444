"""What the frozen programs start with. ``kiosk-agent.exe -m MODULE …`` does what ``python -m MODULE …`` does.

Supervisor, cover and agent start each other through ``sys.executable``, which is this program when it is frozen.
Without arguments it is the desk itself, as the scheduled task starts it.
"""

import runpy
import sys

if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] in ("-m", "-c"):
        kind, what = sys.argv[1:3]
        sys.argv = [sys.argv[0], *sys.argv[3:]]
        if kind == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as python -c
    elif len(sys.argv) == 1:
        from kiosk_agent.desk_start import main

        sys.exit(main())
    else:
        from kiosk_agent.cli import main as command

        command()

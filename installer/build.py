"""Make what is handed to a municipality: one command for each artefact.

    python3 installer/build.py deb     the Debian package of the agent
    python3 installer/build.py sbom    the bill of materials (CycloneDX) of agent and central
    python3 installer/build.py bundle  everything for a network without Internet, with hashes
    python3 installer/build.py msi     the Windows installer of the agent
    python3 installer/build.py site    the guides and reference pages as a folder that any browser reads

``--out DIR`` (``dist``) says where to; ``… NAME --help`` tells what else an artefact takes. Wheels
come from the package index that pip is set up for, checked against the pinned hashes, and are kept in ``dist/wheels``;
a second build needs no network. Exit status 70 where something could not be built.
"""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not this folder: its modules are the package installer's


if __name__ == "__main__":
    from installer.artefacts import main, with_build_tools

    with_build_tools(sys.argv)
    sys.exit(main(sys.argv[1:]))

"""Compiles definitions into a cache, in a process of its own: `python -m generator FOLDER… CACHE`.

A server that is to take over changed definitions runs this, so that no call waits while they are compiled. Errors
are printed, one a line, and the exit status is 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from generator.compile import DefinitionErrors, compile_catalog


def main() -> int:
    """Return the exit status."""
    *folders, cache = map(Path, sys.argv[1:])
    try:
        compile_catalog(folders, cache)
    except DefinitionErrors as found:
        print(found)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

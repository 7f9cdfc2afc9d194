"""Programs that meet signals as they do at a terminal, also where the tests themselves run under nohup or `&`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_CODE = """
import os, signal, sys
for each in (signal.SIGHUP, signal.SIGINT):
    signal.signal(each, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def as_at_a_terminal(command: Sequence[str]) -> list[str]:
    """The command, with the hang-up and Ctrl-C not ignored; its process has the id that Popen gives."""
    return [sys.executable, "-c", _CODE, *command]

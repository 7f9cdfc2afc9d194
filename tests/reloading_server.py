"""A server over definitions of one's own, for the tests of reloading. Arguments: their folder, `watch` or nothing."""

import os
import sys
from pathlib import Path

import runtime.server.app
from runtime.server.serve import run
from runtime.settings import Settings

if __name__ == "__main__":
    runtime.server.app.BUILTIN_DEFINITIONS = Path(sys.argv[1])
    run(Settings.load(os.environ), watches="watch" in sys.argv[2:])

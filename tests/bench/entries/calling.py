"""`tools/call` of a get against a fast vendor: ours beside a bare pass-through, the SDK and FastMCP."""

from __future__ import annotations

from collections.abc import Callable

from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.invoice import FAST_ID, path_of
from tests.bench.load import Measured, Target, measure_for
from tests.bench.messages import call_request, get_request, is_invoice, reads_invoice
from tests.bench.processes import Server
from tests.bench.stage import Rounds, Stage

CONNECTIONS = 64
OURS, NEW, BARE, SDK, FAST_MCP, VENDOR = (
    "call: ours",
    "call: ours, new heads",
    "call: bare pass-through",
    "call: SDK",
    "call: FastMCP",
    "call: the vendor itself",
)


def run(stage: Stage) -> Findings:
    """Measure."""

    def called(server: Server, path: str, *, is_new: bool = False) -> Target:
        watched = {"server": server.pid, "vendor": stage.vendor.pid}
        request = call_request(server.port, path, FAST_ID, is_new=is_new)
        return Target(server.port, request, reads_invoice(FAST_ID), watched)

    def asked(server: Server, watched: dict[str, int]) -> Target:
        request = get_request(server.port, path_of(FAST_ID))
        return Target(server.port, request, is_invoice(FAST_ID), watched)

    vendor = {"vendor": stage.vendor.pid}
    targets = {
        OURS: called(stage.ours, stage.deployment.path),
        NEW: called(stage.ours, stage.deployment.path, is_new=True),
        BARE: asked(stage.bare, {"server": stage.bare.pid, **vendor}),
        SDK: called(stage.sdk, "/mcp"),
        FAST_MCP: called(stage.fast_mcp, "/mcp"),
        VENDOR: asked(stage.vendor, vendor),
    }
    rounds = stage.rounds({name: _measurement(stage, target) for name, target in targets.items()})
    note = (
        f"tools/call: {CONNECTIONS} connections. The vendor shares the load's core and answers "
        f"{rounds.rate(VENDOR):,.0f}/s to the load alone, {rounds.rate(VENDOR) / rounds.rate(OURS):.1f} times ours."
    )
    return Findings(_rows(rounds), rounds.figures(), (note,))


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


def _rows(rounds: Rounds) -> list[Row]:
    return [
        rounds.row("tools/call : bare pass-through, no MCP", OURS, BARE, Aim("at least", 0.65)),
        rounds.row("the same, each head a new one", NEW, BARE),
        rounds.row("tools/call : SDK, stateless JSON", OURS, SDK),
        rounds.row("tools/call : FastMCP from_openapi", OURS, FAST_MCP),
    ]


ENTRY = Entry("call", "tools/call of a get, fast vendor", lambda scale: 6 * scale.rounds, run)

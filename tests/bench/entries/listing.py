"""`tools/list` of the full catalog: ours beside the same bytes from a bare application, the SDK and FastMCP."""

from __future__ import annotations

from collections.abc import Callable

from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.load import Measured, Target, measure_for
from tests.bench.messages import list_names, list_request, lists, same_bytes
from tests.bench.stage import Rounds, Stage

CONNECTIONS = 16
OURS, NEW, PACKED, BARE, SDK, FAST_MCP = (
    "list: ours",
    "list: ours, new heads",
    "list: ours, gzip",
    "list: bare ASGI",
    "list: SDK",
    "list: FastMCP",
)


def run(stage: Stage) -> Findings:
    """Measure."""
    names = list_names(stage.listed.read_bytes())
    path, ours, bare = stage.deployment.path, stage.ours, stage.bare
    check = lists(names)
    converted = lists(frozenset(tool.name for tool in stage.deployment.catalog.tools))
    targets = {
        OURS: Target(ours.port, list_request(ours.port, path), check, {"server": ours.pid}),
        NEW: Target(ours.port, list_request(ours.port, path, is_new=True), check, {"server": ours.pid}),
        BARE: Target(
            bare.port,
            list_request(bare.port, path),
            same_bytes(stage.listed.read_bytes()),
            {"server": bare.pid},
        ),
        PACKED: Target(
            ours.port,
            list_request(ours.port, path, "gzip"),
            lists(names, is_packed=True),
            {"server": ours.pid},
        ),
        SDK: Target(stage.sdk.port, list_request(stage.sdk.port, "/mcp"), check, {"server": stage.sdk.pid}),
        FAST_MCP: Target(
            stage.fast_mcp.port,
            list_request(stage.fast_mcp.port, "/mcp"),
            converted,
            {"server": stage.fast_mcp.pid},
        ),
    }
    rounds = stage.rounds({name: _measurement(stage, target) for name, target in targets.items()})
    notes = (
        f"tools/list: {len(names)} tools, {stage.listed.stat().st_size:,} bytes plain, {CONNECTIONS} connections.",
        "For new heads every head is another one: nothing is remembered, so that they must cost no more.",
    )
    return Findings(_rows(rounds), rounds.figures(), notes)


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


def _rows(rounds: Rounds) -> list[Row]:
    return [
        rounds.row("tools/list : same bytes, bare ASGI", OURS, BARE, Aim("at least", 0.8)),
        rounds.row("the same, each head a new one", NEW, BARE, Aim("at least", 0.95)),
        rounds.row("tools/list gzip : bare ASGI, plain", PACKED, BARE, Aim("at least", 1.0)),
        rounds.row("tools/list : SDK, stateless JSON", OURS, SDK),
        rounds.row("tools/list : FastMCP from_openapi", OURS, FAST_MCP),
    ]


ENTRY = Entry("list", "tools/list of the full catalog", lambda scale: 6 * scale.rounds, run)

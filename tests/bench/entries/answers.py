"""`tools/call` of lists, a report, a write and a search: ours beside a bare pass-through of what the vendor answers.

The pass-through hands on every byte of the vendor and reads none; ours reads it, checks it, leaves out what is not
asked for, and writes the result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.invoice import (
    CREATE_TOOL,
    FAST_ID,
    LIST_TOOL,
    REALM,
    REPORT_ROWS,
    REPORT_TOOL,
    UPDATE_TOOL,
    envelope_of,
    list_of,
    list_path,
    path_of,
    report_of,
    report_path,
)
from tests.bench.load import Measured, Target, measure_for
from tests.bench.messages import (
    answers,
    call_request,
    get_request,
    passes_on,
    post_request,
    reads_invoice,
    tool_request,
)
from tests.bench.processes import Server
from tests.bench.stage import Rounds, Stage

CONNECTIONS = 16
LINE = {
    "Amount": 62.5,
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "11"}, "Qty": 1, "UnitPrice": 62.5},
}
INVOICE: dict[str, Any] = {"CustomerRef": {"value": "24"}, "Line": [LINE] * 4}
NOTED: dict[str, Any] = {"id": FAST_ID, "PrivateNote": "Paid by bank transfer"}
SPARSE: dict[str, Any] = {**NOTED, "SyncToken": "3", "sparse": True}
Right = Callable[[Any], bool]


def run(stage: Stage) -> Findings:
    """Measure."""
    ours = partial(_ours, stage, stage.deployment.path)
    targets = {
        "answers: list of 200": ours(LIST_TOOL, {"limit": 200}, lambda value: value["returned"] == 200),
        "answers: list of 200, bare": _passed(stage, list_path(201), list_of(201)),
        "answers: list of 1,000": ours(LIST_TOOL, {"limit": 1000}, lambda value: value["returned"] == 1000),
        "answers: table of 1,000": ours(
            LIST_TOOL, {"limit": 1000, "format": "table"}, lambda value: value["returned"] == 1000
        ),
        "answers: list of 1,000, bare": _passed(stage, list_path(1000), list_of(1000)),
        "answers: report": ours(REPORT_TOOL, {}, lambda value: value["returned"] >= REPORT_ROWS),
        "answers: report, bare": _passed(stage, report_path(), report_of(REPORT_ROWS)),
        "answers: write": ours(CREATE_TOOL, INVOICE, lambda value: value["Id"] == FAST_ID),
        "answers: write, bare": _written(stage),
        "answers: write, no journal": _ours(
            stage,
            stage.unjournaled_deployment.path,
            CREATE_TOOL,
            INVOICE,
            lambda value: value["Id"] == FAST_ID,
            stage.unjournaled,
        ),
        "answers: update, guarded": ours(UPDATE_TOOL, NOTED, bool),
        "answers: update, sparse": ours(UPDATE_TOOL, SPARSE, bool),
        "answers: search": _ours(
            stage, stage.deployment.search_path, "search_tools", {"query": "unpaid invoices"}, bool
        ),
        "answers: get": Target(
            stage.ours.port,
            call_request(stage.ours.port, stage.deployment.path, FAST_ID),
            reads_invoice(FAST_ID),
            _watched(stage),
        ),
        "answers: get, bare": _passed(stage, path_of(FAST_ID), envelope_of(FAST_ID)),
    }
    rounds = stage.rounds({name: _measurement(stage, target) for name, target in targets.items()})
    rows = [
        rounds.row(f"{what} : bare pass-through", f"answers: {what}", f"answers: {what}, bare")
        for what in ("list of 200", "list of 1,000", "report", "write")
    ]
    search = rounds.row("search_tools : bare pass-through of a get", "answers: search", "answers: get, bare")
    note = (
        f"Answers: {CONNECTIONS} connections. The report has {REPORT_ROWS} rows of 13 columns; "
        f"a list of 1,000 invoices is {len(orjson.dumps(list_of(1000))):,} bytes at the vendor."
    )
    return Findings([*rows, *_added(rounds), search], rounds.figures(), (note,))


def _added(rounds: Rounds) -> list[Row]:
    """Return what the journal, the guard of updates and the table form cost in processor time."""
    tables = "answers: table of 1,000", "answers: list of 1,000"
    updates = "answers: update, guarded", "answers: update, sparse"
    writes = "answers: write", "answers: write, no journal"
    return [
        rounds.row("write with the journal : without", *writes),
        rounds.added("the journal of a write", *writes, Aim("under", 0.5)),
        rounds.row("guarded update with its read : sparse, sent as it is", *updates),
        rounds.added("the guard of an update", *updates, Aim("under", 1.0)),
        rounds.cost_row("list of 1,000 as a table : as records", *tables, Aim("at most", 1.0)),
    ]


def _ours(
    stage: Stage,
    path: str,
    tool: str,
    arguments: dict[str, Any],
    is_right: Right,
    server: Server | None = None,
) -> Target:
    server = server or stage.ours
    request = tool_request(server.port, path, tool, arguments)
    return Target(server.port, request, answers(is_right), {"server": server.pid, "vendor": stage.vendor.pid})


def _watched(stage: Stage) -> dict[str, int]:
    return {"server": stage.ours.pid, "vendor": stage.vendor.pid}


def _passed(stage: Stage, path: str, value: Any) -> Target:
    bare = stage.bare
    watched = {"server": bare.pid, "vendor": stage.vendor.pid}
    return Target(bare.port, get_request(bare.port, path), passes_on(len(orjson.dumps(value))), watched)


def _written(stage: Stage) -> Target:
    bare, path = stage.bare, f"/v3/company/{REALM}/invoice?minorversion=75"
    watched = {"server": bare.pid, "vendor": stage.vendor.pid}
    size = len(orjson.dumps(envelope_of(FAST_ID)))
    return Target(bare.port, post_request(bare.port, path, INVOICE), passes_on(size), watched)


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


ENTRY = Entry("answers", "lists, a report, a write, a search", lambda scale: 15 * scale.rounds, run)

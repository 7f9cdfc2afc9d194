"""The journal at the management API and on the command line."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator.catalog import Catalog
from runtime.commands.cli import main
from runtime.exchange.context import NOTHING_ADDED, CallContext
from runtime.model import WRITTEN, AccountId, Origin
from runtime.operations.undo import Asked, Undo
from runtime.operations.write_journal import WriteJournal
from runtime.upstream.client import VendorRequest, VendorResponse
from tests import made_up
from tests.api.harness import ApiHarness
from tests.contexts import context_of
from tests.deployment import BOOKS, CATALOG, DESK, HandClock
from tests.faults.process import environment

TOOL = replace(made_up.UPDATE, integration="books", sensitive=(("TaxId",),))
MADE_UP = Catalog("1", {"books": BOOKS, "desk": DESK}, (*CATALOG.tools, TOOL))
SENT = VendorRequest("POST", "https://books.example/invoice", {}, b"{}", changes_data=True)


@pytest.fixture
def harness(tmp_path: Path) -> ApiHarness:
    return ApiHarness(tmp_path, HandClock(), catalog=MADE_UP)


def write(harness: ApiHarness, account: str, id_: str, status: int = 200, origin: Origin = WRITTEN) -> None:
    """One write of an agent."""
    journal = WriteJournal(harness.here.keys, harness.here.stores, clock=harness.here.clock)

    async def main() -> None:
        call: CallContext = context_of(TOOL, BOOKS, {"id": id_, "TaxId": "123456789"})
        call.account = replace(call.account, id=AccountId(account))
        call.caller, call.before = "mcp_server:m1", {"Id": id_, "TaxId": "987654321"}
        call.origin = origin
        (entry,) = await journal.begin(call, NOTHING_ADDED, SENT)
        body = b'{"Invoice":{"Id":"%b","TaxId":"555555555"}}' % id_.encode() if status == 200 else b"{}"
        journal.end([entry], VendorResponse(status, {}, body))

    asyncio.run(main())


def listed(harness: ApiHarness, account: str, query: str = "") -> Any:
    answer = harness.ask("GET", f"/integrated-account/{account}/journal{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_journal_is_answered_in_parts_from_the_newest_on(harness: ApiHarness) -> None:
    account = harness.account()
    for number in range(3):
        write(harness, account, str(number))
    first = listed(harness, account, "?limit=2")
    assert [each["record_id"] for each in first["result"]] == ["2", "1"]
    rest = listed(harness, account, f"?limit=2&next_cursor={first['next_cursor']}")
    assert ([each["record_id"] for each in rest["result"]], rest["next_cursor"]) == (["0"], None)


def test_an_entry_says_who_wrote_what_and_what_it_came_to(harness: ApiHarness) -> None:
    account = harness.account()
    write(harness, account, "7")
    (entry,) = listed(harness, account)["result"]
    assert (entry["caller"], entry["tool"], entry["outcome"]) == ("mcp_server:m1", TOOL.name, "done")
    assert entry["begun_at"] == "2027-01-15T08:00:00.000Z"
    assert "arguments" not in entry


def test_the_whole_entry_has_what_was_sent_with_sensitive_values_masked(harness: ApiHarness) -> None:
    account = harness.account()
    write(harness, account, "7")
    (entry,) = listed(harness, account)["result"]
    whole = harness.ask("GET", f"/integrated-account/{account}/journal/{entry['id']}").json()
    assert whole["arguments"] == {"id": "7", "TaxId": "•••6789"}
    assert whole["before"] == {"Id": "7", "TaxId": "•••4321"}
    assert whole["after"] == {"Id": "7", "TaxId": "•••5555"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?record_id=1", ["1"]),
        ("?outcome=refused", ["2"]),
        ("?tool=another", []),
        ("?since=2027-01-15T09:00:00%2B01:00", ["2", "1"]),
        ("?since=2027-01-15T08:00:01Z", []),
    ],
)
def test_a_list_is_filtered(harness: ApiHarness, query: str, found: list[str]) -> None:
    account = harness.account()
    write(harness, account, "1")
    write(harness, account, "2", status=400)
    assert [each["record_id"] for each in listed(harness, account, query)["result"]] == found


@pytest.mark.parametrize(
    "query", ["?outcome=lost", "?since=yesterday", "?since=2027-01-15", "?next_cursor=x"]
)
def test_a_filter_that_is_none_is_refused(harness: ApiHarness, query: str) -> None:
    answer = harness.ask("GET", f"/integrated-account/{harness.account()}/journal{query}")
    assert answer.status_code == 400


def test_the_journal_of_another_account_is_not_answered(harness: ApiHarness) -> None:
    mine, other = harness.account(), harness.account()
    write(harness, mine, "7")
    (entry,) = listed(harness, mine)["result"]
    assert listed(harness, other)["result"] == []
    assert harness.ask("GET", f"/integrated-account/{other}/journal/{entry['id']}").status_code == 404
    assert harness.ask("GET", "/integrated-account/none/journal").status_code == 404


def run(harness: ApiHarness, tmp_path: Path, *arguments: str) -> Any:
    settings = {"LEDGERPORT_SECRET_KEY": "", **environment(tmp_path)}
    return CliRunner().invoke(main, ["journal", *arguments], env=settings)


def test_the_command_line_lists_verifies_and_exports(harness: ApiHarness, tmp_path: Path) -> None:
    account = harness.account()
    write(harness, account, "7")
    assert TOOL.name in run(harness, tmp_path, "list", account).output
    head = run(harness, tmp_path, "head").output
    assert account in head
    exported = tmp_path / "heads"
    exported.write_text(head)
    whole = run(harness, tmp_path, "verify", "--head", str(exported))
    assert (whole.exit_code, whole.output) == (0, "The journal is whole.\n")
    with closing(sqlite3.connect(harness.here.stores.path)) as connection, connection:
        connection.execute("UPDATE journal SET caller = 'somebody else'")
    broken = run(harness, tmp_path, "verify")
    assert broken.exit_code == 1
    assert f"{account}, link 1: It was changed" in broken.output


def test_a_file_that_holds_no_heads_is_refused(harness: ApiHarness, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("{}")
    assert run(harness, tmp_path, "verify", "--head", str(other)).exit_code != 0


def serve_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a command work with the catalog of these tests, whose integrations no setting names."""
    monkeypatch.setattr("runtime.server.app.Runtime.read_catalog", lambda _runtime: MADE_UP)
    monkeypatch.setattr("runtime.settings.Settings.check_integrations", lambda _settings, _known: None)


def test_a_write_is_undone_from_the_command_line(
    harness: ApiHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[tuple[str, str, bool]] = []

    async def revert(_self: Undo, asked: Asked, entry_id: str, *, is_preview: bool) -> dict[str, Any]:
        asked_for.append((asked.grant.client, entry_id, is_preview))
        return {"reverts": entry_id, "dry_run": is_preview}

    account = harness.account()
    write(harness, account, "7")
    (entry,) = listed(harness, account)["result"]
    serve_made_up(monkeypatch)
    monkeypatch.setattr(Undo, "revert", revert)
    done = run(harness, tmp_path, "revert", entry["id"], "--dry-run")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == {"reverts": entry["id"], "dry_run": True}
    assert asked_for == [("ledgerport journal revert", entry["id"], True)]


def test_a_write_that_was_refused_is_not_undone_from_the_command_line(
    harness: ApiHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = harness.account()
    write(harness, account, "7", 400)
    (entry,) = listed(harness, account)["result"]
    serve_made_up(monkeypatch)
    done = run(harness, tmp_path, "revert", entry["id"])
    assert (done.exit_code, "not known to have been done" in done.output) == (1, True)


def test_an_undo_takes_the_company_and_allow_duplicate_from_its_body(
    harness: ApiHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Asked] = []

    async def revert(_self: Undo, asked: Asked, entry_id: str, *, is_preview: bool) -> dict[str, Any]:
        found.append(asked)
        return {"reverts": entry_id, "tool": "", "arguments": {}, "company": {}}

    monkeypatch.setattr(Undo, "revert", revert)
    account = harness.account()
    write(harness, account, "7")
    (entry,) = listed(harness, account)["result"]
    path = f"/integrated-account/{account}/journal/{entry['id']}/revert"
    for body in ({}, {"company": "Acme", "allow_duplicate": True}):
        assert harness.ask("POST", path, json=body).status_code == 200
    assert [(each.company, each.allow_duplicate) for each in found] == [("", False), ("Acme", True)]


def test_writes_are_filtered_by_their_kind(harness: ApiHarness, tmp_path: Path) -> None:
    account = harness.account()
    write(harness, account, "1")
    write(harness, account, "2", origin=Origin("reverse", reverses="1"))
    (entry,) = listed(harness, account, "?kind=reverse")["result"]
    assert (entry["kind"], entry["reverses"], entry["record_id"]) == ("reverse", "1", "2")
    assert [each["kind"] for each in listed(harness, account)["result"]] == ["reverse", "write"]
    assert harness.ask("GET", f"/integrated-account/{account}/journal?kind=x").status_code == 400
    (line,) = run(harness, tmp_path, "list", account, "--kind", "reverse").output.splitlines()
    assert "  reverse  " in line
    assert line.endswith("  reverses 1")

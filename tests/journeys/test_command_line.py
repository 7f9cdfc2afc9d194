"""A call from the command line beside a running server, with the simulator in place of the vendor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.commands.demo import CLIENT_ID
from tests.journeys.conftest import ROOT, Stage


def ledgerport(stage: Stage, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "LEDGERPORT_DATA": str(stage.demo.data),
        "LEDGERPORT_PORT": str(stage.demo.port),
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": CLIENT_ID,
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": (stage.demo.data / "client-secret").read_text().strip(),
        "LEDGERPORT_QUICKBOOKS_ORIGIN": stage.demo.simulator_url,
    }
    return subprocess.run(
        [sys.executable, "-m", "runtime", *arguments], cwd=ROOT, env=environment, input=typed,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_tool_is_called_and_its_answer_is_the_output(stage):
    done = ledgerport(stage, "call", "list_all_quick_books_terms", '{"limit": 1}')
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["returned"] == 1


def test_an_error_of_a_call_is_a_sentence_and_in_json_an_object(stage):
    done = ledgerport(stage, "call", "list_all_quick_books_terms", '{"limt": 1}')
    assert (done.returncode, done.stdout) == (1, "")
    assert 'Did you mean "limit"?' in done.stderr
    done = ledgerport(stage, "call", "list_all_quick_books_terms", "-", "--json", typed='{"limt": 1}')
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "invalid_arguments"


def test_a_write_is_in_the_journal_and_made_once_under_its_key(stage):
    arguments = json.dumps({"Name": "Net 77", "DueDays": 77})
    call = ("call", "create_a_quick_books_term", arguments, "--idempotency-key", "cli-77", "--json")
    first, second = (json.loads(ledgerport(stage, *call).stdout) for _ in range(2))
    assert first["result"]["Id"] == second["result"]["Id"]
    assert first["company"]["name"] == "Demo company"
    journal = ledgerport(
        stage, "journal", "list", stage.running.account["id"], "--tool", "create_a_quick_books_term"
    )
    entries = [line.split() for line in journal.stdout.splitlines() if "command_line" in line]
    assert {(each[3], each[5]) for each in entries} == {("done", first["result"]["Id"])}


def test_a_file_is_written_where_it_is_said(stage, tmp_path: Path):
    listed = ledgerport(stage, "call", "list_all_quick_books_invoices", '{"limit": 1, "fields": ["Id"]}')
    invoice = json.dumps({"id": json.loads(listed.stdout)["records"][0]["Id"]})
    refused = ledgerport(stage, "call", "download_a_quick_books_invoice_pdf_by_id", invoice)
    assert refused.returncode == 1
    assert "Say with --out FILE" in refused.stderr
    out = tmp_path / "invoice.pdf"
    done = ledgerport(
        stage, "call", "download_a_quick_books_invoice_pdf_by_id", invoice, "--out", str(out), "--json"
    )
    assert json.loads(done.stdout) == {"file": str(out), "media_type": "application/pdf", "status": 200}
    assert out.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("account", ["00000000-0000-4000-8000-000000000000"])
def test_an_account_that_is_not_there_is_a_sentence(stage, account):
    done = ledgerport(stage, "call", "list_all_quick_books_terms", "--account", account)
    assert done.returncode == 1
    assert "There is no such integrated account." in done.stderr

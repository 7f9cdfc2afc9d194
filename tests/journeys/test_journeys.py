"""What people do with a URL, done by real MCP clients against the real servers."""

from __future__ import annotations

import datetime
import json
import sqlite3
import urllib.error
import urllib.request

import pytest

from tests.journeys.agents import COMMANDS, agent

pytestmark = pytest.mark.usefixtures("clients")
every_client = pytest.mark.parametrize("kind", list(COMMANDS))
TODAY = datetime.datetime.now().astimezone().date().isoformat()


@every_client
def test_an_agent_finds_who_owes_most_and_reads_their_email(stage, kind):
    with agent(kind, stage.server()["url"]) as someone:
        unpaid = someone.call(
            "list_all_quick_books_invoices", query="select * from Invoice where Balance > '0' maxresults 1000"
        ).value["records"]
        assert unpaid
        assert all(invoice["Balance"] > 0 for invoice in unpaid)
        owed: dict[str, float] = {}
        for invoice in unpaid:
            customer = invoice["CustomerRef"]["value"]
            owed[customer] = owed.get(customer, 0) + invoice["Balance"]
        most = max(owed, key=lambda each: owed[each])
        customer = someone.call("get_single_quick_books_customer_by_id", id=most).value
        assert "@" in customer["PrimaryEmailAddr"]["Address"]


@every_client
def test_an_agent_pays_a_bill_by_credit_card(stage, kind):
    with agent(kind, stage.server()["url"]) as someone:
        bill = someone.call("list_all_quick_books_bills", Balance_from=0.01, fields=["*"]).value["records"][0]
        vendor = bill["VendorRef"]["value"]
        of_vendor = someone.call("list_all_quick_books_bills", VendorRef=vendor, Balance_from=0.01).value[
            "records"
        ]
        assert bill["Id"] in {each["Id"] for each in of_vendor}
        card = someone.call(
            "list_all_quick_books_accounts", query="select * from Account where AccountType = 'Credit Card'"
        ).value["records"][0]
        payment = someone.call(
            "create_a_quick_books_bill_payment",
            VendorRef={"value": vendor},
            PayType="CreditCard",
            CreditCardPayment={"CCAccountRef": {"value": card["Id"]}},
            TotalAmt=bill["Balance"],
            TxnDate=TODAY,
            Line=[{"Amount": bill["Balance"], "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}],
        ).value
        assert payment["TotalAmt"] == bill["Balance"]
        assert someone.call("get_single_quick_books_bill_by_id", id=bill["Id"]).value["Balance"] == 0


@every_client
def test_an_agent_adds_a_late_fee_by_read_change_and_update(stage, kind):
    with agent(kind, stage.server()["url"]) as someone:
        listed = someone.call("list_all_quick_books_invoices", Balance_from=0.01, limit=5).value["records"][
            -1
        ]
        invoice = someone.call("get_single_quick_books_invoice_by_id", id=listed["Id"]).value
        fee = round(invoice["Balance"] * 0.05, 2)
        sold = next(line for line in invoice["Line"] if line["DetailType"] == "SalesItemLineDetail")
        lines = [line for line in invoice["Line"] if line["DetailType"] != "SubTotalLineDetail"]
        lines.append(
            {
                "DetailType": "SalesItemLineDetail",
                "Amount": fee,
                "Description": "Late fee of 5 %",
                "SalesItemLineDetail": {
                    "ItemRef": {"value": sold["SalesItemLineDetail"]["ItemRef"]["value"]},
                    "TaxCodeRef": {"value": "NON"},
                },
            }
        )
        updated = someone.call(
            "update_a_quick_books_invoice_by_id",
            id=invoice["Id"],
            SyncToken=invoice["SyncToken"],
            sparse=True,
            Line=lines,
        ).value
        assert updated["Balance"] == pytest.approx(invoice["Balance"] + fee)
        assert int(updated["SyncToken"]) == int(invoice["SyncToken"]) + 1
        stale = someone.call(
            "update_a_quick_books_invoice_by_id",
            id=invoice["Id"],
            SyncToken=invoice["SyncToken"],
            sparse=True,
            PrivateNote="too late",
        )
        assert stale.is_error
        assert "5010" in stale.text


@every_client
def test_a_read_only_url_refuses_every_write(stage, kind):
    with agent("python-sdk-2", stage.server()["url"]) as owner:
        everything = owner.tools()
    with agent(kind, stage.server(methods=["read"])["url"]) as someone:
        seen = someone.tools()
        assert seen
        assert all(tool["annotations"]["readOnlyHint"] for tool in seen.values())
        writes = [name for name, tool in everything.items() if not tool["annotations"]["readOnlyHint"]]
        assert len(writes) > 20
        for name in writes:
            assert name not in seen
            refused = someone.call(name, id="1", SyncToken="0")
            assert not refused.raised
            assert refused.is_error
            assert refused.text.startswith(f'There is no tool "{name}" here.')


@every_client
def test_a_url_for_the_tag_crm_shows_people_and_hides_the_ledger(stage, kind):
    with agent(kind, stage.server(tags=["crm"])["url"]) as someone:
        seen = someone.tools()
        assert {"list_all_quick_books_customers", "list_all_quick_books_vendors"} <= seen.keys()
        assert not [name for name in seen if "journal" in name or "invoice" in name or "transfer" in name]
        hidden = someone.call("list_all_quick_books_journal_entries")
        assert 'There is no tool "list_all_quick_books_journal_entries" here.' in hidden.text
        query = someone.call("list_all_quick_books_customers", query="select * from JournalEntry")
        assert query.is_error
        assert "JournalEntry" in query.text


@every_client
def test_urls_that_do_not_work_are_alike(stage, kind):
    live, revoked, expired = stage.server(), stage.server(), stage.server()
    stage.running.api.call("DELETE", f"{stage.path}/{revoked['id']}")
    _expire(stage, expired["id"])
    mistyped = live["url"][:-1] + ("A" if live["url"][-1] != "A" else "B")
    unknown = f"{stage.demo.url}/mcp/nobody"
    answers = {_post(url) for url in (expired["url"], revoked["url"], unknown, mistyped)}
    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert _post(live["url"])[0] == 200
    greetings = set()
    for url in (expired["url"], revoked["url"], unknown, mistyped):
        with agent(kind, url) as someone:
            assert "connected" not in someone.greeting
            greetings.add(str(someone.greeting).replace(url.rpartition("/")[2], "TOKEN"))
    assert len(greetings) == 1


@every_client
def test_a_url_that_wants_an_api_token_is_not_enough_alone(stage, kind):
    url = stage.server(require_api_token_auth=True)["url"]
    with agent(kind, url) as someone:
        assert "connected" not in someone.greeting
    with agent(kind, url, {"Authorization": "Bearer nonsense"}) as someone:
        assert "connected" not in someone.greeting
    with agent(kind, url, {"Authorization": f"Bearer {stage.running.api.token}"}) as someone:
        assert "list_all_quick_books_invoices" in someone.tools()


@every_client
def test_an_agent_that_is_throttled_reads_how_long_to_wait_and_goes_on(stage, kind):
    with agent(kind, stage.server()["url"]) as someone:
        stage.control("throttle", {"forced": 1})
        try:
            throttled = someone.call("get_quick_books_company_info")
        finally:
            stage.control("throttle", {"forced": 0})
        assert throttled.is_error
        assert not throttled.raised
        assert "rate limit reached (429)" in throttled.text
        assert "Wait 60 seconds, then retry the same call." in throttled.text
        assert someone.call("get_quick_books_company_info").value["CompanyName"]


@every_client
def test_an_agent_finds_its_tools_by_words_and_calls_what_it_found(stage, kind):
    with agent(kind, stage.server(tool_exposure="discovery", tags=["crm"])["url"]) as someone:
        assert list(someone.tools()) == [
            "search_tools",
            "get_tool_schema",
            "call_read_tool",
            "call_write_tool",
            "list_recent_changes",
            "revert_change",
        ]
        found = someone.call("search_tools", query="find a customer by name").value["tools"][0]["name"]
        assert found == "list_all_quick_books_customers"
        schema = someone.call("get_tool_schema", names=[found]).value["tools"][0]["inputSchema"]
        assert "DisplayName_contains" in schema["properties"]
        by_call = someone.call("call_write_tool", name=found, arguments={"limit": 2}).value
        assert by_call == someone.call(found, limit=2).value
        wrong = someone.call("call_write_tool", name=found, arguments={"limt": 2})
        assert wrong.is_error
        assert 'Did you mean "limit"?' in wrong.text
        hidden = someone.call("call_write_tool", name="list_all_quick_books_journal_entries")
        assert hidden.is_error
        assert "There is no tool" in hidden.text
        assert not someone.call("search_tools", query="journal entry").value["tools"]


def test_an_agent_sees_masks_and_neither_books_nor_erases_what_they_hide(stage):
    with agent("python-sdk-2", stage.server()["url"]) as someone:
        made = someone.call(
            "create_a_quick_books_employee",
            GivenName="Ada",
            FamilyName=f"Masked {stage.demo.port}",
            BirthDate="1980-01-31",
            SSN="123-45-6789",
        ).value
        assert (made["BirthDate"], made["SSN"][:3]) == ("•••", "•••")
        read = someone.call("get_single_quick_books_employee_by_id", id=made["Id"]).value
        assert read == {name: value for name, value in made.items() if name != "company"}
        change = {"id": read["Id"], "Gender": "Female"}
        same = someone.call("update_a_quick_books_employee_by_id", **{**read, **change})
        assert not same.is_error, same.text
        seen = same.value["record"]
        assert (seen["BirthDate"], seen["Gender"]) == ("•••", "Female")
        version = {"id": read["Id"], "SyncToken": seen["SyncToken"]}
        left_out = someone.call(
            "update_a_quick_books_employee_by_id", **version, GivenName="Ada", FamilyName=read["FamilyName"]
        )
        assert not left_out.is_error, left_out.text
        wrong = someone.call("update_a_quick_books_employee_by_id", **version, sparse=True, SSN="•••6789")
        assert '"SSN" is masked' in wrong.text
        compared = someone.call(
            "list_all_quick_books_employees", query="select * from Employee where SSN like '1%'"
        )
        assert "SSN" in compared.text
        assert "sensitive" in compared.text
        any_of_them = someone.call("query_quick_books", query="select * from Employee maxresults 1000")
        assert "1980-01-31" not in any_of_them.text
    with agent("python-sdk-2", stage.server(show_sensitive=True)["url"]) as someone:
        shown = someone.call("get_single_quick_books_employee_by_id", id=made["Id"]).value
        assert (shown["BirthDate"], shown["SSN"]) == ("1980-01-31", "123-45-6789")


def _expire(stage, server_id: str) -> None:
    """Let the moment of expiry pass: an expiry must lie 60 s ahead when it is set, so the record is moved instead."""
    with sqlite3.connect(stage.demo.data / "ledgerport.sqlite3") as records:
        changed = records.execute("UPDATE mcp_server SET expires_at = 1 WHERE id = ?", (server_id,)).rowcount
    assert changed == 1


def _post(url: str) -> tuple[int, bytes]:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=body, headers=headers), timeout=30
        ) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()

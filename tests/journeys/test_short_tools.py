"""Each short tool against the simulator, over MCP: what it answers, and what the books say afterwards."""

from __future__ import annotations

import json
import random
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.journeys.conftest import Stage

Value = dict[str, Any]
DAY = "2026-10-20"
CHECKING = "35"
LINES = [{"account_id": "7", "debit": 50}, {"account_id": CHECKING, "credit": 50}]
OVER = [{"debit": 101}, {"credit": 101}]
WRITES = {"create_invoice", "send_invoice", "record_payment", "create_journal_entry"}
NAMES = WRITES | {
    "get_company_info",
    "list_connections",
    "query_books",
    "get_entity",
    "get_report",
    "search_customers",
    "search",
    "fetch",
    "cash_flow_forecast",
    "month_end_checklist",
    "find_anomalies",
    "profit_and_loss",
    "balance_sheet",
    "query_transactions",
    "list_accounts",
    "list_vendors",
    "list_customers",
    "list_classes",
}
PHONES = ("PrimaryPhone", "AlternatePhone", "Mobile")


@dataclass
class Reply:
    """The result of a call."""

    result: Value

    @property
    def text(self) -> str:
        return str(self.result["content"][0]["text"])

    @property
    def is_error(self) -> bool:
        return bool(self.result["isError"])

    @property
    def value(self) -> Value:
        assert not self.is_error, self.text
        found: Value = json.loads(self.text)
        return found


@dataclass
class Caller:
    """An MCP endpoint, called by hand."""

    stage: Stage
    config: Value = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.url = self.stage.server(**{"tool_exposure": "short", **self.config})["url"]

    def send(self, method: str, params: Value) -> Value:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        request = urllib.request.Request(self.url, json.dumps(message).encode(), headers)
        with urllib.request.urlopen(request, timeout=120) as response:
            found: Value = json.load(response)["result"]
        return found

    def list(self) -> dict[str, Value]:
        return {tool["name"]: tool for tool in self.send("tools/list", {})["tools"]}

    def call(self, tool: str, key: str = "", **arguments: Any) -> Reply:
        meta = {"_meta": {"ledgerport/idempotency-key": key}} if key else {}
        return Reply(self.send("tools/call", {"name": tool, "arguments": arguments, **meta}))

    def read(self, resource: str, id_: str) -> Value:
        return self.call(f"get_single_quick_books_{resource}_by_id", id=id_).value

    def read_all(self, tool: str, **arguments: Any) -> list[Value]:
        found: Value = self.call(f"list_all_quick_books_{tool}", limit=1000, **arguments).value
        assert "next_cursor" not in found
        records: list[Value] = found["records"]
        return records


def list_phones(customer: Value) -> list[str]:
    return [customer[name]["FreeFormNumber"] for name in PHONES if name in customer]


def list_texts(customer: Value) -> list[str]:
    email = customer.get("PrimaryEmailAddr", {}).get("Address", "")
    return [customer["DisplayName"], customer.get("CompanyName", ""), email]


def strip_to_digits(text: str) -> str:
    return "".join(each for each in text if each.isdigit())


def matches(customer: Value, query: str) -> bool:
    """Whether a customer has a text in its name, company or email, or the digits of a number in a phone number."""
    if any(query.lower() in text.lower() for text in list_texts(customer)):
        return True
    digits = strip_to_digits(query)
    is_number = len(digits) >= 3 and not any(each.isalpha() for each in query)
    return is_number and any(digits in strip_to_digits(phone) for phone in list_phones(customer))


def make_query(chance: random.Random, customers: list[Value]) -> str:
    """A part of what is written of some customer, in any letter case, or a few letters that may be nowhere."""
    customer = chance.choice(customers)
    text = chance.choice([*list_texts(customer), *list_phones(customer), "%_'x@.5550"])
    start = chance.randrange(len(text)) if text else 0
    part = text[start : start + chance.randint(1, 8)].strip()
    return chance.choice([part, part.upper(), part.lower()]) or "zz"


@pytest.fixture(scope="module")
def caller(stage: Stage) -> Caller:
    return Caller(stage, {"max_answer_bytes": 10_000_000})


@pytest.fixture
def books(stage: Stage, caller: Caller) -> Iterator[Caller]:
    """The company as nobody has worked in it, and as it was before afterwards."""
    stage.control("snapshot", {"name": "before short tools"})
    stage.restore_start()
    try:
        yield caller
    finally:
        stage.control("restore", {"name": "before short tools"})


def test_they_are_listed_alone_and_every_other_tool_is_called_by_name(caller: Caller) -> None:
    listed = caller.list()

    assert set(listed) == NAMES
    assert caller.read("customer", "1")["Id"] == "1"


def test_the_company_is_read(caller: Caller) -> None:
    assert caller.call("get_company_info").value["CompanyName"] == "Craig's Design and Landscaping Services"


def test_the_companies_that_are_reached_are_listed(stage: Stage, caller: Caller) -> None:
    account = stage.running.account

    (found,) = caller.call("list_connections").value["connections"]

    shown = {name: found[name] for name in ("id", "name", "company", "status", "is_default")}
    assert shown == {
        "id": account["id"],
        "name": account["name"],
        "company": account["company"],
        "status": "active",
        "is_default": True,
    }


def test_a_statement_is_answered_with_its_or(caller: Caller) -> None:
    found = caller.call("query_books", query="select * from Customer where Id = '1' or Id = '4'").value

    assert {each["Id"] for each in found["records"]} == {"1", "4"}


@pytest.mark.parametrize("entity_type", ["Invoice", "INVOICE", "invoice"])
def test_a_record_is_read_by_its_type_in_any_letter_case(caller: Caller, entity_type: str) -> None:
    assert caller.call("get_entity", entity_type=entity_type, entity_id="130").value == caller.read(
        "invoice", "130"
    )


def test_a_type_of_two_words_is_known_in_any_style(books: Caller) -> None:
    made = books.call("create_journal_entry", lines=LINES, date=DAY).value

    for entity_type in ("journal_entry", "Journal Entry", "JournalEntry"):
        assert (
            books.call("get_entity", entity_type=entity_type, entity_id=made["Id"]).value["Id"] == made["Id"]
        )


def test_an_unknown_type_is_refused_with_those_that_are_known(caller: Caller) -> None:
    refused = caller.call("get_entity", entity_type="Boat", entity_id="1")

    assert refused.is_error
    assert refused.text.startswith(
        'get_entity was not called: Argument "entity_type" cannot be "Boat". It is one of'
    )


def test_every_report_is_answered(caller: Caller) -> None:
    of_one_day = {
        "AgedPayableDetail",
        "AgedPayables",
        "AgedReceivableDetail",
        "AgedReceivables",
        "CustomerBalance",
    }
    of_one_day |= {
        "CustomerBalanceDetail",
        "InventoryValuationSummary",
        "VendorBalance",
        "VendorBalanceDetail",
    }
    reports = caller.list()["get_report"]["inputSchema"]["properties"]["report"]["enum"]
    wrong = {}
    for report in reports:
        days = {"end_date": DAY} if report in of_one_day else {"start_date": "2026-01-01", "end_date": DAY}
        more = {"agency_id": "1"} if report == "TaxSummary" else {}
        answer = caller.call("get_report", report=report, **days, **more)
        if answer.is_error:
            wrong[report] = answer.text

    assert len(reports) == 30
    assert wrong == {}


@pytest.mark.parametrize(
    ("macro", "meant"),
    [
        ("this month", "This Month"),
        ("LAST MONTH", "Last Month"),
        ("this quarter", "This Fiscal Quarter"),
        ("this fiscal year-to-date", "This Fiscal Year-to-date"),
    ],
)
def test_a_named_period_is_known_in_any_letter_case(caller: Caller, macro: str, meant: str) -> None:
    named = caller.call("get_report", report="ProfitAndLoss", date_macro=macro).value

    assert named == caller.call("get_quick_books_profit_and_loss_report", date_macro=meant).value


def test_a_report_of_one_day_takes_its_day_as_the_end_and_no_beginning(caller: Caller) -> None:
    aged = caller.call("get_report", report="aged receivables", end_date=DAY).value
    refused = caller.call("get_report", report="AgedReceivables", start_date=DAY)

    assert aged == caller.call("get_quick_books_aged_receivables_report", report_date=DAY).value
    assert 'Argument "start_date" means nothing for report AgedReceivables.' in refused.text


def test_profit_and_loss_is_that_of_a_client_or_of_the_whole_company(caller: Caller) -> None:
    days = {"start_date": "2026-01-01", "end_date": DAY}
    whole = caller.call("profit_and_loss", **days).value
    client = caller.call("profit_and_loss", client="Freeman Sporting Goods", **days).value
    named = caller.call("profit_and_loss", period="last quarter").value

    report = "get_quick_books_profit_and_loss_report"
    assert whole == caller.call(report, **days).value
    resolved = client.pop("resolved")
    assert client == caller.call(report, customer=["7", "8", "9"], **days).value
    assert resolved == [{"argument": "client", "name": "Freeman Sporting Goods", "ids": ["7", "8", "9"]}]
    assert named == caller.call(report, date_macro="Last Fiscal Quarter").value


def test_a_balance_sheet_is_as_of_a_day(caller: Caller) -> None:
    day = caller.call("balance_sheet", as_of=DAY).value
    period = caller.call("get_quick_books_balance_sheet_report", start_date="2026-01-01", end_date=DAY).value

    assert day["rows"] == period["rows"]
    assert not caller.call("balance_sheet").is_error


def test_lists_have_balances_and_contacts_and_are_whole(caller: Caller) -> None:
    for tool, resource, fields in (
        ("list_accounts", "accounts", {"FullyQualifiedName", "AccountType", "CurrentBalance"}),
        ("list_vendors", "vendors", {"DisplayName", "Balance"}),
        ("list_customers", "customers", {"FullyQualifiedName", "Balance"}),
        ("list_classes", "classes", {"FullyQualifiedName"}),
    ):
        records = caller.call(tool).value["records"]
        assert {each["Id"] for each in records} == {each["Id"] for each in caller.read_all(resource)}, tool
        assert all(fields <= set(each) for each in records), tool

    owed = caller.call("list_vendors", min_balance=0.01).value["records"]
    assert owed and all(each["Balance"] > 0 for each in owed)
    banks = caller.call("list_accounts", type="a/r").value["records"]
    assert {each["AccountType"] for each in banks} == {"Accounts Receivable"}


def test_transactions_of_all_kinds_are_listed_together_page_by_page(caller: Caller) -> None:
    given: Value = {"start_date": "2026-09-01", "end_date": DAY, "limit": 20}
    page = caller.call("query_transactions", **given).value
    found = page["transactions"]
    while "next_cursor" in page:
        page = caller.call("query_transactions", next_cursor=page["next_cursor"], **given).value
        found += page["transactions"]

    kinds = {
        "Bill": "bills",
        "Purchase": "purchases",
        "Invoice": "invoices",
        "JournalEntry": "journal_entries",
    }
    expected = {
        (kind, each["Id"])
        for kind, resource in kinds.items()
        for each in caller.read_all(resource, TxnDate_from="2026-09-01", TxnDate_until=DAY)
    }
    assert {(each["type"], each["id"]) for each in found} == expected
    assert len(found) == len(expected) > 20


def test_an_unknown_vendor_or_client_is_refused_with_names_that_are_near(caller: Caller) -> None:
    vendor = caller.call("query_transactions", vendor="Chin")
    client = caller.call("query_transactions", client="Freeman")
    profit = caller.call("profit_and_loss", client="Freeman")

    assert "Near names: Chin's Gas and Oil (33)." in vendor.text
    assert all("Freeman Sporting Goods (7)" in each.text for each in (client, profit))
    assert profit.text.startswith('profit_and_loss was not called: client is "Freeman"')


def test_customers_are_found_as_a_predicate_over_all_of_them_finds_them(caller: Caller) -> None:
    customers = caller.read_all("customers", fields=["*"])
    chance = random.Random(20)
    for query in [make_query(chance, customers) for _ in range(200)]:
        found = caller.call("search_customers", query=query).value["records"]
        expected = {each["Id"] for each in customers if matches(each, query)}
        assert {each["Id"] for each in found} == expected, query


def test_an_invoice_gets_the_item_that_its_line_describes_or_the_first_service(books: Caller) -> None:
    before = books.read("customer", "1")["Balance"]
    services = books.read_all("items", Type="Service", order_by="Id", fields=["Id", "Name"])
    lines = [
        {"description": "pest control", "amount": 100, "quantity": 4},
        {"description": "Something that nobody sells", "amount": 12.5},
        {"description": "As agreed", "amount": 3, "item_id": "4"},
    ]

    made = books.call(
        "create_invoice", customer_id="1", line_items=lines, date=DAY, due_date="2026-11-20", memo="Thanks"
    ).value

    stored = books.read("invoice", made["Id"])
    sold = [each for each in stored["Line"] if each["DetailType"] == "SalesItemLineDetail"]
    assert [each["Amount"] for each in sold] == [100, 12.5, 3]
    chosen = [each["SalesItemLineDetail"]["ItemRef"]["value"] for each in sold]
    assert chosen == ["10", services[0]["Id"], "4"]
    assert sold[0]["SalesItemLineDetail"]["Qty"] == 4
    assert (stored["TxnDate"], stored["DueDate"], stored["CustomerMemo"]) == (
        DAY,
        "2026-11-20",
        {"value": "Thanks"},
    )
    assert books.read("customer", "1")["Balance"] == pytest.approx(before + 115.5)
    assert made["items_found"] == [
        {"line": "pest control", "item_id": "10", "item": "Pest Control"},
        {"line": "Something that nobody sells", "item_id": services[0]["Id"], "item": services[0]["Name"]},
    ]


def test_a_category_of_the_name_of_a_line_is_not_sold(books: Caller) -> None:
    category = books.call("create_a_quick_books_item", Name="Rarities", Type="Category").value

    made = books.call(
        "create_invoice", customer_id="1", line_items=[{"description": "Rarities", "amount": 1}], date=DAY
    ).value

    assert made["items_found"][0]["item_id"] != category["Id"]


def test_the_customer_may_be_named(books: Caller) -> None:
    lines = [{"description": "Design", "amount": 7}]
    made = books.call("create_invoice", customer_id="Amy's Bird Sanctuary", line_items=lines, date=DAY).value

    assert made["CustomerRef"]["value"] == "1"


def test_errors_name_the_arguments_of_the_short_tool(caller: Caller) -> None:
    lines = [{"description": "Design", "amount": 7, "item_id": "99999"}]
    unknown = caller.call("create_invoice", customer_id="99999", line_items=lines)
    wrong = caller.call(
        "create_invoice", customer_id="1", line_items=[{"description": "Design", "amount": "many"}]
    )
    sides = caller.call(
        "create_journal_entry", lines=[{"account_id": "7", "debit": 5, "credit": 5}, LINES[1]]
    )

    errors = unknown.result["_meta"]["ledgerport/error"]["details"]["errors"]
    assert [each["argument"] for each in errors] == ["customer_id", "line_items[0].item_id"]
    assert "CustomerRef" not in unknown.text and "ItemRef" not in unknown.text
    assert 'create_invoice was not called: Argument "line_items[0].amount" must be a number' in wrong.text
    assert '"lines[0]" has exactly one of debit or credit, but has 2' in sides.text


def test_a_dry_run_sends_nothing(books: Caller) -> None:
    before = books.read("customer", "12")["Balance"]
    lines = [{"description": "Design", "amount": 7}]

    shown = books.call("create_invoice", customer_id="12", line_items=lines, dry_run=True).value
    paid = books.call("record_payment", customer_id="12", amount=5, dry_run=True).value
    books.call("create_journal_entry", lines=LINES, dry_run=True)
    books.call("send_invoice", invoice_id="130", dry_run=True)

    assert shown["dry_run"] is True
    assert paid["request"]["body"]["Line"][0]["Amount"] == 5
    assert books.read("customer", "12")["Balance"] == before


def test_a_payment_settles_the_oldest_invoices_first_and_says_which(books: Caller) -> None:
    open_ones = books.read_all("invoices", CustomerRef="12", Balance_from=0.01, order_by="DueDate")
    assert len(open_ones) > 2
    first, second = open_ones[0]["Balance"], open_ones[1]["Balance"]
    half = round(second / 2, 2)
    before = books.read("customer", "12")["Balance"]

    made = books.call(
        "record_payment", customer_id="12", amount=round(first + half, 2), date=DAY, method="Check"
    ).value

    assert made["settled"] == [
        {"invoice_id": open_ones[0]["Id"], "amount": first},
        {"invoice_id": open_ones[1]["Id"], "amount": half},
    ]
    assert made["unapplied"] == 0
    assert made["PaymentMethodRef"]["name"] == "Check"
    assert books.read("invoice", open_ones[0]["Id"])["Balance"] == 0
    assert books.read("invoice", open_ones[1]["Id"])["Balance"] == pytest.approx(second - half)
    assert books.read("invoice", open_ones[2]["Id"])["Balance"] == open_ones[2]["Balance"]
    assert books.read("customer", "12")["Balance"] == pytest.approx(before - first - half)


def test_what_a_payment_leaves_is_credit_and_is_said(books: Caller) -> None:
    one = books.read_all("invoices", CustomerRef="12", Balance_from=0.01, order_by="DueDate")[-1]

    made = books.call(
        "record_payment", customer_id="12", amount=one["Balance"] + 10, invoice_id=one["Id"], date=DAY
    ).value

    assert made["settled"] == [{"invoice_id": one["Id"], "amount": one["Balance"]}]
    assert made["unapplied"] == 10
    assert books.read("invoice", one["Id"])["Balance"] == 0


def test_a_payment_for_an_invoice_of_another_customer_is_refused(books: Caller) -> None:
    other = books.read_all("invoices", CustomerRef="12", Balance_from=0.01)[0]

    refused = books.call("record_payment", customer_id="1", amount=1, invoice_id=other["Id"], date=DAY)

    assert refused.is_error
    assert "This customer has no open invoice with this Id. Nothing was sent." in refused.text
    assert books.read("invoice", other["Id"])["Balance"] == other["Balance"]


def test_the_same_payment_under_one_key_is_made_once(books: Caller) -> None:
    before = books.read("customer", "12")["Balance"]
    given = {"customer_id": "12", "amount": 20, "date": DAY}

    one, again = (books.call("record_payment", key="payment-1", **given) for _ in range(2))
    other = books.call("record_payment", key="payment-1", **{**given, "amount": 21})

    assert one.value["Id"] == again.value["Id"]
    assert one.value["settled"] == again.value["settled"]
    assert "used for another call" in other.text
    assert books.read("customer", "12")["Balance"] == pytest.approx(before - 20)


def test_the_repeat_of_a_payment_is_answered_although_its_invoice_is_open_no_more(books: Caller) -> None:
    paid = books.read_all("invoices", CustomerRef="12", Balance_from=0.01)[0]
    given = {"customer_id": "12", "amount": paid["Balance"], "invoice_id": paid["Id"], "date": DAY}

    one, again = (books.call("record_payment", key="payment-2", **given) for _ in range(2))
    other = books.call("record_payment", key="payment-3", **given)

    assert one.value["Id"] == again.value["Id"]
    assert again.value["settled"] == [{"invoice_id": paid["Id"], "amount": paid["Balance"]}]
    assert "no open invoice with this Id" in other.text


def test_the_same_invoice_under_one_key_is_made_once(books: Caller) -> None:
    before = books.read("customer", "1")["Balance"]
    lines = [{"description": "Design", "amount": 7}, {"description": "Else", "amount": 3}]

    one, again = (
        books.call("create_invoice", key="invoice-1", customer_id="1", line_items=lines, date=DAY)
        for _ in range(2)
    )

    assert one.value == again.value
    assert books.read("customer", "1")["Balance"] == pytest.approx(before + 10)


def test_a_payment_that_was_made_already_is_refused_unless_it_is_allowed(books: Caller) -> None:
    given = {"customer_id": "12", "amount": 20, "invoice_id": "", "date": DAY}
    one = books.call("record_payment", **given)
    twin = books.call("record_payment", **given)

    assert not one.is_error
    assert twin.result["_meta"]["ledgerport/error"]["code"] == "duplicate"
    assert not books.call("record_payment", allow_duplicate=True, **given).is_error


def test_an_invoice_is_emailed_and_says_so(books: Caller) -> None:
    sent = books.call("send_invoice", invoice_id="130", email="ap@example.com").value

    stored = books.read("invoice", "130")
    assert sent["EmailStatus"] == stored["EmailStatus"] == "EmailSent"
    assert stored["BillEmail"] == {"Address": "ap@example.com"}


def test_debits_and_credits_are_booked(books: Caller) -> None:
    before = {each: books.read("account", each)["CurrentBalance"] for each in ("7", CHECKING)}

    made = books.call("create_journal_entry", lines=LINES, date=DAY, memo="Flyers").value

    stored = books.read("journal_entry", made["Id"])
    sides = [each["JournalEntryLineDetail"] for each in stored["Line"]]
    assert [(each["PostingType"], each["AccountRef"]["value"]) for each in sides] == [
        ("Debit", "7"),
        ("Credit", CHECKING),
    ]
    assert [each["Amount"] for each in stored["Line"]] == [50, 50]
    assert (stored["TxnDate"], stored["PrivateNote"]) == (DAY, "Flyers")
    after = books.read("account", CHECKING)["CurrentBalance"]
    assert after == pytest.approx(before[CHECKING] - 50)


def test_search_and_fetch_answer_in_the_shape_that_hosts_fix(stage: Stage, caller: Caller) -> None:
    searched = caller.call("search", query="amy's bird")
    fetched = caller.call("fetch", id="customers:1")

    url = f"{stage.demo.url}/company/{stage.running.account['id']}/customers/1"
    assert searched.value["results"][0] == {"id": "customers:1", "title": "Amy's Bird Sanctuary", "url": url}
    assert set(fetched.value) == {"id", "title", "text", "url", "metadata"}
    assert (fetched.value["id"], fetched.value["url"]) == ("customers:1", url)
    assert json.loads(fetched.value["text"]) == caller.read("customer", "1")
    for each in (searched, fetched):
        assert len(each.result["content"]) == 1
        assert each.result["structuredContent"] == each.value


@pytest.mark.parametrize(
    ("resource", "field", "plural"),
    [
        ("customer", "DisplayName", "customers"),
        ("vendor", "DisplayName", "vendors"),
        ("item", "Name", "items"),
        ("invoice", "DocNumber", "invoices"),
        ("bill", "DocNumber", "bills"),
    ],
)
def test_every_kind_of_record_is_found_and_fetched(
    caller: Caller, resource: str, field: str, plural: str
) -> None:
    record = next(each for each in caller.read_all(plural, fields=["*"]) if each.get(field))

    found = [each["id"] for each in caller.call("search", query=record[field]).value["results"]]
    fetched = caller.call("fetch", id=f"{plural}:{record['Id']}").value

    assert any(each.startswith(f"{plural}:") for each in found)
    assert json.loads(fetched["text"]) == caller.read(resource, record["Id"])


def test_a_customer_and_a_vendor_are_found_with_their_latest_forms(caller: Caller) -> None:
    vendor = caller.read_all("bills")[0]["VendorRef"]
    of_amy = caller.call("search", query="Amy's Bird Sanctuary").value["results"]
    of_vendor = caller.call("search", query=vendor["name"]).value["results"]

    invoices = caller.call("list_all_quick_books_invoices", CustomerRef="1", limit=10).value["records"]
    bills = caller.call("list_all_quick_books_bills", VendorRef=vendor["value"], limit=10).value["records"]
    assert {f"invoices:{each['Id']}" for each in invoices} <= {each["id"] for each in of_amy}
    assert {f"bills:{each['Id']}" for each in bills} <= {each["id"] for each in of_vendor}


def test_an_id_that_search_never_answered_is_refused(caller: Caller) -> None:
    refused = caller.call("fetch", id="boats:1")

    assert refused.is_error
    assert "customers:, vendors:, items:, invoices:, bills:" in refused.text


def test_what_is_answered_stays_within_the_budget(stage: Stage) -> None:
    small = Caller(stage, {"max_answer_bytes": 8_000})
    answers = [
        small.call("search", query="a"),
        small.call("fetch", id="invoices:130"),
        small.call("search_customers", query="a"),
        small.call("get_report", report="GeneralLedger", date_macro="this fiscal year"),
    ]

    assert [each.is_error for each in answers] == [False] * 4
    assert max(len(json.dumps(each.result, ensure_ascii=False).encode()) for each in answers) <= 8_000


def test_what_others_wrote_is_fenced_where_that_is_wanted(stage: Stage) -> None:
    fenced = Caller(stage, {"untrusted_text": "fenced"})

    found = fenced.call("search", query="amy's bird").result
    lines = [{"description": "Pest Control", "amount": 3}]
    shown = fenced.call("create_invoice", customer_id="1", line_items=lines, dry_run=True).result

    assert found["structuredContent"]["results"][0]["title"] == "⟦Amy's Bird Sanctuary⟧"
    assert '"item":"⟦Pest Control⟧"' in shown["content"][1]["text"]


def test_the_signs_of_fences_are_signs_where_there_are_none(books: Caller) -> None:
    lines = [{"description": "Tiles ⟦blue⟧", "amount": 3, "item_id": "4"}]
    made = books.call("create_invoice", customer_id="1", line_items=lines, date=DAY).value

    assert made["Line"][0]["Description"] == "Tiles ⟦blue⟧"


def test_a_filter_leaves_only_the_short_tools_whose_tools_it_leaves(stage: Stage) -> None:
    reading = Caller(stage, {"methods": ["read"]})
    reports = Caller(stage, {"tags": ["reports"]})

    assert set(reading.list()) == NAMES - WRITES
    assert set(reports.list()) == {"get_report", "profit_and_loss", "balance_sheet", "list_connections"}
    refused = reading.call("create_invoice", customer_id="1", line_items=[{"description": "x", "amount": 1}])
    assert refused.result["_meta"]["ledgerport/error"]["code"] == "not_found"


def test_a_policy_refuses_a_write_of_a_short_tool(stage: Stage, books: Caller) -> None:
    bounded = Caller(stage, {"policies": {"max_amount": 100, "not_before": None}})
    before = books.read("customer", "1")["Balance"]
    lines = [{"description": "Design", "amount": 101}]

    refused = [
        bounded.call("create_invoice", customer_id="1", line_items=lines, date=DAY),
        bounded.call("record_payment", customer_id="1", amount=101, date=DAY),
        bounded.call(
            "create_journal_entry", lines=[{**each, **over} for each, over in zip(LINES, OVER, strict=True)]
        ),
    ]

    codes = [each.result["_meta"]["ledgerport/error"]["code"] for each in refused]
    assert codes == ["policy_refused"] * 3
    assert books.read("customer", "1")["Balance"] == before


def test_a_write_is_in_the_journal_under_the_tool_that_made_it(books: Caller) -> None:
    made = books.call("create_journal_entry", lines=LINES, date=DAY).value

    newest = books.call("list_recent_changes", limit=1).value["changes"][0]
    assert (newest["tool"], newest["record_id"]) == ("create_a_quick_books_journal_entry", made["Id"])


def test_another_company_is_refused(books: Caller) -> None:
    refused = books.call("create_journal_entry", lines=LINES, date=DAY, company="Another company")

    assert refused.result["_meta"]["ledgerport/error"]["code"] == "other_company"

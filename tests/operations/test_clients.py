"""The argument client of a read: what a name becomes in the request, and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.errors import InvalidArguments
from runtime.exchange.context import CallContext
from runtime.model import Account
from runtime.operations.clients import MAPPED_SECONDS, WHOLE_COMPANY, ClientMatch
from runtime.operations.known_records import Wanted
from runtime.operations.lookups import Lookups
from tests.builtin import builtin_catalog
from tests.company import Company, copy_books, make_landscaper

FREEMAN, VIEW, LANE, AMY, COOL = "7", "8", "9", "1", "3"
YEAR = {"start_date": "2026-01-01", "end_date": "2026-11-20"}
REPORT = "get profit_and_loss_reports"
NEAR = "No client has this name. Near names: Freeman Sports."


class Mapping:
    """A mapping of a tenant: its clients by the names that they have in either system."""

    def __init__(self, **clients: ClientMatch) -> None:
        self._clients = clients
        self.asked = 0

    async def has_mapping(self, _account: Account, /) -> bool:
        self.asked += 1
        return True

    async def find_client(self, _account: Account, name: str, /) -> ClientMatch | None:
        if name not in self._clients:
            raise InvalidArguments(NEAR)
        return self._clients[name]


MAPPED = Mapping(
    freeman=ClientMatch((FREEMAN,), ("501",), "Freeman Sports, Inc."),
    merged=ClientMatch((AMY, FREEMAN), ("502", "503"), "Merged <b>Firm</b>"),
    nobody=ClientMatch((), ("504",), "Nobody"),
    gone=ClientMatch(("9999",), ("505",), "Gone"),
)


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    found = Company(copy_books(make_landscaper()))
    yield found
    found.close()


@pytest.fixture(scope="module")
def mapped() -> Iterator[Company]:
    found = Company(copy_books(make_landscaper()), clients=MAPPED)
    yield found
    found.close()


def last_query(company: Company) -> dict[str, str]:
    """The parameters of the last request."""
    query = parse_qs(urlsplit(company.client.requests[-1].url).query)
    return {name: values[0] for name, values in query.items() if name != "minorversion"}


def net_income(report: dict[str, Any]) -> Decimal:
    (row,) = [each for each in report["rows"] if each.get("group") == "NetIncome"]
    return Decimal(row["cells"][-1])


def test_a_report_is_limited_to_a_client_with_all_that_stands_below_it(company: Company) -> None:
    whole = company.call(REPORT, client="freeman sporting goods", **YEAR)
    sent = last_query(company)
    parts = [company.call(REPORT, customer=[id_], **YEAR) for id_ in (FREEMAN, VIEW, LANE)]

    assert sent == {**YEAR, "customer": "7,8,9"}
    assert net_income(whole) == sum(map(net_income, parts)) != 0
    assert whole["resolved"] == [
        {"argument": "client", "name": "Freeman Sporting Goods", "ids": [FREEMAN, VIEW, LANE]}
    ]


def test_a_list_is_limited_to_a_client_by_one_condition(company: Company) -> None:
    found = company.call(
        "list invoices", client="Freeman Sporting Goods", TxnDate_from="2026-01-01", limit=900
    )
    sent = last_query(company)["query"]
    every = company.list("invoices", TxnDate_from="2026-01-01", limit=1000)

    assert "CustomerRef IN ('7', '8', '9')" in sent
    ids = {each["Id"] for each in found["records"]}
    assert (
        ids
        == {each["Id"] for each in every if each["CustomerRef"]["value"] in (FREEMAN, VIEW, LANE)}
        != set()
    )


def test_the_pages_of_a_client_follow_one_another(company: Company) -> None:
    first = company.call("list invoices", client="7", limit=2)
    second = company.call("list invoices", client="7", limit=2, next_cursor=first["next_cursor"])
    refused = company.refused("list invoices", client="1", limit=2, next_cursor=first["next_cursor"])

    assert not {each["Id"] for each in first["records"]} & {each["Id"] for each in second["records"]}
    assert refused.code == "invalid_arguments"


def test_a_client_goes_with_words_with_an_or_and_with_a_sum(company: Company) -> None:
    unpaid = company.list("invoices", client="7", only=["unpaid"], limit=1000)
    either = company.list(
        "invoices", client="7", any_of=[{"CustomerRef": VIEW}, {"CustomerRef": AMY}], limit=1000
    )
    total = company.call("list invoices", client="7", sum=["Balance"])["sums"]["Balance"]["sum"]

    assert {each["CustomerRef"]["value"] for each in unpaid} <= {FREEMAN, VIEW, LANE}
    assert {each["CustomerRef"]["value"] for each in either} == {VIEW}
    assert sum(Decimal(str(each["Balance"])) for each in unpaid) == Decimal(str(total))


def test_the_customers_of_a_client_are_listed(company: Company) -> None:
    found = company.list("customers", client="Freeman Sporting Goods")

    assert {each["Id"] for each in found} == {FREEMAN, VIEW, LANE}


def test_an_id_is_a_client_too_and_one_below_another_is_itself_alone(company: Company) -> None:
    found = company.call(REPORT, client=f" {VIEW} ", **YEAR)

    assert found["resolved"][0]["ids"] == [VIEW]
    assert found["resolved"][0]["name"] == "Freeman Sporting Goods:0969 Ocean View Road"


def test_a_client_that_is_not_active_any_more_counts(company: Company) -> None:
    lane = company.call("get customers", id=LANE)
    company.call("update customers", id=LANE, SyncToken=lane["SyncToken"], Active=False)

    assert company.call(REPORT, client="7", **YEAR)["resolved"][0]["ids"] == [FREEMAN, VIEW, LANE]


def test_a_name_is_no_part_of_another(company: Company) -> None:
    """A field is searched for a part of it, which may stand in the middle of another name."""
    company.call("create customers", DisplayName="Not Cool Cars")
    company.call("create customers", DisplayName="Theirs", ParentRef={"name": "Not Cool Cars"}, Job=True)

    assert company.call(REPORT, client="Cool Cars", **YEAR)["resolved"][0]["ids"] == [COOL]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"client": "Freeman Sporting"}, ("client", "Freeman Sporting Goods (7)")),
        ({"client": "zzz"}, ("client", "none of the customers has exactly this name")),
        ({"client": "9999"}, ("client", "none of the customers has the Id 9999")),
        ({"client": "7", "customer": ["1"]}, ("client", 'cannot stand beside "customer"')),
        ({"client": 12.5}, ("client",)),
        ({"client": "x" * 5000}, ("client",)),
        ({"client": "<script>' OR 1=1 --\n"}, ("client",)),
    ],
)
def test_what_is_not_one_client_is_refused_and_no_report_is_asked_for(
    company: Company, arguments: dict[str, Any], says: tuple[str, ...]
) -> None:
    before = company.count_sent()
    error = company.refused(REPORT, **arguments)

    assert error.code == "invalid_arguments"
    assert all(each in f"{error.message} {error.advice}" for each in says), (error.message, error.advice)
    assert not [each for each in company.client.requests[before:] if "/reports/" in each.url]


def test_a_statement_or_a_set_of_an_or_takes_no_client(company: Company) -> None:
    before = company.count_sent()
    beside = company.refused("list invoices", client="7", query="select * from Invoice")
    inside = company.refused("list invoices", any_of=[{"client": "7"}])

    assert 'cannot stand beside "query"' in beside.message
    assert 'Argument "any_of[0].client" is no filter.' in inside.message
    assert company.count_sent() == before


def test_more_below_a_client_than_are_read_is_refused_and_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    company = Company(copy_books(make_landscaper()))
    monkeypatch.setattr("runtime.operations.clients.MOST_RECORDS", 2)
    error = company.refused(REPORT, client="7", **YEAR)
    company.close()

    assert "2 customers or more" in error.message and "as customer" in error.advice


@pytest.mark.parametrize("unread", ["Id", "FullyQualifiedName"])
def test_a_client_is_refused_where_those_below_it_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, unread: str
) -> None:
    company = Company(copy_books(make_landscaper()))
    read = Lookups.list_records

    async def fail(lookups: Lookups, call: CallContext, wanted: Wanted) -> Any:
        return None if wanted.field == unread else await read(lookups, call, wanted)

    monkeypatch.setattr(Lookups, "list_records", fail)
    error = company.refused(REPORT, client="7", **YEAR)
    company.close()

    assert "could not be read" in error.message
    assert not [each for each in company.client.requests if "/reports/" in each.url]


def test_a_mapping_says_which_customers_a_client_is(mapped: Company) -> None:
    found = mapped.call(REPORT, client="merged", **YEAR)

    assert last_query(mapped)["customer"] == "1,7,8,9"
    assert found["resolved"] == [
        {
            "argument": "client",
            "name": "Merged <b>Firm</b>",
            "ids": [AMY, FREEMAN, VIEW, LANE],
            "work_ids": ["502", "503"],
        }
    ]


def test_a_name_that_the_mapping_does_not_know_is_refused_though_the_books_have_it(mapped: Company) -> None:
    before = mapped.count_sent()

    assert mapped.refused(REPORT, client="Freeman Sporting Goods").message == NEAR
    assert mapped.count_sent() == before


@pytest.mark.parametrize(
    ("client", "says"), [("nobody", "has no record among the customers"), ("gone", "9999")]
)
def test_a_client_without_a_customer_is_never_taken_for_the_whole_company(
    mapped: Company, client: str, says: str
) -> None:
    before = mapped.count_sent()
    error = mapped.refused(REPORT, client=client)

    assert says in error.message
    assert not [each for each in mapped.client.requests[before:] if "/reports/" in each.url]


def test_without_a_client_an_answer_says_that_it_is_of_the_whole_company(
    mapped: Company, company: Company
) -> None:
    notes = {
        "a report": mapped.answer(REPORT, **YEAR).note,
        "a list": mapped.answer("list invoices", limit=1).note,
        "a client": mapped.answer(REPORT, client="freeman", **YEAR).note,
        "Ids": mapped.answer(REPORT, customer=[AMY], **YEAR).note,
        "a statement": mapped.answer("list invoices", query="select * from Invoice maxresults 1").note,
        "the clients": mapped.answer("list customers", limit=1).note,
        "another tool": mapped.answer("list bills", limit=1).note,
        "no mapping": company.answer(REPORT, **YEAR).note,
    }

    assert [name for name, note in notes.items() if WHOLE_COMPANY in note] == ["a report", "a list"]


def test_whether_there_is_a_mapping_is_asked_once_a_minute_and_not_with_each_read() -> None:
    mapping, times = Mapping(), iter([0.0, MAPPED_SECONDS - 1, MAPPED_SECONDS, MAPPED_SECONDS + 1])
    company = Company(copy_books(make_landscaper()), clients=mapping)
    company.calls._writes.clients._clock = lambda: next(times)
    notes = [company.answer(REPORT, **YEAR).note for _ in range(4)]
    company.close()

    assert all(WHOLE_COMPANY in note for note in notes)
    assert mapping.asked == 2


def test_the_name_of_a_client_is_fenced_where_texts_of_records_are() -> None:
    company = Company(copy_books(make_landscaper()), clients=MAPPED, untrusted_text="fenced")
    found = company.call(REPORT, client="merged", **YEAR)
    company.close()

    assert found["resolved"][0]["name"] == "⟦Merged <b>Firm</b>⟧"


def test_every_read_that_takes_ids_of_customers_takes_a_client() -> None:
    tools = builtin_catalog().list_tools("quickbooks")
    takes = {tool.name for tool in tools if tool.is_read_only and _takes_customers(tool)}
    own = {"list_all_quick_books_customers"}

    assert takes | own == {tool.name for tool in tools if tool.client_filter is not None}
    assert all(b"client" in tool.wire for tool in tools if tool.client_filter is not None)
    assert len(takes) == 25


def _takes_customers(tool: Any) -> bool:
    return any(
        each.path in (("customer",), ("CustomerRef",)) and "customers" in each.resources.values()
        for each in tool.references
    )

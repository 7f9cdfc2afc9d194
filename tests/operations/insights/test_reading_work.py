"""The work system that is mapped with books is read beside them: in few requests, and only for who may read both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from generator.catalog import Catalog
from generator.compile import compile_catalog
from runtime.insights.analysis import WorkRecords
from runtime.insights.client_mapping import ClientLink, ClientMapping
from runtime.model import Account, AccountId
from runtime.operations.insights import work_pairs, work_reading
from runtime.operations.insights.work_pairs import WorkPair
from runtime.people import OAuthGrantId, OAuthReach
from runtime.tenancy import TenantId
from runtime.upstream.client import VendorRequest, VendorResponse
from tests.builtin import builtin_catalog
from tests.deployment import NOON
from tests.operations.insights.analyst import TOO_MANY, Analyst

DEFINITIONS = Path(__file__).resolve().parent / "definitions"
WORK_TITLE = compile_catalog(DEFINITIONS).integrations["bench"].title
COOL_CARS, DINER = "3", "20"
MAPPING = ClientMapping(
    {
        "1": ClientLink("1", "linked", COOL_CARS),
        "2": ClientLink("2", "linked", DINER),
        "9": ClientLink("9", "not_a_client"),
    }
)
DAYS = {"start_date": "2026-10-01", "end_date": "2026-10-31"}
RECORDS: dict[str, list[dict[str, Any]]] = {
    "firms": [
        {"id": "1", "name": "Cool Cars Inc."},
        {"id": "2", "name": "Diner"},
        {"id": "9", "name": "Ourselves"},
    ],
    "people": [{"id": "7", "name": "Ann", "cost": 40}],
    "contracts": [{"id": "5", "firm": {"id": "1"}, "name": "Care", "fee": 100, "cycle": "Monthly"}],
    "hours": [
        {
            "id": str(at),
            "firm": {"id": "1"},
            "person": {"id": "7"},
            "began": f"2026-{month}T09:00:00Z",
            "hours": 1.5,
        }
        for at, month in enumerate(("09-30", "10-01", "10-15", "10-31", "11-01"))
    ],
}


@cache
def make_catalog() -> Catalog:
    own, work = builtin_catalog(), compile_catalog(DEFINITIONS)
    return Catalog("1", {**own.integrations, **work.integrations}, (*own.tools, *work.tools))


class Pairs:
    """Has one pair, or none."""

    def __init__(self) -> None:
        account = Account(
            AccountId("w"), "bench", "live", "Bench", "active", "w", {"api_key": "k"}, b"", NOON, NOON
        )
        self.pair: WorkPair | None = WorkPair(account, MAPPING)

    async def find(self, books: Account) -> WorkPair | None:
        return self.pair

    def change(self, **changes: Any) -> None:
        assert self.pair is not None
        self.pair = replace(self.pair, account=replace(self.pair.account, **changes))


class Worker(Analyst):
    """An agent with a work system beside its books."""

    def __init__(self, data: Path) -> None:
        self.pairs = Pairs()
        super().__init__(data, catalog=make_catalog(), pairs=self.pairs)
        self.asked: list[VendorRequest] = []
        self.refuse: Callable[[str], VendorResponse | None] = lambda _list: None
        self.have_vendor_answer(lambda request, _number: self._answer_work(request))

    def compute_clients(self, **more: Any) -> dict[str, Any]:
        return self.compute("client_profitability", **DAYS, **more)

    def _answer_work(self, request: VendorRequest) -> VendorResponse | None:
        """Answer two records, and where the next ones are."""
        address = urlsplit(request.url)
        name = address.path.rpartition("/")[2]
        if name not in RECORDS:
            return None
        self.asked.append(request)
        if (refused := self.refuse(name)) is not None:
            return refused
        asked = parse_qs(address.query)
        start, limits = int(asked.get("after", ["0"])[0]), asked.get("q", [""])[0]
        records = [each for each in RECORDS[name] if _meets(each, limits)]
        following = (
            f'<https://elsewhere.example/x?after={start + 2}>; rel="next"' if len(records) > start + 2 else ""
        )
        return VendorResponse(200, {"link": following}, orjson.dumps(records[start : start + 2]))


def _meets(record: dict[str, Any], limits: str) -> bool:
    """Whether a record began in the days that are asked for."""
    for limit in limits.split("&") if limits else ():
        if limit.startswith("began>") and record["began"] < limit[6:]:
            return False
        if limit.startswith("began<") and record["began"] > limit[6:]:
            return False
    return True


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    here = Worker(tmp_path)
    yield here
    here.close()


def find(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in answer["figures"]["clients"] if each["name"] == name)


def test_an_estimate_counts_the_requests_to_both_systems_and_names_them(worker: Worker) -> None:
    estimated = worker.compute_clients(estimate=True)
    asked_before = len(worker.asked)
    found = worker.compute_clients()

    books, work = estimated["integrations"]
    first_pages = [each for each in worker.asked if "after=" not in each.url]
    assert asked_before == 0
    assert (books["integration"], work["integration"]) == ("QuickBooks Online", WORK_TITLE)
    assert work["requests"] == len(first_pages) < len(worker.asked)
    assert work["note"].startswith("at least: one for each list")
    assert estimated["estimate"] == books["requests"] + work["requests"]
    assert found["calls_used"] == estimated["estimate"] + 1 + len(worker.asked) - len(first_pages)


def test_an_estimate_of_what_was_read_already_is_of_nothing_more(worker: Worker) -> None:
    found = worker.compute_clients()
    estimated = worker.compute_clients(estimate=True, continue_from=found["continue_from"])

    assert [each["requests"] for each in estimated["integrations"]] == [0, 0]


def test_an_estimate_is_of_the_books_alone_where_the_work_system_is_not_read(worker: Worker) -> None:
    worker.pairs.pair = None
    estimated = worker.compute_clients(estimate=True)

    (books,) = estimated["integrations"]
    assert estimated["estimate"] == books["requests"] and "note" not in books


def test_both_systems_make_one_answer_that_adds_up_to_the_books(worker: Worker) -> None:
    answer = worker.compute_clients()

    assert answer["figures"]["of"] == "clients"
    row = find(answer, "Cool Cars")
    assert (row["hours"], row["labour"], row["before"]["labour"]) == (4.5, 180, 60)
    assert row["agreements"][0]["billed_by_agreement"] == 100
    assert all(each["adds_up"] for each in answer["figures"]["months"])
    assert all(each["ties"] is True for each in answer["ties"])
    assert "work/hours:1" in row["records"]


def test_dated_records_are_asked_for_by_month_and_each_list_page_by_page(worker: Worker) -> None:
    answer = worker.compute_clients()

    hours = [urlsplit(each.url).query for each in worker.asked if "/hours?" in each.url]
    assert len(hours) == 3
    assert all("2026-11" not in each for each in hours)
    assert len(worker.asked) == 3 + 2 + 1 + 1
    assert answer["calls_used"] == worker.count_sent()


def test_only_the_fields_that_are_read_are_asked_for(worker: Worker) -> None:
    worker.compute_clients()

    picked = {urlsplit(each.url).path.rpartition("/")[2]: _list_picked(each.url) for each in worker.asked}
    assert {"id", "firm.id", "began", "hours"} <= picked["hours"]
    assert {"id", "cost"} <= picked["people"]
    assert "name" not in picked["hours"]


def _list_picked(url: str) -> set[str]:
    [picked] = parse_qs(urlsplit(url).query)["pick"]
    return set(picked.split(","))


def test_four_years_are_asked_for_in_twelve_parts_without_a_gap(worker: Worker) -> None:
    answer = worker.compute("client_profitability", start_date="2024-11-01", end_date="2026-10-31")

    asked = [parse_qs(urlsplit(each.url).query) for each in worker.asked if "/hours?" in each.url]
    spans = sorted({tuple(_list_days(each["q"][0])) for each in asked})
    assert len(spans) == work_reading.MOST_PARTS
    assert (spans[0][0], spans[-1][1]) == (date(2022, 11, 1), date(2026, 10, 31))
    assert all(after[0] - before[1] == timedelta(1) for before, after in pairwise(spans))
    assert find(answer, "Cool Cars")["labour"] == 240


def _list_days(conditions: str) -> list[date]:
    return [date.fromisoformat(each[6:16]) for each in sorted(conditions.split("&"), reverse=True)]


def test_requests_to_the_work_system_are_not_counted_as_those_of_books_that_are_still_read(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = worker.compute_clients()["calls_used"] - len(worker.asked)
    done = asyncio.Event()
    read = work_reading.WorkReader.read

    async def read_first(self: work_reading.WorkReader, wanted: WorkRecords) -> work_reading.WorkRead:
        done.clear()
        monkeypatch.setattr(worker.client, "before", lambda _request: done.wait())
        found = await read(self, wanted)
        asyncio.get_running_loop().call_later(0.05, done.set)
        return found

    monkeypatch.setattr(work_reading.WorkReader, "read", read_first)
    monkeypatch.setattr("runtime.operations.insights.reading.AT_ONCE", 1)
    monkeypatch.setattr("runtime.operations.insights.fetching.MOST_REQUESTS", before)
    assert worker.compute_clients()["complete"] is True


def test_a_next_page_is_never_asked_for_at_another_place(worker: Worker) -> None:
    worker.compute_clients()

    assert {urlsplit(each.url).netloc for each in worker.asked} == {"simulator"}


def test_a_rate_limit_of_the_work_system_leaves_what_was_read_and_is_said(worker: Worker) -> None:
    worker.refuse = lambda name: TOO_MANY if name == "hours" else None
    part = worker.compute_clients()

    assert part["complete"] is False and part["retry_after"] == 37
    assert "time entries of the work system" in {each["what"] for each in part["missing"]}
    worker.refuse, before = lambda _list: None, len(worker.asked)
    whole = worker.compute_clients(continue_from=part["continue_from"])
    assert find(whole, "Cool Cars")["labour"] == 180
    answered = {each.url for each in worker.asked[:before] if "/hours?" not in each.url}
    assert answered.isdisjoint(each.url for each in worker.asked[before:])


def test_an_end_of_requests_is_said(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.operations.insights.answering.MOST_REQUESTS", 2)

    answer = worker.compute_clients()
    assert len(worker.asked) == 2
    assert any("at most 2 requests" in each["why"] for each in answer["missing"])
    assert work_reading.MOST_REQUESTS > 100


def test_without_a_mapping_nothing_of_the_work_system_is_read(worker: Worker) -> None:
    worker.pairs.pair = None
    answer = worker.compute_clients()

    assert worker.asked == []
    assert answer["figures"]["of"] == "whole company"
    assert answer["figures"]["says"].startswith("No work system is connected and mapped")


def refuse(worker: Worker) -> str:
    """Return why the work system was not read."""
    answer = worker.compute_clients()
    assert worker.asked == []
    assert answer["figures"]["of"] == "whole company"
    return " ".join(each["why"] for each in answer["missing"] if each["what"] == "work system")


def test_the_work_system_of_another_tenant_is_never_read(worker: Worker) -> None:
    worker.pairs.change(tenant_id=TenantId("other"))

    assert refuse(worker) == ""


def test_a_work_system_that_is_not_connected_is_not_read(worker: Worker) -> None:
    worker.pairs.change(status="disconnected")

    assert refuse(worker) == work_pairs.NOT_CONNECTED


def test_an_api_token_has_the_books_alone(worker: Worker) -> None:
    worker.grant = replace(worker.grant, server_id=None)

    assert refuse(worker) == work_pairs.ONE_ACCOUNT


def test_a_person_who_is_no_member_has_the_books_alone(worker: Worker) -> None:
    worker.grant = replace(worker.grant, server_id=None, person_id="per_1")

    assert refuse(worker) == work_pairs.NOT_A_MEMBER


@pytest.mark.parametrize(
    ("role", "tools_role", "may"),
    [
        ("viewer", None, False),
        ("billing_admin", None, True),
        ("member", "member", True),
        ("admin", "owner", False),
    ],
)
def test_a_person_needs_the_role_for_the_money_of_the_tenant(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, role: str, tools_role: str | None, may: bool
) -> None:
    found = [(AccountId("w"), role, tools_role)]
    monkeypatch.setattr(worker.records, "list_grantable", lambda _person: found)
    worker.grant = replace(worker.grant, server_id=None, person_id="per_1")

    answer = worker.compute_clients()
    assert (answer["figures"]["of"] == "clients") is may


def test_a_grant_of_oauth_has_to_name_the_work_system(worker: Worker) -> None:
    reach = OAuthReach(OAuthGrantId("g"), frozenset({"read"}), frozenset({"read"}), False)
    worker.grant = replace(worker.grant, oauth=reach)
    assert refuse(worker) == work_pairs.NOT_GRANTED

    assert worker.pairs.pair is not None
    both = frozenset({worker.grant.account.id, worker.pairs.pair.account.id})
    worker.grant = replace(worker.grant, reaches=both)
    assert worker.compute_clients()["figures"]["of"] == "clients"


def test_a_stored_reading_of_a_work_system_is_not_used_once_the_mapping_is_gone(worker: Worker) -> None:
    first = worker.compute_clients()
    worker.pairs.pair = None

    again = worker.compute_clients(continue_from=first["continue_from"])
    assert again["figures"]["of"] == "whole company"
    assert "clients" not in again["figures"]

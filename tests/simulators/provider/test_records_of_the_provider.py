"""The provider's records as ConnectWise PSA has them: complete, consistent, with the truths of the plan in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from runtime.simulators.connectwise.firm import build_records
from tests.simulators.provider.business import SEEDS, TODAY, Body, plan_of, records_of

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
TARGETS = {
    "company": "/company/companies", "contact": "/company/contacts", "agreement": "/finance/agreements",
    "member": "/system/members", "owner": "/system/members", "workRole": "/time/workRoles",
    "workType": "/time/workTypes", "board": "/service/boards", "project": "/project/projects",
    "invoice": "/finance/invoices", "catalogItem": "/procurement/catalog", "product": "/procurement/catalog",
    "site": "/company/companies/{parentId}/sites", "phase": "/project/projects/{parentId}/phases",
    "billingCycle": "/finance/billingCycles", "billingTerms": "/finance/billingTerms",
}  # fmt: skip
"""Where what a field refers to stands."""


def cents(amount: float) -> int:
    return round(amount * 100)


def every(seed: int) -> Iterator[tuple[str, Body]]:
    for path, records in records_of(seed).items():
        for record in records:
            yield path, record


@pytest.mark.parametrize("seed", SEEDS)
def test_every_record_has_an_id_of_its_own_and_says_when_it_was_changed(seed: int):
    for path, records in records_of(seed).items():
        ids = [record["id"] for record in records]
        assert ids == sorted(set(ids)), path
    late = f"{TODAY:%Y-%m-%d}T00:00:00Z"
    stamps = [record["_info"]["lastUpdated"] for _, record in every(seed)]
    assert all(MOMENT.fullmatch(stamp) and stamp <= late for stamp in stamps)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_reference_leads_to_a_record(seed: int):
    ids = {path: {record["id"] for record in records} for path, records in records_of(seed).items()}
    lost = [
        (path, record["id"], name)
        for path, record in every(seed)
        for name, target in TARGETS.items()
        if isinstance(record.get(name), dict) and record[name]["id"] not in ids[target]
    ]
    assert lost == []
    tickets = ids["/service/tickets"] | ids["/project/tickets"] | ids["/time/chargeCodes"]
    work = records_of(seed)["/time/entries"] + records_of(seed)["/expense/entries"]
    assert {record["chargeToId"] for record in work} <= tickets


def test_the_same_plan_makes_the_same_records():
    assert build_records(plan_of(1)) == records_of(1) != records_of(2)


@pytest.mark.parametrize("seed", SEEDS)
def test_companies_have_the_ids_and_names_of_the_pairs_and_others_are_no_customers(seed: int):
    truths = plan_of(seed).truths
    companies = {record["id"]: record for record in records_of(seed)["/company/companies"]}
    assert all(companies[pair.company_id]["name"] == pair.company_name for pair in truths.pairs)
    kinds = {id: record["types"][0]["name"] for id, record in companies.items()}
    assert {id for id, kind in kinds.items() if kind != "Customer"} == set(truths.not_clients)
    assert [kinds[id] for id in truths.only_in_work] == ["Customer"]
    assert max(len(record["name"]) for record in companies.values()) <= 50
    assert max(len(record["identifier"]) for record in companies.values()) <= 30


@pytest.mark.parametrize("seed", SEEDS)
def test_time_entries_carry_the_labour_of_each_client_and_month(seed: int):
    plan = plan_of(seed)
    clients = {id: client.number for client in plan.clients for id in client.company_ids}
    labour: Counter[tuple[int, str]] = Counter()
    for record in records_of(seed)["/time/entries"]:
        if record["company"]["id"] in clients:
            cost = record["actualHours"] * float(record["hourlyCost"])
            labour[clients[record["company"]["id"]], record["timeStart"][:7]] += cents(cost)
    for one in plan.truths.figures:
        assert labour[one.client, f"{one.month:%Y-%m}"] == one.labour


@pytest.mark.parametrize("seed", SEEDS)
def test_a_day_of_work_is_the_same_day_in_utc_and_costs_what_its_member_costs(seed: int):
    entries = {one.id: one for one in plan_of(seed).time}
    members = {record["id"]: record["hourlyCost"] for record in records_of(seed)["/system/members"]}
    for record in records_of(seed)["/time/entries"]:
        assert record["timeStart"][:10] == entries[record["id"]].day.isoformat()
        assert float(record["hourlyCost"]) == members[record["member"]["id"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_invoices_of_the_work_system_have_numbers_and_totals_of_the_books(seed: int):
    documents = {one.number: one for one in plan_of(seed).documents if one.kind == "invoice"}
    truths, numbers = plan_of(seed).truths, set()
    for record in records_of(seed)["/finance/invoices"]:
        numbers.add(record["invoiceNumber"])
        total = sum(line.cents for line in documents[record["invoiceNumber"]].lines)
        assert cents(record["total"]) == total
        parts = ("serviceTotal", "expenseTotal", "productTotal")
        assert sum(cents(record[part]) for part in parts) == total
        assert cents(record["balance"]) == total - cents(record["payments"])
    assert numbers.isdisjoint(truths.without_agreement.numbers)
    missing = documents.keys() - numbers - set(truths.without_agreement.numbers)
    assert {documents[number].party for number in missing} <= set(truths.only_in_books)


@pytest.mark.parametrize("seed", SEEDS)
def test_hours_and_expenses_of_an_invoice_add_up_to_it(seed: int):
    billed: Counter[int] = Counter()
    for record in records_of(seed)["/time/entries"]:
        if "invoice" in record:
            billed[record["invoice"]["id"]] += cents(record["extendedInvoiceAmount"])
    for record in records_of(seed)["/expense/entries"]:
        if "invoice" in record:
            billed[record["invoice"]["id"]] += cents(record["invoiceAmount"])
    for record in records_of(seed)["/procurement/products"]:
        billed[record["invoice"]["id"]] += cents(record["extPrice"])
    for record in records_of(seed)["/finance/invoices"]:
        if record["type"] == "Standard":
            assert billed[record["id"]] == cents(record["total"])


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planted_is_in_the_records(seed: int):
    truths, records = plan_of(seed).truths, records_of(seed)
    open_work = {
        record["id"]
        for record in records["/time/entries"]
        if record["status"] == "ReadyToBill"
        and record["timeStart"] < f"{truths.complete_months[-1]:%Y-%m}-99"
    }
    assert open_work == set(truths.unbilled.time_entry_ids)
    applied = {
        record.get("applyToId") for record in records["/finance/invoices"] if record["type"] == "Agreement"
    }
    agreements = {record["id"]: record for record in records["/finance/agreements"]}
    assert agreements.keys() - applied == {truths.never_billed.agreement_id}
    used: Counter[str] = Counter()
    for record in records["/time/entries"]:
        if record.get("agreement", {}).get("id") == truths.overused.agreement_id:
            used[record["timeStart"][:7]] += round(record["agreementHours"] * 60)
    over = agreements[truths.overused.agreement_id]
    assert over["applicationLimit"] * 60 == truths.overused.limit
    assert all(used[f"{month:%Y-%m}"] == minutes for month, minutes in truths.overused.minutes)
    prices = {record["id"]: record["price"] for record in records["/procurement/catalog"]}
    below = [
        record["id"]
        for record in records["/finance/agreements/{parentId}/additions"]
        if record["unitPrice"] < prices[record["product"]["id"]]
    ]
    assert below == [truths.below_list.addition_id]
    signed = {record["company"]["id"] for record in agreements.values()}
    companies = plan_of(seed).clients[truths.without_agreement.client].company_ids
    assert signed.isdisjoint(companies)

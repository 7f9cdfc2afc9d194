"""The plan of the provider: the same for the same parameters, of the sizes asked for, with its truths in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from runtime.simulators.provider import chart
from runtime.simulators.provider.making import make_plan
from runtime.simulators.provider.plan import Parameters, Plan
from runtime.simulators.provider.sizes import choose_parameters
from tests.simulators.provider.business import SEEDS, TODAY, plan_of

LARGE = choose_parameters(TODAY, 1, 15_000)


def sum_by_client(plan: Plan) -> dict[int, tuple[int, int]]:
    """Revenue and direct cost of each client in the complete months."""
    found: dict[int, tuple[int, int]] = {}
    for one in plan.truths.figures:
        if one.month in plan.truths.complete_months:
            revenue, cost = found.get(one.client, (0, 0))
            found[one.client] = revenue + one.revenue, cost + one.product_cost + one.labour
    return found


def test_the_same_parameters_make_the_same_business_and_another_seed_or_day_makes_another():
    parameters = Parameters(TODAY, 1)
    assert make_plan(parameters) == make_plan(parameters)
    assert make_plan(replace(parameters, seed=2)).time != make_plan(parameters).time
    earlier = make_plan(replace(parameters, last_day=date(2026, 8, 31)))
    assert earlier.months[-1] == date(2026, 8, 1)
    assert earlier.truths.complete_months[-1] == date(2026, 8, 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_later_day_of_the_month_has_more_and_nothing_else(seed: int):
    early, late = make_plan(Parameters(date(2026, 11, 9), seed)), plan_of(seed)
    shown = [one for one in late.time if one.day <= date(2026, 11, 9)]
    assert list(early.time) == shown
    assert len(late.time) > len(shown)
    settled = {one.number: replace(one, paid_on=None) for one in late.documents}
    assert all(settled[one.number] == replace(one, paid_on=None) for one in early.documents)
    known = {one.number: one.paid_on for one in late.documents}
    assert all(one.paid_on == known[one.number] for one in early.documents if one.paid_on)
    assert early.truths.pairs == late.truths.pairs
    assert early.truths.labour == late.truths.labour


@pytest.mark.parametrize("parameters", [Parameters(TODAY, 1, clients=11), Parameters(TODAY, 1, months=7)])
def test_a_business_too_small_for_what_is_planted_is_refused(parameters: Parameters):
    with pytest.raises(ValueError, match="at least"):
        make_plan(parameters)


def test_the_smallest_business_has_everything_that_is_planted():
    truths = make_plan(Parameters(TODAY, 1, clients=12, months=8, time_entries=400)).truths
    assert truths.never_billed.cents > 0
    assert truths.unbilled.time > 0
    assert truths.labour_as_overhead.cents > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_demo_has_its_size_and_nothing_of_it_is_after_its_last_day(seed: int):
    plan = plan_of(seed)
    assert 2_850 <= len(plan.time) <= 3_000
    assert len(plan.months) == 13
    assert sum(bool(one.company_ids) and one.customer_id is not None for one in plan.clients) == 24
    assert max(one.day for one in plan.time) <= TODAY
    assert max(one.day for one in plan.documents) <= TODAY
    assert all(one.paid_on <= TODAY for one in plan.documents if one.paid_on)


def test_a_large_business_has_the_sizes_that_the_bench_asks_for():
    plan = make_plan(LARGE)
    assert (LARGE.clients, LARGE.months) == (120, 24)
    assert 60_000 <= len(plan.time) <= 63_000
    settled = sum(one.paid_on is not None and one.kind in {"invoice", "bill"} for one in plan.documents)
    assert 14_000 <= len(plan.documents) + settled <= 16_500


@pytest.mark.parametrize("plan", [*map(plan_of, SEEDS), make_plan(LARGE)], ids=str)
def test_ids_and_numbers_are_unique_and_everything_named_is_there(plan: Plan):
    for group in (plan.companies, plan.customers, plan.agreements, plan.tickets, plan.time, plan.expenses):
        ids = [one.id for one in group]
        assert len(set(ids)) == len(ids)
    numbers = [(one.kind, one.number) for one in plan.documents]
    assert len(set(numbers)) == len(numbers)
    invoiced = {one.invoice for one in (*plan.time, *plan.expenses, *plan.sales) if one.invoice}
    assert invoiced <= {number for kind, number in numbers if kind == "invoice"}
    names = [one.name for one in plan.customers]
    assert len(set(names)) == len(names)
    phones = [one.place.phone for one in plan.customers if not one.parent]
    assert len(set(phones)) == len(phones)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_works_twice_at_a_time_and_what_is_worked_stays_below_what_is_paid(seed: int):
    plan = plan_of(seed)
    ends: dict[tuple[int, date], int] = {}
    for entry in plan.time:
        assert entry.start >= ends.get((entry.technician_id, entry.day), 0)
        ends[entry.technician_id, entry.day] = entry.start + entry.minutes
    for month in plan.truths.labour:
        assert month.paid == month.for_clients + month.internal + month.idle
        assert 0 < month.idle < month.paid * 0.35


@pytest.mark.parametrize("seed", SEEDS)
def test_one_client_costs_more_than_it_brings_for_the_time_that_it_takes(seed: int):
    plan = plan_of(seed)
    truth = plan.truths.unprofitable
    sums = sum_by_client(plan)
    assert [client for client, (revenue, cost) in sums.items() if 0 < revenue < cost] == [truth.client]
    assert truth.labour > truth.revenue - truth.product_cost > 0
    assert sums[truth.client] == (truth.revenue, truth.product_cost + truth.labour)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_agreement_is_used_beyond_its_limit_in_each_month_and_no_other_in_most(seed: int):
    plan = plan_of(seed)
    truth = plan.truths.overused
    assert all(minutes > 1.2 * truth.limit for _, minutes in truth.minutes)
    used: Counter[tuple[int | None, date]] = Counter()
    for entry in plan.time:
        used[entry.agreement_id, entry.day.replace(day=1)] += entry.minutes
    limited = [one for one in plan.agreements if one.limit and one.id != truth.agreement_id]
    assert limited
    for agreement in limited:
        over = [month for month in plan.months if used[agreement.id, month] > agreement.limit]
        assert len(over) <= 2, agreement.name


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planted_in_the_books_is_in_the_documents(seed: int):
    plan, truths = plan_of(seed), plan_of(seed).truths
    documents = {one.number: one for one in plan.documents}
    habit = Counter(
        line.account for one in plan.documents if one.party == chart.HARDWARE for line in one.lines
    )
    assert habit["Office Supplies"] == 1
    assert habit["Cost of Hardware"] > 40
    (bill,) = truths.misposted_cost.numbers
    assert [(line.account, line.cents) for line in documents[bill].lines] == [
        ("Office Supplies", truths.misposted_cost.cents)
    ]
    later = truths.cost_later
    assert documents[later.invoice].day.month + 1 == documents[later.bill].day.month
    assert {
        line.account for number in truths.tool_as_overhead.numbers for line in documents[number].lines
    } == {"Software Subscriptions"}
    assert len(truths.labour_as_overhead.numbers) == 4
    assert len(truths.without_agreement.numbers) == 13


@pytest.mark.parametrize("seed", SEEDS)
def test_every_other_sale_of_goods_has_its_cost_in_its_month(seed: int):
    plan = plan_of(seed)
    late = [one.invoice for one in plan.sales if one.day.replace(day=1) != one.billed.replace(day=1)]
    assert late == [plan.truths.cost_later.invoice]


@pytest.mark.parametrize("seed", SEEDS)
def test_all_billable_work_of_complete_months_is_invoiced_but_the_work_that_is_forgotten(seed: int):
    plan, truth = plan_of(seed), plan_of(seed).truths.unbilled
    complete = plan.truths.complete_months
    open_time = [
        one.id for one in plan.time
        if one.rate and one.bill == "Billable" and not one.invoice and one.day.replace(day=1) in complete
    ]  # fmt: skip
    open_expenses = [
        one.id for one in plan.expenses
        if one.bill == "Billable" and not one.invoice and one.day.replace(day=1) in complete
    ]  # fmt: skip
    assert (tuple(open_time), tuple(open_expenses)) == (truth.time_entry_ids, truth.expense_ids)
    assert truth.time > 0 < truth.expenses


@pytest.mark.parametrize("seed", SEEDS)
def test_one_agreement_is_never_invoiced_and_one_price_is_below_the_list(seed: int):
    plan, truths = plan_of(seed), plan_of(seed).truths
    invoiced = {line.agreement_id for one in plan.documents for line in one.lines}
    assert {one.id for one in plan.agreements} - invoiced == {truths.never_billed.agreement_id}
    below = [
        addition.id for one in plan.agreements for addition in one.additions
        if addition.price < plan.items[addition.item].price
    ]  # fmt: skip
    assert below == [truths.below_list.addition_id]
    assert all(one.price == plan.items[one.item].price for one in plan.sales)


@pytest.mark.parametrize("seed", SEEDS)
def test_companies_and_customers_pair_as_the_truths_say(seed: int):
    plan, truths = plan_of(seed), plan_of(seed).truths
    paired = [one.company_id for one in truths.pairs]
    assert sorted([*paired, *truths.only_in_work, *truths.not_clients]) == [one.id for one in plan.companies]
    top = {one.id for one in plan.customers if not one.parent}
    assert {one.customer_id for one in truths.pairs} | set(truths.only_in_books) == top
    assert (len(truths.only_in_work), len(truths.only_in_books)) == (1, 1)
    per_customer = Counter(one.customer_id for one in truths.pairs)
    assert Counter(per_customer.values()) == {1: 23, 2: 1}
    hows = {
        "exact",
        "legal form",
        "article",
        "typo",
        "order",
        "abbreviation",
        "domain",
        "phone",
        "address",
        "merged",
    }
    assert {one.how for one in truths.pairs} == hows
    assert {parent for _, parent in truths.sub_customers} <= top


@pytest.mark.parametrize("seed", SEEDS)
def test_firms_whose_names_say_nothing_share_the_one_thing_that_the_truth_names(seed: int):
    plan = plan_of(seed)
    companies, customers = {one.id: one for one in plan.companies}, {one.id: one for one in plan.customers}
    for pair in plan.truths.pairs:
        there, here = companies[pair.company_id].place, customers[pair.customer_id].place
        same = {"domain": there.domain == here.domain, "phone": there.phone == here.phone,
                "address": there.street == here.street}  # fmt: skip
        assert (there.domain, here.domain) != ("", "")
        if pair.how in same:
            assert [name for name, is_same in same.items() if is_same] == [pair.how]
        if pair.how == "exact":
            assert pair.company_name == pair.customer_name
        else:
            assert pair.company_name != pair.customer_name

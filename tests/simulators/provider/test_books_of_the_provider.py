"""The provider's books in the QuickBooks simulator: they balance, and their reports are the plan's to the cent."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from runtime.simulators.provider.days import end_month
from runtime.simulators.provider.sizes import choose_parameters
from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.store import Store
from tests.simulators.provider.business import REALM, SEEDS, TODAY, books_of, plan_of
from tests.simulators.quickbooks.reports.reading import ask, keys, of_group, total

PARTS = ("Income", "COGS", "Expenses", "OtherExpenses", "NetIncome")


def report(store: Store, month: date, split: str = "Total") -> dict[str, list[int]]:
    answer = ask(
        store, REALM, "ProfitAndLoss", start_date=month.isoformat(), end_date=end_month(month).isoformat(),
        summarize_column_by=split, accounting_method="Accrual",
    )  # fmt: skip
    return {**{part: of_group(answer, part) for part in PARTS}, "keys": keys(answer)[1:]}  # type: ignore[dict-item]


def dump(store: Store) -> list[tuple[str, ...]]:
    return store.execute("select entity, id, body from records order by 1, 2").fetchall()


def test_the_same_seed_makes_the_same_books():
    again = Store(":memory:", books_of(1).clock)
    companies.make_company(again, "provider", 1)
    assert dump(again) == dump(books_of(1)) != dump(books_of(2))


def test_the_company_is_made_for_the_plan_that_seed_day_and_size_name():
    assert choose_parameters(TODAY, 3) == plan_of(3).parameters
    assert companies.BUSINESSES["provider"].name == plan_of(3).name


@pytest.mark.parametrize("seed", SEEDS)
def test_the_books_balance_and_the_bank_account_is_never_empty_at_the_end(seed: int):
    balances = ledger.sum_by_account(books_of(seed), REALM)
    assert sum(balances.values()) == 0
    row = books_of(seed).execute(
        "select body ->> '$.CurrentBalance' from records where entity = 'Account' and name = 'Checking'"
    )
    assert row.fetchone()[0] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_profit_and_loss_of_each_month_is_that_of_the_plan_to_the_cent(seed: int):
    for month in plan_of(seed).truths.books:
        found = report(books_of(seed), month.month)
        assert [found[part][-1] for part in PARTS] == [
            month.income, month.direct, month.overhead, month.other, month.net,
        ]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_revenue_and_cost_of_each_client_and_month_are_those_of_the_plan_to_the_cent(seed: int):
    plan = plan_of(seed)
    of_customer = {one.id: one.client for one in plan.customers}
    for month in plan.months:
        found = report(books_of(seed), month, "Customers")
        revenue: Counter[int] = Counter()
        cost: Counter[int] = Counter()
        for key, income, direct in zip(found["keys"], found["Income"], found["COGS"], strict=True):
            if str(key) in of_customer:
                revenue[of_customer[str(key)]] += income
                cost[of_customer[str(key)]] += direct
        for one in plan.truths.figures:
            if one.month == month:
                assert (revenue[one.client], cost[one.client]) == (one.revenue, one.product_cost)


@pytest.mark.parametrize("seed", SEEDS)
def test_revenue_by_line_of_business_is_the_streams_of_the_plan(seed: int):
    plan, store = plan_of(seed), books_of(seed)
    names = ledger.read_names(store, REALM, "Class")
    whole = ask(
        store, REALM, "ProfitAndLoss", start_date=plan.first_day.isoformat(), end_date=TODAY.isoformat(),
        summarize_column_by="Classes", accounting_method="Accrual",
    )  # fmt: skip
    found = dict(zip((names.get(key) for key in keys(whole)[1:]), of_group(whole, "Income"), strict=True))
    figures = plan.truths.figures
    assert found["Managed Services"] == sum(one.managed for one in figures)
    assert found["Projects"] == sum(one.projects for one in figures)
    assert found["Products"] == sum(one.products for one in figures)
    assert found["Hourly"] == sum(one.hourly + one.expenses for one in figures)


@pytest.mark.parametrize("seed", SEEDS)
def test_labour_in_the_books_is_time_at_its_cost_and_what_was_idle(seed: int):
    plan, store = plan_of(seed), books_of(seed)
    lines = store.execute(
        "select r.txn_date, l.value ->> '$.Description', l.value ->> '$.Amount' from records r,"
        " json_each(r.body, '$.Line') l where r.entity = 'JournalEntry' and r.doc_number like 'PAY-%'"
    ).fetchall()
    technicians = {f"{one.first} {one.last}" for one in plan.technicians}
    for month in plan.truths.labour:
        paid = sum(
            round(amount * 100) for day, text, amount in lines
            if day == end_month(month.month).isoformat() and any(f" {name}, " in text for name in technicians)
        )  # fmt: skip
        assert paid == month.paid == month.for_clients + month.internal + month.idle


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planted_stands_in_the_books_under_its_numbers(seed: int):
    truths, store = plan_of(seed).truths, books_of(seed)

    def find(number: str) -> list[tuple[str, str, int]]:
        rows = store.execute(
            "select r.txn_date, a.name, p.cents from records r join postings p on p.txn_type = r.entity and"
            " p.txn_id = r.id join records a on a.entity = 'Account' and a.id = p.account where r.doc_number = ?",
            (number,),
        )  # fmt: skip
        return rows.fetchall()

    posted = truths.misposted_cost
    assert (posted.days[0].isoformat(), "Office Supplies", posted.cents) in find(posted.numbers[0])
    assert (truths.cost_later.billed.isoformat(), "Cost of Hardware", truths.cost_later.cost) in find(
        truths.cost_later.bill
    )
    assert truths.cost_later.invoiced.isoformat() == find(truths.cost_later.invoice)[0][0]
    tool = truths.tool_as_overhead
    assert (
        sum(cents for number in tool.numbers for _, account, cents in find(number) if account == tool.account)
        == tool.cents
    )
    assert all(find(number) for number in truths.without_agreement.numbers)


@pytest.mark.parametrize("seed", SEEDS)
def test_customers_have_the_ids_and_names_of_the_pairs(seed: int):
    truths = plan_of(seed).truths
    names = ledger.read_names(books_of(seed), REALM, "Customer")
    assert all(names[pair.customer_id] == pair.customer_name for pair in truths.pairs)
    rows = books_of(seed).execute(
        "select id, body ->> '$.ParentRef.value' from records where entity = 'Customer' and"
        " body ->> '$.ParentRef.value' is not null order by cast(id as integer)"
    )
    assert tuple(rows.fetchall()) == truths.sub_customers


def test_net_income_of_the_whole_time_is_the_sum_of_its_months():
    plan = plan_of(1)
    whole = ask(
        books_of(1), REALM, "ProfitAndLoss", start_date=plan.first_day.isoformat(), end_date=TODAY.isoformat(),
        accounting_method="Accrual",
    )  # fmt: skip
    assert total(whole, "NetIncome") == sum(month.net for month in plan.truths.books) > 0

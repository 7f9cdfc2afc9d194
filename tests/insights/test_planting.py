"""The planter itself: the same for the same seed, sound books, faults as its definitions say."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import cache

import pytest

from runtime.insights.analysis import WantedReport
from runtime.insights.books import Books, Transaction
from runtime.simulators.quickbooks.books.store import Store
from tests.company import copy_books
from tests.insights import planting
from tests.insights.companies import make_store, read_books
from tests.insights.planters.faults import KINDS, Fault, PlantedCompany
from tests.insights.planters.habits import find_habits
from tests.insights.planters.numbers import JOURNAL, SALES, list_forms
from tests.insights.planters.remarkable import MARKS, find_remarkable
from tests.insights.planters.typing import LIMITS, Typist
from tests.insights.planting import BUSINESSES, choose_business, plant

COMPANIES = [(choose_business(seed), seed) for seed in (101, 102, 103)]
BENFORD = {1: 30.1, 2: 17.6, 3: 12.5, 4: 9.7, 5: 7.9, 6: 6.7, 7: 5.8, 8: 5.1, 9: 4.6}


@pytest.fixture(params=COMPANIES, ids=[kind for kind, _ in COMPANIES])
def company(request: pytest.FixtureRequest) -> PlantedCompany:
    return plant(*request.param)


@pytest.fixture
def books(company: PlantedCompany) -> Books:
    return read_once(company.store)


@cache
def read_once(store: Store) -> Books:
    """Return the books of a company, which are values."""
    return read_books(store)


def list_transactions(books: Books, fault: Fault) -> list[Transaction]:
    return [each for each in books.transactions if str(each.key) in fault.records]


def test_each_kind_is_planted_in_each_company(company: PlantedCompany):
    assert {each.kind for each in company.faults} == set(KINDS)


def test_the_three_businesses_take_turns():
    assert {choose_business(seed) for seed in range(101, 104)} == set(BUSINESSES)


def test_the_same_seed_gives_the_same_faults_and_books():
    once, again = plant("landscaper", 102), planting.plant.__wrapped__("landscaper", 102)

    assert once.faults == again.faults and once.agreed == again.agreed
    assert read_books(once.store).transactions == read_books(again.store).transactions


def test_another_seed_gives_other_faults():
    one, other = ({each.what for each in plant("landscaper", seed).faults} for seed in (102, 104))

    assert len(one & other) < len(one) / 3


def test_every_record_of_a_fault_is_in_the_books(company: PlantedCompany, books: Books):
    known = {str(each.key) for each in (*books.transactions, *books.accounts.values())}
    known |= {str(each) for each in books.parties}

    assert {record for fault in company.faults for record in fault.records} <= known
    assert set(company.agreed) <= known


def test_the_faults_lie_in_the_period(company: PlantedCompany, books: Books):
    for fault in company.faults:
        days = [each.day for each in list_transactions(books, fault)]
        assert days and company.start <= max(days) <= company.end, fault


def test_the_trial_balance_balances_after_planting(company: PlantedCompany, books: Books):
    [cents] = company.store.execute("select sum(cents) from postings").fetchone()
    report = read_books(company.store, [WantedReport("all", "trial_balance")]).reports["all"]

    assert cents == 0
    assert report.find_total("all", 1) == report.find_total("all", 2) != Decimal(0)


def test_the_books_that_faults_are_planted_in_stay_as_they_are():
    before = read_books(make_store("landscaper", 104))

    planted = plant("landscaper", 104)

    assert read_books(make_store("landscaper", 104)).transactions == before.transactions
    assert len(read_books(planted.store).transactions) > len(before.transactions)


def test_a_duplicate_has_one_party_and_nearly_one_amount(company: PlantedCompany, books: Books):
    for fault in company.list_faults("duplicate"):
        one, other = list_transactions(books, fault)
        assert one.party == other.party
        assert sorted(str(one.total.normalize())) == sorted(str(other.total.normalize()))
        assert (other.day - one.day).days <= 16


def test_a_round_amount_is_thousands_and_the_vendor_has_no_other(company: PlantedCompany, books: Books):
    planted = {record for fault in company.faults for record in fault.records}
    for fault in company.list_faults("round_amount"):
        [one] = list_transactions(books, fault)
        assert one.total % 1000 == 0
        others = [each for each in books.transactions if each.party == one.party and each.kind == one.kind]
        assert all(each.total % 100 for each in others if str(each.key) not in planted)


def test_an_amount_below_a_limit_is_at_most_a_hundredth_and_a_half_below(
    company: PlantedCompany, books: Books
):
    for fault in company.list_faults("below_limit"):
        for one in list_transactions(books, fault):
            shares = [one.total * 100 / limit for limit in LIMITS]
            assert any(Decimal("0.985") <= share < 1 for share in shares)


def test_an_entry_of_a_weekend_is_on_one_and_its_vendor_has_no_other_but_such(
    company: PlantedCompany, books: Books
):
    weekends = {record for fault in company.list_faults("weekend") for record in fault.records}
    for fault in company.list_faults("weekend"):
        [one] = list_transactions(books, fault)
        assert one.day.weekday() >= 5
        others = [each for each in books.list_kinds("bill", "expense") if each.party == one.party]
        assert {str(each.key) for each in others if each.day.weekday() >= 5} <= weekends


def test_only_what_is_backdated_is_typed_in_more_than_two_weeks_late(company: PlantedCompany, books: Books):
    late = {
        str(each.key)
        for each in books.transactions
        if each.entered is not None and (each.entered.date() - each.day).days > 14
    }

    assert late == {record for fault in company.list_faults("backdated") for record in fault.records}
    assert all(each.entered is None or each.entered.date() <= books.today for each in books.transactions)


def test_numbers_of_sales_are_in_order_but_for_what_is_planted(company: PlantedCompany, books: Books):
    numbers = sorted(
        int(each.number) for each in books.list_kinds("invoice", "sale", "customer_credit", "refund")
    )
    missing = sorted(set(range(1, numbers[-1] + 1)) - set(numbers))
    repeated = [number for number, count in Counter(numbers).items() if count > 1]
    gaps = [each for each in company.list_faults("number_gap") if "journal" not in min(each.records)]

    assert 3 <= len(missing) <= 5 and len(gaps) == 2
    assert len(repeated) == len(company.list_faults("number_repeated")) == 2


def test_a_number_is_repeated_by_two_invoices_of_different_customers_and_amounts(
    company: PlantedCompany, books: Books
):
    for fault in company.list_faults("number_repeated"):
        one, other = list_transactions(books, fault)
        assert {one.kind, other.kind} == {"invoice"} and one.number == other.number
        assert one.party != other.party and one.total != other.total


def test_no_two_planted_faults_share_a_record_so_each_finding_is_of_one(company: PlantedCompany):
    count = Counter(record for fault in company.faults for record in fault.records)
    by_simulator = {
        record for fault in company.faults if "simulator" in fault.what for record in fault.records
    }

    assert {record for record, times in count.items() if times > 1} <= by_simulator


def test_the_simulator_numbers_in_the_order_of_typing_so_new_numbers_change_nothing_else():
    store = make_store("it_services", 101)
    typist = Typist(copy_books(store), read_books(store), [], None)  # type: ignore[arg-type]
    by_key = {str(key): each.number for key, each in read_books(store).by_key.items()}

    for series in (SALES, JOURNAL):
        forms = list_forms(typist, series)
        assert [by_key[each.key] for each in forms] == [str(place + 1) for place in range(len(forms))]


def test_a_vendor_on_an_unusual_account_was_on_one_account_before(company: PlantedCompany, books: Books):
    for fault in company.list_faults("unusual_account"):
        [one] = list_transactions(books, fault)
        others = [each for each in books.transactions if each.party == one.party and each.key != one.key]
        [account] = {line.account for line in one.lines}
        used = Counter(line.account for each in others for line in each.lines)
        assert used[account] == 0 and used.total() > 10


def test_a_vendor_shares_a_detail_with_somebody(company: PlantedCompany, books: Books):
    for fault in company.list_faults("shared_details"):
        one, other = (each for each in books.parties.values() if str(each.key) in fault.records)
        phones = [[each for each in party.phone if each.isdigit()] for party in (one, other)]
        is_shared = phones[0] == phones[1] or one.postal_code == other.postal_code
        assert is_shared or one.bank == other.bank != ""


def measure_distance(amounts: list[Decimal]) -> float:
    """Return the mean distance of first digits from the law, in points of a hundred."""
    firsts = Counter(int(str(each).lstrip("0.")[0]) for each in amounts)
    return sum(abs(firsts[each] / len(amounts) * 100 - share) for each, share in BENFORD.items()) / 9


def test_invented_amounts_break_the_law_of_first_digits_and_those_of_a_shop_follow_it(
    company: PlantedCompany, books: Books
):
    by_name = {name: [] for name in ("Reimbursed Purchases", "Small Purchases")}
    for each in books.list_kinds("expense"):
        for line in each.lines:
            if each.day >= company.start and books.name_account(line.account) in by_name:
                by_name[books.name_account(line.account)].append(line.amount)
    invented, shop = by_name.values()

    assert len(invented) == 150 <= len(shop)
    assert max(invented) / min(invented) > 100 < max(shop) / min(shop)
    assert measure_distance(invented) > 8 and measure_distance(shop) < 3


def test_what_is_ordinary_is_no_fault_and_agreed_with_nowhere(company: PlantedCompany, books: Books):
    names = ("Quayside Tax Advisers", "Everyday Mercantile", "Harbor Locksmiths", "Plum Catering")
    ordinary = {str(each.key) for each in books.transactions if each.party_name in names}

    assert len(ordinary) > 200
    assert ordinary.isdisjoint(record for fault in company.faults for record in fault.records)
    assert ordinary.isdisjoint(company.agreed)


def test_the_tax_adviser_costs_more_in_the_same_month_of_both_years(books: Books):
    bills = [each for each in books.list_kinds("bill") if each.party_name == "Quayside Tax Advisers"]
    large = [each.day for each in bills if each.total > 500]

    assert [day.month for day in large] == [4, 4] and len({each.day.month for each in bills}) == 12


@pytest.mark.parametrize("kind", BUSINESSES)
def test_every_mark_of_the_simulator_is_found_in_its_books(kind: str):
    books = read_books(make_store(kind, 101))

    found = find_remarkable(books, kind)

    assert len(found.records) == sum(len(mark.days) for mark in MARKS[kind])


def test_flights_on_office_supplies_on_a_sunday_are_an_unusual_account_and_a_weekend():
    found = find_remarkable(read_books(make_store("consultancy", 101)), "consultancy")

    assert Counter(each.kind for each in found.faults) == {"duplicate": 1, "unusual_account": 1, "weekend": 2}


def test_a_vendor_with_taxes_or_stock_has_no_habit_on_an_account_for_expenses():
    names = {each.name for each in find_habits(read_books(make_store("it_services", 101)), ())}

    assert names.isdisjoint({"State Tax Office", "Helm Payroll", "Cobalt Distribution"})
    assert {"Station 9 Fuel", "Mailhouse Licences"} <= names

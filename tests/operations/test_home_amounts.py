"""Policies compare amounts in the home currency: a write in another one is judged by what it is worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from runtime.errors import NotFound, VendorUnavailable
from runtime.model import Policies
from tests.company import Company, copy_books, make_landscaper

DAY = "2026-11-02"
EURO = {"value": "EUR"}
PER_WRITE = Policies(max_amount=Decimal(100))


def sale(amount: float) -> dict[str, Any]:
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": {"ItemRef": "4"}}


@pytest.fixture
def company() -> Iterator[Company]:
    """A company with euros at 1.25 dollars, and a customer who pays in them."""
    found = Company(copy_books(make_landscaper()))
    settings = found.call("get preferences")
    currencies = {**settings["CurrencyPrefs"], "MultiCurrencyEnabled": True}
    found.call("update preferences", SyncToken=settings["SyncToken"], CurrencyPrefs=currencies)
    found.call("create company_currencies", Code="EUR")
    found.call("update exchange_rates", SourceCurrencyCode="EUR", AsOfDate=DAY, Rate=1.25, SyncToken="0")
    found.call("create customers", DisplayName="Café", CurrencyRef=EURO)
    yield found
    found.close()


def limit(company: Company, policies: Policies = PER_WRITE) -> str:
    """Hold the agent to policies, and return the Id of the customer who pays in euros."""
    [customer] = company.list("customers", DisplayName="Café")
    company.grant = replace(company.grant, config=replace(company.grant.config, policies=policies))
    company.client.requests.clear()
    return str(customer["Id"])


def bill_customer(company: Company, customer: str, amount: float, **more: Any) -> Any:
    return company.answer(
        "create invoices", CustomerRef=customer, Line=[sale(amount)], TxnDate=DAY, dry_run=True, **more
    )


@pytest.mark.parametrize("more", [{}, {"CurrencyRef": EURO}, {"CurrencyRef": EURO, "ExchangeRate": 1.25}])
@pytest.mark.parametrize(("amount", "is_refused"), [(80, False), (81, True)])
def test_an_amount_in_a_foreign_currency_is_judged_by_what_it_is_worth(company, amount, is_refused, more):
    answer = bill_customer(company, limit(company), amount, **more)
    assert (answer.error is not None) == is_refused
    if answer.error:
        assert answer.error.code == "policy_refused"
        assert "The amount is 101.25 in the home currency, at 1.25 for 1 EUR." in answer.error.message


def test_a_rate_that_a_caller_makes_up_lets_nothing_through(company):
    answer = bill_customer(company, limit(company), 100_000, CurrencyRef=EURO, ExchangeRate=0.0001)
    assert answer.error.code == "policy_refused"
    higher = bill_customer(company, limit(company), 60, CurrencyRef=EURO, ExchangeRate=2)
    assert "The amount is 120 in the home currency, at 2 for 1 EUR." in higher.error.message


def test_an_amount_in_the_home_currency_is_itself(company):
    limit(company)
    assert bill_customer(company, "3", 100).error is None
    assert "The amount is 101. At most 100" in bill_customer(company, "3", 101).error.message


def test_a_stored_rate_counts_for_what_removes_the_record(company):
    made = company.call(
        "create invoices", CustomerRef=limit(company, Policies()), Line=[sale(90)], TxnDate=DAY,
        CurrencyRef=EURO, ExchangeRate=1.2,
    )  # fmt: skip
    limit(company)
    error = company.refused("void invoices", id=made["Id"], SyncToken=made["SyncToken"])
    assert "The amount is 108.00 in the home currency, at 1.2 for 1 EUR." in error.message


def test_an_opening_balance_is_in_the_currency_of_the_new_name(company):
    limit(company)
    new = {"DisplayName": "New", "OpenBalanceDate": DAY, "dry_run": True}
    error = company.answer("create customers", CurrencyRef=EURO, Balance=81, **new).error
    assert "The amount is 101.25 in the home currency" in error.message
    assert company.answer("create customers", Balance=81, **new).error is None


def test_a_transfer_is_in_the_currency_of_its_accounts(company):
    company.call("create accounts", Name="Paris", AccountType="Bank", CurrencyRef=EURO)
    [paris] = company.list("accounts", Name="Paris")
    limit(company)
    transfer = {"FromAccountRef": "35", "ToAccountRef": paris["Id"], "TxnDate": DAY, "dry_run": True}
    assert "101.25 in the home" in company.answer("create transfers", Amount=81, **transfer).error.message


def test_where_the_vendor_states_no_rate_that_of_the_record_counts_and_without_one_it_is_refused(company):
    customer = limit(company)

    async def state_none(request):
        if "exchangerate" in request.url:
            raise NotFound("There is no rate.")

    company.client.before = state_none
    error = bill_customer(company, customer, 1).error
    assert error.code == "policy_refused"
    assert "The amount is in EUR, and what that is worth in the home currency on 2026-11-02" in error.message
    assert company.count_sent("POST") == 0
    assert bill_customer(company, customer, 80, CurrencyRef=EURO, ExchangeRate=1.25).error is None
    assert bill_customer(company, customer, 81, CurrencyRef=EURO, ExchangeRate=1.25).error is not None


def test_where_a_rate_cannot_be_read_nothing_is_written(company):
    customer = limit(company)

    async def break_off(request):
        if "exchangerate" in request.url:
            raise VendorUnavailable("The vendor cannot be reached.")

    company.client.before = break_off
    assert bill_customer(company, customer, 1).error.code == "vendor_unavailable"
    assert company.count_sent("POST") == 0


def test_settings_names_and_rates_are_read_once_in_some_minutes(company):
    customer = limit(company)
    for _ in range(3):
        bill_customer(company, customer, 10)
    urls = [request.url for request in company.client.requests]
    assert sum("exchangerate" in each for each in urls) == 1
    assert sum(f"/customer/{customer}" in each for each in urls) == 1


def test_without_a_policy_over_amounts_no_rate_is_read(company):
    bill_customer(company, limit(company, Policies(max_writes_per_hour=5)), 10)
    assert not any("exchangerate" in request.url for request in company.client.requests)


def test_a_stored_amount_with_cents_is_a_number(company):
    made = company.call("create invoices", CustomerRef="3", Line=[sale(90.55)], TxnDate=DAY)
    limit(company)
    key = {"id": made["Id"], "SyncToken": made["SyncToken"], "dry_run": True}
    assert company.answer("void invoices", **key).error is None
    limit(company, Policies(max_amount=Decimal(90)))
    assert "The amount is 90.55. At most 90" in company.answer("void invoices", **key).error.message

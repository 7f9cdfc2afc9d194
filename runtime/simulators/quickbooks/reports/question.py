"""What a request for a report asks: its parameters, checked against the facts, over one company's books.

Unknown parameters are ignored, as the service ignores them; values outside a documented enumeration are refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import InvalidOperation
from functools import cache, cached_property
from typing import Any

from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.faults import make_fault, make_missing_fault
from runtime.simulators.quickbooks.money import round_to_cents
from runtime.simulators.quickbooks.reports import periods
from runtime.simulators.quickbooks.reports.periods import Period
from runtime.simulators.quickbooks.schema import FACTS

LONGEST_ECHO = 100
"""Characters of a bad value that a fault repeats."""

NAMED = {"customer": "Customer", "vendor": "Vendor", "employee": "Employee", "item": "Item", "class": "Class",
         "department": "Department"}  # fmt: skip
"""Filter and dimension -> the list it names."""


ALTERNATES = {"GeneralLedger": {"source_account_type": "account_type"}}
"""Report -> other documented name of a parameter -> its name."""


@cache
def read_report_facts() -> Mapping[str, Any]:
    """Return the documented parameters and columns of every report."""
    found: Mapping[str, Any] = json.loads((FACTS / "reports.json").read_text("utf-8"))["reports"]
    return found


class Question:
    """One request: the company it is about and what it wants to know."""

    def __init__(self, store: Store, realm: str, name: str, parameters: Mapping[str, str]) -> None:
        self.store, self.realm, self.name = store, realm, name
        self.parameters = {key: value for key, value in parameters.items() if value not in (None, "")}
        for alternate, usual in ALTERNATES.get(name, {}).items():
            if alternate in self.parameters:
                self.parameters.setdefault(usual, self.parameters[alternate])
        self.books = Books(store, realm)
        self.known: Mapping[str, Any] = read_report_facts()[name]["parameters"]

    @cached_property
    def today(self) -> date:
        """The company's day."""
        return self.books.read_today()

    @cached_property
    def fiscal_start(self) -> int:
        """First month of the fiscal year, 1 to 12."""
        return periods.get_month(self.books.get_preference("AccountingInfoPrefs", "FirstMonthOfFiscalYear"))

    def read_text(self, name: str) -> str | None:
        """Return a parameter as it was sent; None when the report does not know it or it was left out."""
        return self.parameters.get(name) if name in self.known else None

    def read_choice(self, name: str, default: str) -> str:
        """Return one value of a documented enumeration, in its documented spelling; 2170 for another."""
        given = self.read_text(name)
        if given is None:
            return default
        for value in self.known[name].get("values") or (given,):
            if value.lower() == given.lower():
                return str(value)
        raise make_fault("2170", f"Invalid Enumeration : {given[:LONGEST_ECHO]}", name)

    def read_choices(self, name: str) -> frozenset[str]:
        """Return several values of a documented enumeration, separated by commas; 2170 for another; empty for all."""
        given = [part.strip() for part in (self.read_text(name) or "").split(",") if part.strip()]
        allowed = {value.lower(): value for value in self.known.get(name, {}).get("values") or given}
        for part in given:
            if part.lower() not in allowed and part.lower() != "all":
                raise make_fault("2170", f"Invalid Enumeration : {part[:LONGEST_ECHO]}", name)
        return frozenset(allowed[part.lower()] for part in given if part.lower() in allowed)

    def read_ids(self, name: str) -> tuple[str, ...]:
        """Return ids separated by commas; empty for all."""
        return tuple(part.strip() for part in (self.read_text(name) or "").split(",") if part.strip())

    def read_day(self, name: str) -> date | None:
        """Return a day; 2060 for what is none."""
        return periods.parse_day(name, self.read_text(name))

    def read_number(self, name: str) -> int | None:
        """Return a whole number above zero; 2080 for what is none."""
        given = self.read_text(name)
        if given is None:
            return None
        if not given.isascii() or not given.isdigit() or len(given) > 5:
            raise make_fault("2080", f"Invalid Number Format : {given[:LONGEST_ECHO]}", name)
        return int(given)

    def read_money(self, name: str) -> int | None:
        """Return an amount in cents; 2100 for what is none."""
        given = self.read_text(name)
        try:
            return None if given is None else round_to_cents(given)
        except InvalidOperation as error:
            raise make_fault("2100", f"Invalid Decimal Format : {given}"[:LONGEST_ECHO], name) from error

    def read_flag(self, name: str) -> bool:
        """Return whether a boolean that is false when left out."""
        return self.read_choice(name, "false") == "true"

    def require(self, name: str) -> str:
        """Return a parameter that has to be there; 2020 without it."""
        given = self.read_text(name)
        if given is None:
            raise make_missing_fault(name)
        return given

    def read_period(self, usual: str = periods.USUAL) -> Period:
        """Return the days asked for; `usual` is the macro that counts when nothing was said."""
        return periods.choose_period(self.parameters, self.today, self.fiscal_start, usual)

    def get_range(self, subject: str) -> Period | None:
        """Return the days of another date (`duedate`, `moddate`, `createdate`) by its start, end and macro; None for
        all.
        """
        given = {
            "start_date": self.read_text(f"start_{subject}"), "end_date": self.read_text(f"end_{subject}"),
            "date_macro": self.read_text(f"{subject}_macro"),
        }  # fmt: skip
        sent = {name: value for name, value in given.items() if value}
        if not sent or sent.get("date_macro", "").lower() == "all":
            return None
        return periods.choose_period(sent, self.today, self.fiscal_start, "all", subject)

    def get_closing_day(self) -> Period:
        """Return the day of a balance or aging report: `report_date`, else the end of the macro, else today."""
        day = self.read_day("report_date")
        if day is not None:
            return Period(day, day, None)
        macro = self.read_text("date_macro")
        if macro is None:
            return Period(self.today, self.today, "today")
        end = periods.choose_period({"date_macro": macro}, self.today, self.fiscal_start).end
        return Period(end, end, macro.lower())

    def count_days_past_due(self, due: date) -> int:
        """Return the days from a due day to the day of the report; negative before it is due."""
        return (self.get_closing_day().end - due).days

    @cached_property
    def basis(self) -> str:
        """Accrual or Cash."""
        usual = str(self.books.get_preference("ReportPrefs", "ReportBasis") or "Accrual")
        return self.read_choice("accounting_method", usual.capitalize())

    @cached_property
    def is_sorted(self) -> int:
        """1 for ascending, -1 for descending by total, 0 when the request does not say."""
        return {"ascend": 1, "descend": -1, "": 0}[self.read_choice("sort_order", "")]

    @cached_property
    def where(self) -> ledger.Filters:
        """The ids that count, by dimension of the postings."""
        return {name: self.read_ids(name) for name in NAMED if self.read_ids(name)}

    def list_accounts_of_types(self, types: frozenset[str]) -> tuple[str, ...]:
        """Return ids of the accounts of types, written as the parameters write them ("OtherCurrentAsset")."""
        return tuple(account.id for account in self.accounts if account.type.replace(" ", "") in types)

    @cached_property
    def accounts(self) -> list[ledger.Account]:
        """Every account of the company."""
        return ledger.read_accounts(self.store, self.realm)

    @cached_property
    def account_by_id(self) -> dict[str, ledger.Account]:
        """Every account by its Id."""
        return {account.id: account for account in self.accounts}

    def read_names(self, dimension: str) -> dict[str, str]:
        """Return Id -> name in full of the list behind a dimension."""
        return ledger.read_names(self.store, self.realm, NAMED[dimension])

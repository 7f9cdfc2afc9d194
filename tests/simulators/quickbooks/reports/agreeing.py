"""What has to agree between reports, whatever is in the books."""

from __future__ import annotations

from datetime import date

from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.money import round_to_cents
from tests.simulators.quickbooks.reports.reading import (
    ask,
    data,
    every,
    figures,
    keys,
    of_group,
    option,
    total,
)

SPLITS = (
    "Month",
    "Week",
    "Quarter",
    "Year",
    "Customers",
    "Vendors",
    "Classes",
    "Departments",
    "Employees",
    "ProductsAndServices",
)


def check_all(store: Store, realm: str, day: str) -> None:
    """Check: every agreement, on both bases, at the end of a day."""
    for basis in ("Accrual", "Cash"):
        check_statements(store, realm, day, basis)
        check_ledger(store, realm, day, basis)
    check_balances(store, realm, day)


def check_statements(store: Store, realm: str, day: str, basis: str) -> None:
    year = {"start_date": f"{day[:4]}-01-01", "end_date": day, "accounting_method": basis}
    trial = ask(store, realm, "TrialBalance", **year)
    debit, credit = of_group(trial, "GrandTotal")
    assert debit == credit
    sheet = ask(store, realm, "BalanceSheet", **year)
    assert total(sheet, "TotalAssets") == total(sheet, "TotalLiabilitiesAndEquity")
    result = ask(store, realm, "ProfitAndLoss", **year)
    assert total(sheet, "NetIncome") == total(result, "NetIncome")
    before = ask(store, realm, "BalanceSheet", end_date=f"{int(day[:4]) - 1}-12-31", accounting_method=basis)
    owners = owner_postings(store, realm, f"{day[:4]}-01-01", day)
    assert total(sheet, "Equity") - total(before, "Equity") == total(result, "NetIncome") + owners
    flow = ask(store, realm, "CashFlow", **year)
    names = {account.id: account for account in ledger.read_accounts(store, realm)}
    cash = sum(
        figures(cells)[0] - figures(cells)[1]
        for cells in data(trial)
        if names[cells[0]["id"]].type == "Bank" or names[cells[0]["id"]].subtype == "UndepositedFunds"
    )
    if basis == "Accrual":  # the statement of cash flows takes no basis, the company's counts
        assert total(flow, "EndingCash") == cash
    assert total(flow, "NetIncome") + total(flow, "OperatingAdjustments") == total(
        flow, "OperatingActivities"
    )
    check_detail(store, realm, year, total(result, "NetIncome"))
    check_splits(store, realm, year, total(result, "NetIncome"))


def owner_postings(store: Store, realm: str, since: str, until: str) -> int:
    """Return what was booked to equity accounts directly, as an increase of equity."""
    accounts = [account.id for account in ledger.read_accounts(store, realm) if account.type == "Equity"]
    found = ledger.sum_movements(
        store,
        realm,
        date.fromisoformat(since),
        date.fromisoformat(until),
        ("account",),
        {"account": accounts},
    )
    return -sum(found.values())


def check_detail(store: Store, realm: str, year: dict[str, str], net: int) -> None:
    detail = ask(store, realm, "ProfitAndLossDetail", **year)
    if option(detail, "NoReportData") == "false":
        place = keys(detail).index("subt_nat_amount")
        last = next(row for row in every(detail["Rows"]) if row.get("group") == "NetIncome")
        assert round_to_cents(last["Summary"]["ColData"][place]["value"]) == net


def check_splits(store: Store, realm: str, year: dict[str, str], net: int) -> None:
    for split in SPLITS:
        parts = of_group(ask(store, realm, "ProfitAndLoss", **year, summarize_column_by=split), "NetIncome")
        assert parts[-1] == net, split
        assert sum(parts[:-1]) == net, split


def check_ledger(store: Store, realm: str, day: str, basis: str) -> None:
    """Check: what the general ledger closes with is what the trial balance shows."""
    year = {"start_date": f"{day[:4]}-01-01", "end_date": day, "accounting_method": basis}
    trial = {
        cells[0]["id"]: figures(cells)[0] - figures(cells)[1]
        for cells in data(ask(store, realm, "TrialBalance", **year))
    }
    ledger_report = ask(store, realm, "GeneralLedger", **year)
    closing = closing_balances(ledger_report)
    accounts = {account.id: account for account in ledger.read_accounts(store, realm)}
    for id, balance in trial.items():
        sign = -1 if accounts[id].classification in ("Liability", "Equity", "Revenue") else 1
        assert closing.get(id, 0) == sign * balance, accounts[id]


def closing_balances(report: dict[str, object]) -> dict[str, int]:
    """Return account -> the running balance of its last own row."""
    place = keys(report).index("rbal_nat_amount")
    found: dict[str, int] = {}

    def walk(rows: dict[str, list[dict[str, object]]], account: str | None) -> None:
        for row in rows.get("Row", ()):
            if "ColData" in row and account:
                found[account] = round_to_cents(row["ColData"][place]["value"])  # type: ignore[index,call-overload]
            inner = row.get("Header", {}).get("ColData", [{}])[0].get("id") if "Header" in row else account  # type: ignore[attr-defined]
            walk(row.get("Rows", {}), inner)  # type: ignore[arg-type]

    walk(report["Rows"], None)  # type: ignore[arg-type]
    return found


def check_balances(store: Store, realm: str, day: str) -> None:
    """Check: aging, open items and balances per name are what the control accounts hold."""
    accounts = ledger.read_accounts(store, realm)
    held = ledger.sum_by_account(store, realm, date.fromisoformat(day))
    for kind, sign, names in (
        (
            "Accounts Receivable",
            1,
            ("AgedReceivables", "AgedReceivableDetail", "CustomerBalance", "CustomerBalanceDetail"),
        ),
        (
            "Accounts Payable",
            -1,
            ("AgedPayables", "AgedPayableDetail", "VendorBalance", "VendorBalanceDetail"),
        ),
    ):
        control = sign * sum(held.get(account.id, 0) for account in accounts if account.type == kind)
        for name in names:
            report = ask(store, realm, name, report_date=day)
            if option(report, "NoReportData") == "true":
                assert control == 0, name
                continue
            last = next(row for row in every(report["Rows"]) if row.get("group") == "GrandTotal")
            place = next(
                (
                    i
                    for i, key in enumerate(keys(report))
                    if key.endswith("open_bal") and key.startswith("subt")
                ),
                -1,
            )
            assert round_to_cents(last["Summary"]["ColData"][place]["value"]) == control, name

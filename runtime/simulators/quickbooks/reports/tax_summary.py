"""Sales tax of an agency in a period: per rate what was sold, what of it was taxed, and the tax."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_reference_fault
from runtime.simulators.quickbooks.money import format_amount, round_to_cents
from runtime.simulators.quickbooks.reports import layout, sums
from runtime.simulators.quickbooks.reports.detail_lines import Lines
from runtime.simulators.quickbooks.reports.layout import Column, Row, make_cell
from runtime.simulators.quickbooks.reports.question import Question
from runtime.simulators.quickbooks.reports.sales_by_name import SALES

COLUMNS = (
    Column("Gross Sales", "gross_sales"), Column("Non-Taxable", "nontaxable_sales"),
    Column("Taxable Amount", "taxable_amount"), Column("Tax Amount", "tax_amount"),
)  # fmt: skip


@dataclass
class Taxed:
    """Cents of sales, of what was taxed, and of tax."""

    gross: int = 0
    taxable: int = 0
    tax: int = 0


def report_tax_summary(question: Question) -> Row:
    """Return a section for the agency, a row per rate, the total of its tax. Raises 2020 without agency_id."""
    agency = question.books.find("TaxAgency", question.require("agency_id"))
    if agency is None:
        raise make_reference_fault("agency_id")
    name = str(agency.get("DisplayName"))
    by_rate = _by_rate(question, str(agency["Id"]))
    lines = Lines(question)
    rows: list[Row] = [
        {
            "ColData": [make_cell(str(lines.read_record("TaxRate", rate).get("Name")), rate), *_cells(taxed)],
            "type": "Data",
        }
        for rate, taxed in sorted(by_rate.items())
    ]
    whole = Taxed(
        max((taxed.gross for taxed in by_rate.values()), default=0),
        max((taxed.taxable for taxed in by_rate.values()), default=0),
        sum(taxed.tax for taxed in by_rate.values()),
    )
    head = layout.make_header(question, question.read_period(), is_empty=not rows)
    section: Row = {
        "Header": {"ColData": [make_cell(name, str(agency["Id"])), *(make_cell("") for _ in COLUMNS)]}
    }
    if rows:
        section["Rows"] = {"Row": rows}
    section |= {"Summary": {"ColData": [make_cell(f"Total {name}"), *_cells(whole)]}, "type": "Section"}
    return layout.make_report(head, layout.make_columns("Tax", COLUMNS), [section] if rows else [])


def _cells(taxed: Taxed) -> list[Row]:
    figures = (taxed.gross, taxed.gross - taxed.taxable, taxed.taxable, taxed.tax)
    return [make_cell(format_amount(value)) for value in figures]


def _by_rate(question: Question, agency: str) -> dict[str, Taxed]:
    """Return rate -> its sums. On cash basis a form counts with the part of its entries that the period's payments
    reach.
    """
    rates = _rates(question, agency)
    found: dict[str, Taxed] = defaultdict(Taxed)
    for body, sign, part, whole in _forms(question):
        for line in (body.get("TxnTaxDetail") or {}).get("TaxLine") or []:
            detail = line.get("TaxLineDetail") or {}
            rate = get_reference(detail.get("TaxRateRef"))
            if rate in rates:
                taxed = found[str(rate)]
                taxed.gross += sign * _share(_gross(body), part, whole)
                taxed.taxable += sign * _share(round_to_cents(detail.get("NetAmountTaxable")), part, whole)
                taxed.tax += sign * _share(round_to_cents(line.get("Amount")), part, whole)
    return dict(found)


def _share(value: int, part: int, whole: int) -> int:
    return round(value * part / whole) if whole else value


def _rates(question: Question, agency: str) -> frozenset[str]:
    rows = question.store.execute(
        "select id from records where realm = ? and entity = 'TaxRate' and body ->> '$.AgencyRef.value' = ?",
        (question.realm, agency),
    )
    return frozenset(row[0] for row in rows)


def _gross(body: Body) -> int:
    return round_to_cents(body.get("TotalAmt")) - round_to_cents(
        (body.get("TxnTaxDetail") or {}).get("TotalTax")
    )


def _forms(question: Question) -> Iterator[tuple[Body, int, int, int]]:
    """Return sales forms with entries in the period: body, sign, and the part that counts of the whole (income
    entries).
    """
    period = question.read_period()
    lines = Lines(question)
    income = tuple(account.id for account in question.accounts if account.type == "Income")
    where = {"txn_type": SALES, "account": income}
    table = sums.choose_table(question)
    clause, values = sums.make_condition(question, period.start, period.end, where)
    rows = question.store.execute(
        f"select txn_type, txn_id, sum(cents) from {table} where {clause} group by 1, 2",
        values,
    ).fetchall()
    for entity, id, part in rows:
        body = lines.read_record(entity, id)
        whole = question.store.execute(
            f"select sum(cents) from postings where account in ({','.join('?' * len(income))})"
            " and realm = ? and txn_id = ? and txn_type = ?",
            (*income, question.realm, id, entity),
        ).fetchone()[0]
        yield body, -1 if entity in ("CreditMemo", "RefundReceipt") else 1, part, whole or 0

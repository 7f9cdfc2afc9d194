"""Documents as PDF: one plain layout for every form that the service can print.

Called by `http.api`, which has read the record; nothing is written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fpdf import FPDF

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body

TITLES = {
    "Invoice": "INVOICE",
    "Estimate": "ESTIMATE",
    "SalesReceipt": "SALES RECEIPT",
    "CreditMemo": "CREDIT MEMO",
    "RefundReceipt": "REFUND RECEIPT",
    "Payment": "PAYMENT RECEIPT",
    "PurchaseOrder": "PURCHASE ORDER",
}
WIDTHS = (98, 20, 30, 32)
"""Millimetres: together those of a page less its margins."""


def render_document(books: Books, entity: str, body: Body) -> bytes:
    """Return the bytes of the PDF."""
    pdf = FPDF(format="Letter")
    pdf.set_title(f"{TITLES.get(entity, entity)} {body.get('DocNumber', body['Id'])}")
    pdf.set_creation_date(datetime.fromtimestamp(books.clock.read_seconds(), UTC))
    pdf.add_page()
    _head(books, pdf, entity, body)
    _lines(pdf, body)
    _totals(pdf, body)
    return bytes(pdf.output())


def _text(value: Any) -> str:
    """Return text in the characters that the built-in fonts have."""
    return str(value if value is not None else "").encode("latin-1", "replace").decode("latin-1")


def _money(value: Any) -> str:
    return f"{float(value or 0):,.2f}"


def _line(pdf: FPDF, text: str, height: float = 5) -> None:
    pdf.cell(0, height, _text(text), new_x="LMARGIN", new_y="NEXT")


def _head(books: Books, pdf: FPDF, entity: str, body: Body) -> None:
    company = books.find("CompanyInfo", "1") or {}
    pdf.set_font("Helvetica", "B", 13)
    _line(pdf, company.get("CompanyName", ""), 7)
    pdf.set_font("Helvetica", size=9)
    for line in _address(company.get("CompanyAddr") or {}):
        _line(pdf, line)
    pdf.ln(4)
    pdf.set_font("Helvetica", "B", 16)
    _line(pdf, TITLES.get(entity, entity.upper()), 10)
    pdf.set_font("Helvetica", size=9)
    party = body.get("CustomerRef") or body.get("VendorRef") or {}
    _line(pdf, party.get("name", ""))
    for line in _address(body.get("BillAddr") or body.get("VendorAddr") or {}):
        _line(pdf, line)
    pdf.ln(3)
    shown = (("Number", body.get("DocNumber")), ("Date", body.get("TxnDate")), ("Due", body.get("DueDate")))
    for title, value in shown:
        if value:
            _line(pdf, f"{title}: {value}")
    pdf.ln(4)


def _address(address: Body) -> list[str]:
    place = " ".join(
        str(address[name]) for name in ("City", "CountrySubDivisionCode", "PostalCode") if address.get(name)
    )
    lines = [str(address.get(f"Line{number}") or "") for number in range(1, 6)]
    return [line for line in [*lines, place] if line]


def _lines(pdf: FPDF, body: Body) -> None:
    pdf.set_font("Helvetica", "B", 9)
    _row(pdf, ("Description", "Qty", "Rate", "Amount"), border="B")
    pdf.set_font("Helvetica", size=9)
    for line in body.get("Line") or []:
        detail = next(
            (value for key, value in line.items() if key.endswith("Detail") and isinstance(value, dict)), {}
        )
        name = (detail.get("ItemRef") or detail.get("AccountRef") or {}).get("name", "")
        text = line.get("Description") or name or _linked(line)
        if line.get("DetailType") != "SubTotalLineDetail":
            _row(pdf, (text, detail.get("Qty", ""), detail.get("UnitPrice", ""), _money(line.get("Amount"))))


def _linked(line: Body) -> str:
    return ", ".join(f"{link.get('TxnType')} {link.get('TxnId')}" for link in line.get("LinkedTxn") or [])


def _row(pdf: FPDF, cells: tuple[Any, ...], border: str = "") -> None:
    for index, (width, value) in enumerate(zip(WIDTHS, cells, strict=True)):
        pdf.cell(width, 6, _text(value)[:60], border=border, align="L" if index == 0 else "R")
    pdf.ln()


def _totals(pdf: FPDF, body: Body) -> None:
    pdf.ln(3)
    tax = (body.get("TxnTaxDetail") or {}).get("TotalTax")
    shown = (("Tax", tax), ("Total", body.get("TotalAmt")), ("Balance due", body.get("Balance")))
    for title, value in shown:
        if value is not None:
            pdf.cell(sum(WIDTHS[:3]), 6, title, align="R")
            pdf.cell(WIDTHS[3], 6, _money(value), align="R", new_x="LMARGIN", new_y="NEXT")

"""The invoice that every server in the run answers, so that all of them move the same bytes."""

from __future__ import annotations

from typing import Any

REALM = "4620816365000000001"
FAST_ID = "145"
SLOW_ID = "300"
SLOW_SECONDS = 0.3
TOOL = "get_single_quick_books_invoice_by_id"


def path_of(invoice_id: str) -> str:
    """Where the vendor has an invoice."""
    return f"/v3/company/{REALM}/invoice/{invoice_id}?minorversion=75"


def envelope_of(invoice_id: str) -> dict[str, Any]:
    """What the vendor answers."""
    return {"Invoice": invoice_of(invoice_id), "time": "2026-11-20T10:15:00.000-08:00"}


def invoice_of(invoice_id: str) -> dict[str, Any]:
    """An invoice of four lines."""
    lines: list[dict[str, Any]] = [_line(number) for number in range(1, 5)]
    total = round(sum(line["Amount"] for line in lines), 2)
    lines.append({"Amount": total, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    address = {"Id": "95", "Line1": "12 Elm Street", "City": "Springfield", "PostalCode": "62701"}
    return {
        "Id": invoice_id,
        "SyncToken": "3",
        "DocNumber": "1045",
        "TxnDate": "2026-10-02",
        "DueDate": "2026-11-01",
        "domain": "QBO",
        "sparse": False,
        "MetaData": {
            "CreateTime": "2026-10-02T09:00:00-07:00",
            "LastUpdatedTime": "2026-10-09T14:31:07-07:00",
        },
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "CustomerRef": {"value": "24", "name": "Elm Street Bakery"},
        "BillEmail": {"Address": "office@elm-street.example"},
        "BillAddr": address,
        "ShipAddr": address,
        "EmailStatus": "NotSet",
        "PrintStatus": "NeedToPrint",
        "Line": lines,
        "TxnTaxDetail": {"TotalTax": 0},
        "TotalAmt": total,
        "Balance": total,
    }


def _line(number: int) -> dict[str, Any]:
    return {
        "Id": str(number),
        "LineNum": number,
        "Description": f"Delivery of bread in week {number} of the month, as agreed",
        "Amount": 62.5 * number,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {
            "ItemRef": {"value": str(10 + number), "name": "Bread:Delivery"},
            "UnitPrice": 62.5,
            "Qty": number,
            "TaxCodeRef": {"value": "NON"},
        },
    }

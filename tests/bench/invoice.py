"""The invoice that every server in the run answers, so that all of them move the same bytes."""

from __future__ import annotations

from typing import Any

REALM = "4620816365000000001"
FAST_ID = "145"
LIST_TOOL = "list_all_quick_books_invoices"
CREATE_TOOL = "create_a_quick_books_invoice"
UPDATE_TOOL = "update_a_quick_books_invoice_by_id"
REPORT_TOOL = "get_quick_books_profit_and_loss_report"
REPORT_ROWS = 300
SLOW_ID = "300"
SLOW_SECONDS = 0.3
TOOL = "get_single_quick_books_invoice_by_id"


def path_of(invoice_id: str) -> str:
    """Where the vendor has an invoice."""
    return f"/v3/company/{REALM}/invoice/{invoice_id}?minorversion=75"


def envelope_of(invoice_id: str) -> dict[str, Any]:
    """What the vendor answers."""
    return {"Invoice": invoice_of(invoice_id), "time": "2026-11-20T10:15:00.000-08:00"}


def list_path(count: int) -> str:
    """Where the vendor answers some invoices at once."""
    statement = f"select%20*%20from%20Invoice%20startposition%201%20maxresults%20{count}"
    return f"/v3/company/{REALM}/query?query={statement}&minorversion=75"


def list_of(count: int) -> dict[str, Any]:
    """What the vendor answers to a query for invoices."""
    found = [invoice_of(str(number)) for number in range(1, count + 1)]
    return {
        "QueryResponse": {"Invoice": found, "startPosition": 1, "maxResults": count},
        "time": "2026-11-20T10:15:00.000-08:00",
    }


def report_path() -> str:
    """Where the vendor has its report."""
    return f"/v3/company/{REALM}/reports/ProfitAndLoss?minorversion=75"


def report_of(rows: int) -> dict[str, Any]:
    """A profit and loss report of one section, with a column for each of twelve months."""
    months = [f"{month:02} 2026" for month in range(1, 13)]
    columns = [{"ColTitle": "", "ColType": "Account"}]
    columns += [{"ColTitle": month, "ColType": "Money"} for month in months]
    lines = [
        {
            "type": "Data",
            "ColData": [
                {"value": f"Account {number}", "id": str(number)},
                *({"value": f"{number * 10 + at}.50"} for at in range(12)),
            ],
        }
        for number in range(rows)
    ]
    section = {
        "type": "Section",
        "group": "Income",
        "Header": {"ColData": [{"value": "Income"}, *({"value": ""} for _ in months)]},
        "Rows": {"Row": lines},
        "Summary": {"ColData": [{"value": "Total Income"}, *({"value": "1.00"} for _ in months)]},
    }
    header = {"ReportName": "ProfitAndLoss", "ReportBasis": "Accrual", "Currency": "USD"}
    dates = {"StartPeriod": "2026-01-01", "EndPeriod": "2026-12-31"}
    return {"Header": {**header, **dates}, "Columns": {"Column": columns}, "Rows": {"Row": [section]}}


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

"""Answers of analyses as their tools give them, small, for tests of the pages that show them."""

from __future__ import annotations

from typing import Any

FINDING = "dup-1f0c5a7e9b21"
READING = "rd_" + "5" * 32


def make_answer(figures: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An answer that is complete, with one record behind it and one total that ties."""
    tie = {"figure": "bank balances", "report": "get_single_quick_books_balance_sheet_report_by_id", "ties": True,
           "amount": 12000.0}  # fmt: skip
    return {
        "as_of": "2026-11-20T12:00:00Z", "calls_used": 26, "continue_from": READING, "complete": True, "missing": [],
        "figures": figures, "ties": [tie], "assumptions": ["Amounts are as of today."], "evidence": ["invoices:12"],
        **more,
    }  # fmt: skip


def _make_week(place: int, median: float) -> dict[str, Any]:
    day = 20 + 7 * place
    month, day = (11, day) if day <= 30 else (12, day - 30)
    return {"week_start": f"2026-{month}-{max(day - 6, 1):02}", "week_end": f"2026-{month}-{day:02}", "in": 900.0,
            "out": -500.0, "expected_in": 300.0, "expected_out": -100.0, "median": median, "low": median - 2500,
            "high": median + 2600}  # fmt: skip


FORECAST = {
    "currency": "USD",
    "opening": {"total": 12000.0, "accounts": [{"account": "accounts:35", "name": "Checking", "balance": 12000.0}],
                "shown": 1, "count": 1, "undeposited_funds": 0},
    "weeks": [_make_week(place, median) for place, median in enumerate((9000.0, 4000.0, -800.0, 5000.0), 1)],
    "lowest": {"amount": -1250.5, "date": "2026-12-09", "low": -4000.0},
    "below_zero": {"median": "2026-12-08", "low": "2026-12-02"},
    "movers": [{"part": "open_invoices", "number": "1037", "party": "Amy's Bird Sanctuary", "amount": 3000.0,
                "expected": 2700.0, "chance_percent": 90, "expected_on": "2026-12-11", "times": 1,
                "evidence": ["invoices:12"]}],
    "movers_shown": 1, "movers_count": 4, "parts": {}, "doubtful": [], "doubtful_shown": 0, "doubtful_count": 0,
}  # fmt: skip
CHECKLIST = {
    "month": "2026-10", "is_over": True,
    "counts": {"open": 1, "attention": 1, "not_known": 1, "done": 1, "not_used": 0},
    "items": [
        {"name": "undeposited_funds", "title": "Undeposited funds are deposited", "status": "open", "amount": 450.0,
         "says": "2 payments of 450.00 USD wait to be deposited.", "count": 12, "evidence": ["payments:7"],
         "records": [{"id": "payments:7", "number": "", "party": "Cool Cars", "day": "2026-10-12", "amount": 450.0}],
         "fix": {"tool": "create_a_quick_books_deposit", "arguments": {"Line": [{"Amount": 450.0}]},
                 "says": "Record the deposit."}},
        {"name": "suspense", "title": "Suspense is empty", "status": "attention", "amount": -20.0, "count": 0,
         "says": "The account Suspense has a balance.", "evidence": [], "records": [], "fix": None},
        {"name": "stock", "title": "No stock is below zero", "status": "not_known", "amount": None, "count": 0,
         "says": "This cannot be said: the list of items could not be read.", "evidence": [], "records": [],
         "fix": None},
        {"name": "closing_date", "title": "The closing date is set", "status": "done", "amount": None, "count": 0,
         "says": "The books are closed until 31 October 2026.", "evidence": [], "records": [], "fix": None},
    ],
}  # fmt: skip
ANOMALIES = {
    "start_date": "2026-08-22", "end_date": "2026-11-20", "sensitivity": "medium", "looked_at": 310, "count": 5,
    "shown": 2, "dismissed": 0, "by_kind": {"duplicate": 4, "weekend": 1}, "dismiss_with": "dismiss_anomaly",
    "findings": [
        {"id": FINDING, "kind": "duplicate", "score": 93, "suggestion": "Void one of them.",
         "reason": "Two bills of 1,200.00 USD from Norton Lumber are two days apart.",
         "records": [{"id": f"bills:{id_}", "number": f"N-{id_}", "party": "Norton Lumber", "day": "2026-10-03",
                      "amount": 1200.0} for id_ in (31, 32)]},
        {"id": "day-aaaa0000bbbb", "kind": "weekend", "score": 55, "reason": "This entry is dated on a Sunday.",
         "records": [{"id": "journal_entries:9", "number": "", "party": "", "day": "2026-10-04", "amount": 80.0,
                      "currency": "EUR"}]},
    ],
}  # fmt: skip
COLLECTIONS = {
    "currency": "USD", "shown": 1, "count": 3, "by_tone": {"firm": {"count": 1, "amount_to_ask": 640.0}},
    "totals": {"overdue": 640.0, "not_yet_due": 1200.0, "credits": 0, "unapplied_payments": 0, "receivables": 1840.0},
    "customers": [
        {"customer": "customers:24", "name": "Red Rock Diner", "tone": "firm", "action": "send a reminder",
         "reason": "Paid 20 days after such delays so far.", "amount_to_ask": 640.0, "overdue": 640.0, "credits": 0,
         "unapplied_payments": 0, "not_yet_due": 0, "worth": 500.0, "most_days_overdue": 41, "usual_days_late": 12,
         "contact": {"email": "red@rock.example", "phone": "not known"},
         "last_contact": {"last_payment": {"payment": "payments:3", "day": "2026-09-01", "amount": 90.0},
                          "last_invoice_sent": "2026-10-01"},
         "invoices": [{"invoice": "invoices:12", "number": "1024", "day": "2026-09-10", "due": "2026-10-10",
                       "days_overdue": 41, "open": 640.0, "remind": True, "expected": "2026-12-01"}],
         "invoices_shown": 1, "invoices_count": 1,
         "draft": "Subject: Payment overdue: invoice 1024\n\nRed Rock Diner,\n\nPlease pay.\n\nKind regards"},
    ],
    "does_not_tie": {"count": 0, "customers": []},
}  # fmt: skip
SPEND = {
    "period": {"start": "2026-10-01", "end": "2026-10-31"},
    "period_before": {"start": "2026-09-01", "end": "2026-09-30"},
    "currency": "USD", "total": 3000.0, "total_before": 2500.0, "change": 500.0, "shown": 2, "count": 2,
    "vendors": [
        {"vendor": f"vendors:{id_}", "name": name, "spent": spent, "share_percent": share, "before": 1250.0,
         "change": spent - 1250, "status": "continuing", "accounts": [{"account": "accounts:7", "name": "Rent",
         "spent": spent, "before": 1250.0}], "accounts_count": 1, "not_an_expense": [], "transactions": 3}
        for id_, name, spent, share in ((30, "Books by Bessie", 2000.0, 66.7), (31, "Lee Advertising", 1000.0, 33.3))
    ],
    "concentration": {"largest_five_percent": 100.0, "largest": ["Books by Bessie"], "vendors": 2},
    "new_vendors": {"count": 0, "spent": 0, "vendors": []},
    "lost_vendors": {"count": 0, "spent_before": 0, "vendors": []},
    "without_a_vendor": {"spent": 10.0, "accounts": [], "count": 0}, "does_not_tie": {"count": 0, "vendors": []},
}  # fmt: skip
UNITS = {
    "by": "item", "period": {"start": "2026-10-01", "end": "2026-10-31"}, "currency": "USD", "shown": 1, "count": 1,
    "period_before": {"start": "2026-09-01", "end": "2026-09-30"},
    "rows": [{"item": "items:5", "name": "Rock Fountain", "sales": 550.0, "discounts": 0, "revenue": 550.0,
              "quantity": 2, "average_price": 275.0, "share_percent": 100.0, "cost_of_goods": 250.0,
              "cost_source": "books", "gross_margin": 300.0, "gross_margin_percent": 54.5,
              "before": {"sales": 275.0, "discounts": 0, "revenue": 275.0, "quantity": 1, "average_price": 275.0,
                         "gross_margin": 150.0},
              "change": 275.0, "volume_effect": 275.0, "price_effect": 0}],
    "without_an_item": {"revenue": 20.0, "before": 0, "cost_of_goods": 0, "expenses": 0, "from": {"deposits": 20.0},
                        "records": ["deposits:4"], "records_count": 1},
    "totals": {"assigned": 550.0, "not_assigned": 20.0, "income": 570.0, "income_before": 275.0,
               "gross_margin_where_cost_is_known": 300.0, "cost_is_known_for_percent": 100.0},
    "does_not_tie": {"count": 0, "names": []},
}  # fmt: skip
CHANGE = {
    "month": "2026-10", "compared_with": "2026-09", "currency": "USD",
    "says": "Profit of October 2026 was 1,400.00, 600.00 less than in September 2026 (2,000.00).",
    "profit": {"before": 2000.0, "after": 1400.0, "change": -600.0},
    "bridge": [
        {"label": "Landscaping Services", "amount": 400.0, "running": 2400.0, "records": ["invoices:12", "invoices:13"],
         "record_count": 9},
        {"label": "Rent or Lease of the Building", "amount": -1000.0, "running": 1400.0, "records": ["bills:31"],
         "record_count": 1},
    ],
    "by_cause": [{"label": "Quantities of items sold", "amount": -600.0}],
    "by_account": [{"account": "Rent or Lease of the Building", "id": "7", "section": "expenses", "before": 0.0,
                    "after": 1000.0, "effect": -1000.0, "explained": -1000.0, "records": ["bills:31"],
                    "record_count": 1, "says": "Expenses in Rent rose from 0.00 to 1,000.00."}],
    "by_customer": [], "by_item": [],
    "lists": {"bridge": {"shown": 2, "count": 2}},
}  # fmt: skip
VALUATION = {
    "says": "This is an estimate.", "is_estimate": True, "currency": "USD",
    "period": {"start": "2025-11-01", "end": "2026-10-31"},
    "period_before": {"start": "2024-11-01", "end": "2025-10-31"},
    "value": {"low": 400000.0, "mid": 450000.0, "high": 500000.0}, "adjusted_ebitda": 100000.0,
    "adjusted_ebitda_percent": 20.0,
    "multiples": {"low": 4, "mid": 4.5, "high": 5, "of": "adjusted EBITDA", "source": "a broker", "date": "May 2026"},
    "sensitivity": [{"change_percent": 0, "adjusted_ebitda": 100000.0, "low": 400000.0, "mid": 450000.0,
                     "high": 500000.0}],
    "earnings": {"income": 500000.0, "ebitda": 90000.0, "ebitda_percent": 18.0},
    "earnings_before": {"income": 450000.0, "ebitda": 80000.0, "ebitda_percent": 17.8},
    "add_backs": [{"id": "one_off.bills:31", "kind": "one_off", "label": "Lawsuit", "amount": 10000.0,
                   "is_confirmed": True, "why": "It does not come again.", "records": ["bills:31"],
                   "records_count": 1}],
    "add_backs_count": 1, "custom_add_backs": [], "added_back": 10000.0, "not_confirmed": 0.0,
    "growth": {}, "recurring": {"revenue": 300000.0, "share_percent": 60.0, "monthly_at_end": 25000.0},
    "concentration": {"customers": 1, "largest_percent": 12.5, "largest": [
        {"customer": "customers:24", "name": "Red Rock Diner", "revenue": 62500.0, "share_percent": 12.5}]},
    "churn": {"source": "recurring invoices", "customers_percent": 5.0, "lost": []},
    "drivers": [{"name": "recurring_percent", "value": 60.0, "looked_for": "at least 85", "is_met": False,
                 "source": "a broker"}],
    "levers": [{"name": "recurring_prices", "says": "Raise recurring prices by 5 %.", "effect_on_ebitda": 15000.0,
                "effect_on_value": 67500.0}],
}  # fmt: skip
MARGIN = {
    "period": {"start": "2026-10-01", "end": "2026-10-31"}, "currency": "USD", "shown": 1, "count": 1,
    "margin": {"income": 1000.0, "cost_of_sales": 400.0, "booked": 600.0, "booked_percent": 60.0, "effect": -100.0,
               "corrected": 500.0, "corrected_percent": 50.0},
    "checks": [{"check": "labour_in_overhead", "title": "Labour for clients booked as overhead", "status": "found",
                "count": 1, "amount": 100.0, "effect_on_margin": -100.0}],
    "findings": [{"check": "labour_in_overhead", "title": "Labour for clients booked as overhead", "month": "2026-10",
                  "says": "100.00 of Wages stand in overhead.", "amount": 100.0, "effect_on_margin": -100.0,
                  "records": ["journal_entries:9"], "records_count": 1, "advice": "",
                  "correction": {"tool": "create_a_quick_books_journal_entry", "arguments": {"TxnDate": "2026-10-31"},
                                 "says": "Book it."}}],
    "not_checked": [{"check": "unbilled_time", "title": "Billable time that was not invoiced"}],
}  # fmt: skip
CLIENTS = {
    "period": {"start": "2026-10-01", "end": "2026-10-31"}, "of": "clients", "count": 1, "shown": 1,
    "gross_margin_of_all_clients": 60.0,
    "company": {"income": 100.0, "cost_of_sales": 40.0, "gross_profit": 60.0, "overheads": 0.0, "net_income": 60.0},
    "months": [{"month": "2026-10", "income": 100.0, "cost_of_sales": 40.0, "gross_profit": 60.0, "overheads": 0.0,
                "net_income": 60.0}],
    "clients": [{"client": "customers:3", "name": "Cool Cars", "rank": 1, "revenue": 100.0, "product_cost": 0.0,
                 "labour": 40.0, "hours": 1.0, "gross_margin": 60.0, "gross_margin_percent": 60.0,
                 "effective_hourly_rate": 100.0, "change": 0.0, "trend": "steady",
                 "causes": [{"cause": "mix", "effect": 1.0, "says": "It buys other things.", "records": []}],
                 "agreements": []}],
    "not_of_clients": [{"line": "no_customer_named", "revenue": 0.0, "product_cost": 0.0, "labour": 0.0,
                        "gross_margin": 0.0}],
}  # fmt: skip
ANSWERS: dict[str, dict[str, Any]] = {
    "cash_flow_forecast": FORECAST, "month_end_checklist": CHECKLIST, "find_anomalies": ANOMALIES,
    "collections": COLLECTIONS, "spend_by_vendor": SPEND, "unit_economics": UNITS, "explain_change": CHANGE,
    "valuation": VALUATION, "margin_check": MARGIN,
    "client_profitability": CLIENTS,
}  # fmt: skip
"""The figures of each analysis."""

"""Answers of analyses, written by hand: small, whole and hostile; and how they are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runtime.operations.formats import Formats
from runtime.operations.insight_views import InsightView, make_view, parse_answer
from tests.company import NOON

HOSTILE = "=cmd|' /C calc'!A0\n<script>alert(1)</script>"
CLEAN = "=cmd|' /C calc'!A0 <script>alert(1)</script>"
"""The same, as it is shown: in one line, and nothing but a text."""
FORMATS = Formats(now=NOON)
TITLES = {
    "month_end_checklist": "Check the month for closing",
    "get_aging": "Aged receivables",
    "fix_it": "Make a deposit",
}
_PERIODS = {
    "period": {"start": "2026-10-01", "end": "2026-10-31"},
    "period_before": {"start": "2026-09-01", "end": "2026-09-30"},
}
_DIFFERS = {"ties": False, "says": "does not tie", "ours": 10.5, "report_shows": 12.75, "difference": -2.25}

FIGURES: Mapping[str, Mapping[str, Any]] = {
    "cash_flow_forecast": {
        "currency": "USD",
        "opening": {
            "total": 1000.5, "shown": 1, "count": 3, "undeposited_funds": 20,
            "accounts": [{"account": "accounts:1", "name": HOSTILE, "balance": 1000.5}],
        },
        "weeks": [
            {"week_start": "2026-11-07", "week_end": "2026-11-13", "in": 100, "out": -250.25, "expected_in": 5,
             "expected_out": 0, "median": -5.75, "low": -80, "high": 60},
            {"week_start": "2026-11-14", "week_end": "2026-11-20", "in": 0, "out": 0, "expected_in": 0,
             "expected_out": 0, "median": 40.25, "low": -20, "high": 90},
        ],
        "lowest": {"amount": -5.75, "date": "2026-11-13", "low": -80},
        "below_zero": {"median": "2026-11-12", "low": "2026-11-10"},
        "movers": [{"part": "open_invoices", "number": "7", "party": HOSTILE, "due": "2026-11-06", "amount": 90.5,
                    "expected": 45.25, "chance_percent": 50, "expected_on": "2026-11-11", "times": 1,
                    "evidence": ["invoices:7"]}],
        "movers_count": 4,
        "parts": {"open_invoices": {"is_known": True, "in": 90, "out": 0, "records": 1, "open": 200},
                  "not_yet_invoiced": {"is_known": False, "in": 5, "out": 0}},
        "doubtful": [{"customer": "customers:3", "name": HOSTILE, "open": 50, "expected_within_half_year": 1.5,
                      "invoices_paid": 0, "invoices_in_all": 2, "why": "No invoice was ever paid.",
                      "invoices": ["invoices:9"]}],
        "doubtful_count": 1,
        "what_if": {"delay_customer": {"customer": "customers:3", "name": HOSTILE, "days": 30},
                    "add_expense": {"problem": "It is not paid within the weeks of the forecast."},
                    "weeks": [{"week_end": "2026-11-13", "median": -15, "low": -90, "high": 50, "change": -9.25}],
                    "lowest": {"amount": -15, "date": "2026-11-13", "low": -90}},
    },
    "month_end_checklist": {
        "month": "2026-10", "is_over": True, "counts": {"open": 1, "attention": 1, "not_known": 1, "done": 1},
        "items": [
            {"name": "memo", "title": "Memos", "status": "done", "says": "All have one.", "count": 0},
            {"name": "funds", "title": "Undeposited funds", "status": "open", "says": f"{HOSTILE} waits.",
             "amount": 1234.5, "count": 12, "evidence": ["payments:1", "payments:2"],
             "records": [{"id": "payments:1", "number": "1", "party": HOSTILE, "day": "2026-10-03", "amount": -10.25}],
             "fix": {"tool": "fix_it", "arguments": {"amount": 10.25}, "says": "Deposit them."}},
            {"name": "tax", "title": "Sales tax", "status": "attention", "says": "It is due."},
            {"name": "bank", "title": "Bank", "status": "not_known", "says": "Not read."},
        ],
    },
    "find_anomalies": {
        "start_date": "2026-10-05", "end_date": "2026-10-09", "sensitivity": "medium", "looked_at": 1200, "count": 3,
        "shown": 2, "dismissed": 1, "by_kind": {"duplicate": 2, "below_limit": 1},
        "findings": [
            {"id": "dup-1", "kind": "duplicate", "score": 90, "reason": f"{HOSTILE} twice.", "suggestion": "Void one.",
             "records": [{"id": "bills:1", "number": "A", "party": HOSTILE, "day": "2026-10-05", "amount": 12.5},
                         {"id": "bills:2", "number": "A", "party": HOSTILE, "day": "2026-10-06", "amount": 12.5}]},
            {"id": "limit-1", "kind": "below_limit", "score": 55, "reason": "Just below.", "dismissed": True,
             "records": [{"id": "bills:3", "currency": "EUR", "amount": 999}]},
        ],
    },
    "collections": {
        "customers": [{
            "customer": "customers:3", "name": HOSTILE, "tone": "final", "action": "Call.", "reason": "Late.",
            "amount_to_ask": 100.5, "overdue": 120, "most_days_overdue": 40, "usual_days_late": "not known",
            "contact": {"email": "a@b.example", "phone": "not known"},
            "last_contact": {"last_payment": {"day": "2026-01-02", "amount": 3.5}, "last_invoice_sent": "2026-03-01"},
            "invoices": [{"invoice": "invoices:1", "number": HOSTILE, "day": "2026-01-01", "due": None,
                          "days_overdue": 40, "open": 60, "remind": True, "expected": "not known"}],
            "invoices_count": 9, "draft": f"Subject: {HOSTILE}\n\nTo whom it may concern,\n\nPlease pay.", **_DIFFERS,
        }],
        "count": 30, "by_tone": {"final": {"count": 1, "amount_to_ask": 100.5}},
        "totals": {"overdue": 120.5, "receivables": 300},
        "does_not_tie": {"count": 1, "customers": [{"customer": "customers:3", "name": HOSTILE, **_DIFFERS}]},
    },
    "spend_by_vendor": {
        **_PERIODS, "total": 500, "total_before": 400, "change": 100, "count": 8,
        "vendors": [{"vendor": "vendors:4", "name": HOSTILE, "spent": 300, "share_percent": 60, "before": 0,
                     "change": 300, "status": "new", "transactions": 3,
                     "accounts": [{"account": "accounts:9", "name": HOSTILE, "spent": 300, "before": 0}]}],
        "concentration": {"largest_five_percent": 95.5},
        "new_vendors": {"count": 1, "vendors": [{"vendor": "vendors:4", "name": HOSTILE}]},
        "lost_vendors": {"count": 0, "vendors": []},
        "without_a_vendor": {"spent": 7, "count": 1,
                             "accounts": [{"account": "accounts:8", "name": "Rent", "spent": 7}]},
        "does_not_tie": {"count": 1, "vendors": [{"vendor": "vendors:4", "name": HOSTILE, **_DIFFERS}]},
    },
    "unit_economics": {
        **_PERIODS, "by": "class", "count": 1,
        "rows": [{"class": "classes:2", "name": HOSTILE, "revenue": 80, "share_percent": 40, "quantity": 2.5,
                  "average_price": 32, "cost_of_goods": None, "gross_margin": 10, "gross_margin_percent": 12.5,
                  "expenses": 4, "contribution": 6, "before": {"revenue": 70}, "change": 10}],
        "totals": {"income": 200, "assigned": 80, "gross_margin_where_cost_is_known": 10,
                   "cost_is_known_for_percent": 100},
        "without_a_class": {"revenue": 120, "from": {"invoices": 120}},
        "does_not_tie": {"count": 1, "names": [HOSTILE]},
    },
    "explain_change": {
        "month": "2026-10", "compared_with": "2026-09", "says": f"Profit fell: {HOSTILE}.",
        "profit": {"before": 100, "after": 40.5, "change": -59.5},
        "bridge": [{"label": HOSTILE, "amount": -59.5, "running": 40.5, "records": ["bills:1"]}],
        "by_cause": [{"label": "Prices of items sold", "amount": -59.5}],
        "by_account": [{"account": HOSTILE, "id": "accounts:4", "before": 0, "after": 59.5, "effect": -59.5,
                        "says": "It rose.", "records": ["bills:1"]}],
        "by_customer": [], "by_item": [],
        "lists": {"by_account": {"shown": 1, "count": 4, "not_shown": -2.5}},
    },
    "valuation": {
        "says": HOSTILE, "period": {"start": "2025-11-01", "end": "2026-10-31"},
        "value": {"low": 400, "mid": 450.5, "high": 500}, "adjusted_ebitda": 100, "added_back": 10, "not_confirmed": 5,
        "multiples": {"low": 4, "source": HOSTILE, "date": "May 2026"},
        "sensitivity": [{"change_percent": -10, "adjusted_ebitda": 90, "low": 360, "mid": 405.45, "high": 450}],
        "earnings": {"income": 500, "ebitda": 90, "ebitda_percent": 18}, "earnings_before": {"income": 450},
        "add_backs": [{"id": "one_off.bills:1", "kind": "one_off", "label": HOSTILE, "amount": 10,
                       "is_confirmed": False, "why": "Once.", "records": ["bills:1"], "records_count": 1}],
        "add_backs_count": 3, "custom_add_backs": [{"label": HOSTILE, "amount": -5}],
        "recurring": {"share_percent": 60}, "churn": {"customers_percent": 5},
        "concentration": {"largest_percent": 12.5, "largest": [
            {"customer": "customers:3", "name": HOSTILE, "revenue": 62.5, "share_percent": 12.5}]},
        "drivers": [{"name": "recurring_percent", "value": 60, "looked_for": "at least 85", "is_met": False,
                     "source": HOSTILE}],
        "levers": [{"name": "prices", "says": HOSTILE, "effect_on_ebitda": 15, "effect_on_value": 67.5}],
    },
    "margin_check": {
        "period": {"start": "2026-10-01", "end": "2026-10-31"}, "count": 4,
        "margin": {"booked": 600, "booked_percent": 60, "effect": -100.5, "corrected": 499.5, "corrected_percent": 50},
        "checks": [{"check": "labour", "title": "Labour", "status": "found", "count": 1, "amount": 100.5,
                    "effect_on_margin": -100.5},
                   {"check": "time", "title": "Time", "status": "not made", "count": 0}],
        "findings": [{"check": "labour", "title": "Labour", "month": "2026-10", "says": HOSTILE, "amount": 100.5,
                      "effect_on_margin": -100.5, "records": ["journal_entries:9"], "advice": HOSTILE,
                      "correction": {"tool": "fix_it", "arguments": {"amount": 100.5}, "says": "Book it."}}],
        "not_checked": [{"check": "time", "title": HOSTILE}],
    },
    "client_profitability": {
        **_PERIODS, "of": "clients", "count": 2, "gross_margin_of_all_clients": -30.5,
        "company": {"income": 200, "cost_of_sales": 150, "gross_profit": 50, "overheads": 20, "net_income": 30},
        "months": [{"month": "2026-10", "income": 200, "cost_of_sales": 150, "gross_profit": 50, "overheads": 20,
                    "net_income": 30}],
        "clients": [{"client": "customers:3", "name": HOSTILE, "rank": 2, "revenue": 80, "product_cost": 10.5,
                     "labour": 100, "hours": 2.5, "gross_margin": -30.5, "gross_margin_percent": -38.1,
                     "effective_hourly_rate": 27.8, "change": -5, "trend": "worse", "overheads": 20,
                     "after_overheads": -50.5,
                     "causes": [{"cause": "agreement_over_use", "effect": -60, "says": f"Too many hours: {HOSTILE}.",
                                 "records": ["work/agreements:1"]}],
                     "agreements": [{"agreement": "work/agreements:1", "name": HOSTILE, "hours": 2.5,
                                     "covered_hours": 1, "hours_over": 1.5, "use": "over"}]}],
        "not_of_clients": [{"line": "work_without_customer", "revenue": 0, "product_cost": 0, "labour": 7,
                            "gross_margin": -7}],
    },
}  # fmt: skip
TIES = [
    {"figure": "payables", "report": "get_other", "ties": True, "amount": 5},
    {"figure": "receivables", "report": "get_aging", **_DIFFERS},
    {"figure": "cash", "report": "get_sheet", "ties": "not checked", "ours": 1},
]
MISSING = [
    {"what": HOSTILE, "why": "The limit is reached", "records": 1200},
    {"what": "report balance sheet", "why": "Refused."},
]


def make_answer(figures: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A whole answer with some figures."""
    usual = {"as_of": "2026-11-20T18:40:00.000Z", "calls_used": 9, "complete": True, "missing": []}
    return {**usual, "figures": figures, "ties": [], "assumptions": [], "evidence": [], **more}


def show(name: str, answer: Mapping[str, Any] | None = None, **more: Any) -> InsightView:
    """An answer as it is shown; that of an analysis by its name where none is given."""
    given = make_answer(FIGURES[name]) if answer is None else answer
    return make_view(name, parse_answer(json.dumps({**given, **more})), FORMATS, TITLES)

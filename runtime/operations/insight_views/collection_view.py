"""Collections as people see them: whom to remind, how and of what, and the drafts of the letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    find_member,
    make_table,
    read_amount,
    read_count,
    read_map,
    read_maps,
    read_text,
    write_count,
    write_title,
)
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, Notice, RowKind

_CUSTOMERS = (
    Part("customer", "text", "name"),
    Part("tone", "text", "tone_title"),
    Part("ask for", "amount", "amount_to_ask"),
    Part("overdue", "amount", "overdue"),
    Part("days overdue", "number", "most_days_overdue"),
    Part("usually late", "number", "usual_days_late"),
    Part("what to do", "text", "action"),
    Part("why", "text", "reason"),
    Part("email", "text", "contact.email"),
    Part("phone", "text", "contact.phone"),
    Part("last payment", "text", "last_payment_text"),
    Part("last invoice sent", "day", "last_contact.last_invoice_sent"),
)
_INVOICES = (
    Part("customer", "text", "name"),
    Part("invoice", "text", "number"),
    Part("day", "day", "day"),
    Part("due", "day", "due"),
    Part("days overdue", "number", "days_overdue"),
    Part("open", "amount", "open"),
    Part("remind", "text", "remind_title"),
    Part("expected", "day", "expected"),
)
_LETTERS = (Part("customer", "text", "name"), Part("Draft of a letter", "text", "draft", has_lines=True))
_TONES = (
    Part("tone", "text", "title"),
    Part("customers", "number", "count"),
    Part("ask for", "amount", "amount_to_ask"),
)
_DIFFERENCES = (
    Part("customer", "text", "name"),
    Part("balance here", "amount", "ours"),
    Part("in the report", "amount", "report_shows"),
    Part("difference", "amount", "difference"),
)
_KINDS: Mapping[str, RowKind] = {"final": "attention", "firm": "open", "friendly": "open"}
"""How a customer is drawn by the tone of its reminder; with another tone there is nothing to do yet."""


def describe_collections(figures: Values, style: Style) -> Summary:
    """Return collections as they are shown."""
    formats = style.formats
    customers = read_maps(figures, "customers")
    facts = [Fact(label, formats.write_money(amount)) for label, amount in _list_totals(figures)]
    return Summary(
        _say(figures, customers, formats),
        facts=tuple(facts),
        tables=tuple(_list_tables(figures, customers, formats)),
        notices=tuple(_list_notices(figures)),
    )


def _list_totals(figures: Values) -> Iterator[tuple[str, object]]:
    totals = read_map(figures, "totals")
    for name in totals:
        if (amount := read_amount(totals, name)) is not None:
            yield write_title(name), amount


def _say(figures: Values, customers: list[Values], formats: Formats) -> str:
    count = max(len(customers), read_count(figures, "count"))
    if not count:
        return "No customer has overdue invoices."
    overdue = read_amount(figures, "totals.overdue")
    owed = f" {formats.write_money(overdue)} are overdue in all." if overdue is not None else ""
    if not customers:
        return f"{write_count(count, 'customer has', 'customers have')} overdue invoices.{owed}"
    first, asked = read_text(customers[0], "name"), read_amount(customers[0], "amount_to_ask")
    ask = f" of {formats.write_money(asked)}" if asked else ""
    return f"{write_count(count, 'customer has', 'customers have')} overdue invoices; remind {first}{ask} first.{owed}"


def _list_tables(figures: Values, customers: list[Values], formats: Formats) -> Iterator[InsightTable]:
    shown = [
        {
            **each,
            "tone_title": write_title(read_text(each, "tone")),
            "last_payment_text": _write_payment(each, formats),
        }
        for each in customers
    ]
    yield make_table(
        TableForm(
            "customers",
            "Whom to remind",
            _CUSTOMERS,
            records=("customer",),
            empty="No customer has overdue invoices.",
            find_kind=lambda each: _KINDS.get(read_text(each, "tone"), "row"),
        ),
        shown,
        count_shown(figures, "customers", len(customers), read_count(figures, "count")),
    )
    yield _list_invoices(customers)
    tones = read_map(figures, "by_tone")
    entries = [{**read_map(tones, name), "title": write_title(name)} for name in tones]
    yield make_table(TableForm("by_tone", "By tone", _TONES), entries)
    letters = [each for each in customers if read_text(each, "draft")]
    empty = "No letter is drafted."
    yield make_table(
        TableForm("letters", "Drafts of letters", _LETTERS, records=("customer",), empty=empty), letters
    )
    differing = read_map(figures, "does_not_tie")
    if listed := read_maps(differing, "customers"):
        note = count_shown(differing, "customers", len(listed), read_count(differing, "count"))
        title = "Customers for whom the report shows another balance"
        yield make_table(TableForm("differences", title, _DIFFERENCES, records=("customer",)), listed, note)


def _list_invoices(customers: list[Values]) -> InsightTable:
    entries = [
        {
            **invoice,
            "name": read_text(each, "name"),
            "remind_title": "Yes" if find_member(invoice, "remind") is True else "No",
        }
        for each in customers
        for invoice in read_maps(each, "invoices")
    ]
    count = sum(
        max(read_count(each, "invoices_count"), len(read_maps(each, "invoices"))) for each in customers
    )
    note = count_shown({}, "invoices", len(entries), count)
    empty = "No invoice is overdue."
    return make_table(
        TableForm("invoices", "Overdue invoices", _INVOICES, records=("invoice",), empty=empty), entries, note
    )


def _write_payment(customer: Values, formats: Formats) -> str:
    """Return the last payment as a text: its day and amount, or what the answer says in their place."""
    paid = find_member(customer, "last_contact.last_payment")
    if not isinstance(paid, Mapping):
        return read_text(customer, "last_contact.last_payment")
    return f"{formats.write_full_day(read_text(paid, 'day'))}, {formats.write_money(read_amount(paid, 'amount'))}"


def _list_notices(figures: Values) -> Iterator[Notice]:
    differing = read_map(figures, "does_not_tie")
    if count := read_count(differing, "count"):
        names = ", ".join(read_text(each, "name") for each in read_maps(differing, "customers")[:3])
        yield Notice(
            "warning",
            f"{write_count(count, 'customer does', 'customers do')} not tie with the report of receivables: {names}.",
            "Both balances stand in the last table.",
        )

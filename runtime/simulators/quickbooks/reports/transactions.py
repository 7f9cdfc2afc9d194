"""Whole transactions as the transaction lists show them, one row each, posting or not, and the filters on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson

from runtime.simulators.quickbooks.books.ledger import Posting
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.money import round_to_cents
from runtime.simulators.quickbooks.reports.detail_lines import Lines, Shown, get_party
from runtime.simulators.quickbooks.reports.periods import Period
from runtime.simulators.quickbooks.reports.question import Question
from runtime.simulators.quickbooks.schema import load_entities

LISTED = tuple(
    name
    for name, entity in load_entities().items()
    if entity.is_transaction and name not in ("ChangeOrder", "TaxPayment")
)


def list_transactions(question: Question, lines: Lines, period: Period) -> list[Shown]:
    """Return every transaction of a period that the filters leave, oldest first."""
    wanted = _tests(question, lines)
    return [shown for shown in _all(question, lines, period) if all(test(shown) for test in wanted)]


def _all(question: Question, lines: Lines, period: Period) -> Iterator[Shown]:
    names = ",".join("?" * len(LISTED))
    rows = question.store.execute(
        f"select entity, body from records where realm = ? and entity in ({names})"
        " and txn_date between ? and ? order by txn_date, num",
        (question.realm, *LISTED, period.start.isoformat(), period.end.isoformat()),
    ).fetchall()
    heads = _heads(question, period)
    for entity, text in rows:
        body = orjson.loads(text)
        lines.remember(entity, body)
        yield _shown(lines, entity, body, heads.get((entity, str(body["Id"]))))


def _heads(question: Question, period: Period) -> dict[tuple[str, str], tuple[str, int]]:
    """Return account and cents of each transaction's own side: its first entry; for a bill payment, the paying one."""
    rows = question.store.execute(
        "select txn_type, txn_id, account, cents, pk from postings where realm = ? and date between ? and ?"
        " and line is null order by pk",
        (question.realm, period.start.isoformat(), period.end.isoformat()),
    )
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for entity, id, account, value, _ in rows:
        if (entity, id) not in found or entity == "BillPayment":
            found[entity, id] = (account, value)
    return found


def _shown(lines: Lines, entity: str, body: Body, head: tuple[str, int] | None) -> Shown:
    account, value = head or _first_entry(lines, entity, body)
    customer, vendor, employee = get_party(body)
    posting = Posting(
        entity,
        str(body["Id"]),
        None,
        str(body.get("TxnDate") or ""),
        account,
        value,
        customer,
        vendor,
        employee,
        get_reference(body.get("ClassRef")),
        get_reference(body.get("DepartmentRef")),
        None,
        None,
        body.get("PrivateNote"),
    )
    if not account:
        return Shown(posting, round_to_cents(body.get("TotalAmt")))
    return Shown(
        posting,
        lines.get_natural_cents(posting),
        None,
        round_to_cents(body["Balance"]) if "Balance" in body else None,
    )


def _first_entry(lines: Lines, entity: str, body: Body) -> tuple[str, int]:
    row = lines.question.store.execute(
        "select account, cents from postings where realm = ? and txn_id = ? and txn_type = ? order by pk limit 1",
        (lines.question.realm, str(body["Id"]), entity),
    ).fetchone()
    return (row[0], row[1]) if row else ("", 0)


Test = Callable[[Shown], bool]


def _tests(question: Question, lines: Lines) -> list[Test]:
    """Return the filters of a request, each a test of one transaction."""
    tests = [*_party_tests(question), *_range_tests(question, lines), *_paid_tests(question)]
    tests += _value_tests(question, lines)
    types = question.read_choices("source_account_type")
    if types:
        ids = set(question.list_accounts_of_types(types))
        tests.append(lambda shown: shown.posting.account in ids)
    return tests


def _party_tests(question: Question) -> Iterator[Test]:
    names = set(question.read_ids("name"))
    if names:
        yield lambda shown: bool(
            names & {shown.posting.customer, shown.posting.vendor, shown.posting.employee}
        )
    for dimension in ("customer", "vendor", "department"):
        ids = set(question.read_ids(dimension))
        if ids:
            yield lambda shown, dimension=dimension, ids=ids: getattr(shown.posting, dimension) in ids  # type: ignore[misc]


def _range_tests(question: Question, lines: Lines) -> Iterator[Test]:
    due = question.get_range("duedate")
    if due is not None:
        yield lambda shown: _is_within(due, str(lines.read_body(shown.posting).get("DueDate") or ""))
    for subject, name in (("moddate", "LastUpdatedTime"), ("createdate", "CreateTime")):
        found = question.get_range(subject)
        if found is not None:
            yield (
                lambda shown, found=found, name=name: _is_within(  # type: ignore[misc]
                    found, str((lines.read_body(shown.posting).get("MetaData") or {}).get(name) or "")[:10]
                )
            )


def _is_within(period: Period, day: str) -> bool:
    return bool(day) and period.start.isoformat() <= day <= period.end.isoformat()


def _paid_tests(question: Question) -> Iterator[Test]:
    for name, entity in (("arpaid", "Invoice"), ("appaid", "Bill")):
        wanted = question.read_choice(name, "All")
        if wanted != "All":
            yield lambda shown, entity=entity, wanted=wanted: (  # type: ignore[misc]
                shown.posting.txn_type == entity and bool(shown.open) == (wanted == "Unpaid")
            )


def _value_tests(question: Question, lines: Lines) -> Iterator[Test]:
    kinds = question.read_choices("transaction_type")
    if kinds:
        yield lambda shown: lines.get_kind(shown.posting) in kinds
    number = question.read_text("docnum")
    if number:
        yield (
            lambda shown: str(lines.read_body(shown.posting).get("DocNumber") or "").lower() == number.lower()
        )
    memo = (question.read_text("memo") or "").lower()
    if memo:
        yield lambda shown: memo in str(shown.posting.memo or "").lower()
    value = question.read_money("bothamount")
    if value is not None:
        yield lambda shown: abs(shown.amount or 0) == abs(value)
    methods = question.read_choices("payment_method")
    if methods:
        yield lambda shown: _method(lines, shown) in methods
    terms = set(question.read_ids("term"))
    if terms:
        yield lambda shown: bool(terms & _terms(lines, shown))
    yield from _state_tests(question, lines)


def _state_tests(question: Question, lines: Lines) -> Iterator[Test]:
    cleared = question.read_choices("cleared")
    if cleared:
        yield lambda shown: ("Deposited" if _is_deposited(lines, shown) else "Uncleared") in cleared
    printed = question.read_choices("printed")
    if printed:
        yield lambda shown: _print_state(lines, shown) in printed


def _print_state(lines: Lines, shown: Shown) -> str:
    body = lines.read_body(shown.posting)
    state = body.get("PrintStatus") or (body.get("CheckPayment") or {}).get("PrintStatus")
    return {"NeedToPrint": "To_be_printed", "PrintComplete": "Printed"}.get(str(state), "")


def _is_deposited(lines: Lines, shown: Shown) -> bool:
    row = lines.question.store.execute(
        "select 1 from links where realm = ? and to_type = ? and to_id = ? and from_type = 'Deposit'",
        (lines.question.realm, shown.posting.txn_type, shown.posting.txn_id),
    ).fetchone()
    return row is not None


def _method(lines: Lines, shown: Shown) -> str:
    body = lines.read_body(shown.posting)
    record = lines.read_record("PaymentMethod", get_reference(body.get("PaymentMethodRef")))
    name = str(
        record.get("Name")
        or {"CreditCard": "Credit Card"}.get(str(body.get("PaymentType")), body.get("PaymentType"))
    )
    return "Dinners Club" if name == "Diners Club" else name


def _terms(lines: Lines, shown: Shown) -> set[str]:
    """Return Id and name of the terms of a transaction; requests may use either."""
    id = get_reference(lines.read_body(shown.posting).get("SalesTermRef"))
    return {str(id), str(lines.read_record("Term", id).get("Name"))} if id else set()

"""What an update leaves of a record: a full one replaces it, a sparse one is laid over it. Then come the rules.

Called by `writes.changes`; `rules` and `writes.finishing` come after it.
"""

from __future__ import annotations

import copy

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import make_missing_fault
from runtime.simulators.quickbooks.rules.validation import is_empty
from runtime.simulators.quickbooks.schema import Entity

SPARSE_NEEDS = {
    "Account": ("Name",),
    "Bill": ("VendorRef",),
    "Class": ("Name",),
    "Department": ("Name",),
    "Deposit": ("DepositToAccountRef", "Line"),
    "Purchase": ("PaymentType", "AccountRef"),
    "Term": ("Name",),
    "Transfer": ("FromAccountRef", "ToAccountRef", "Amount"),
    "VendorCredit": ("VendorRef", "Line"),
}
"""What a sparse update has to name whatever it changes, as two public clients found."""
FILLED_IN = frozenset(
    {
        ("PurchaseOrder", "APAccountRef"),
        ("SalesReceipt", "CustomerRef"),
        ("Payment", "TotalAmt"),
        ("BillPayment", "TotalAmt"),
        ("Budget", "Name"),
    }
)
"""Required by the documentation, yet defaulted (or refused with another sentence) by the service."""

RETAINED = frozenset(
    {
        "DepositToAccountRef", "DocNumber", "CurrencyRef", "ExchangeRate", "PrintOnCheckName", "ARAccountRef",
        "APAccountRef",
    }
)  # fmt: skip
"""What a full update that leaves it out does not clear. The first three and the name on cheques are recorded so; the
rest would move money without anybody having asked for it."""


def require(facts: Entity, body: Body, names_needed: tuple[str, ...]) -> None:
    """Raise 2020 for what is absent; an empty array of lines is left to the rules, which have a better sentence for
    it.
    """
    for name in names_needed:
        is_given = name in body and (name == "Line" or not is_empty(body[name]))
        if not is_given and (facts.name, name) not in FILLED_IN:
            raise make_missing_fault(name)


def merge(facts: Entity, old: Body, sent: Body) -> Body:
    """Return the old record with what was sent laid over it; empty values clear."""
    _require_in_sparse(facts, sent, old)
    new = copy.deepcopy(old)
    for name, value in sent.items():
        if name in ("Id", "SyncToken"):
            continue
        if is_empty(value) and name != "Line":
            new.pop(name, None)
        else:
            new[name] = value
    if "Line" in sent and "TxnTaxDetail" not in sent:
        _forget_tax(new)
    return new


def _forget_tax(body: Body) -> None:
    """Remove tax that follows from a code, which new lines work out anew; tax without a code was sent, and stays."""
    code = (body.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef")
    if code:
        body["TxnTaxDetail"] = {"TxnTaxCodeRef": code}


DUE = ("DueDays", "DayOfMonthDue")
"""The two forms of when terms are due."""


def _require_in_sparse(facts: Entity, sent: Body, old: Body) -> None:
    for name in SPARSE_NEEDS.get(facts.name, ()):
        if name not in sent or (name != "Line" and is_empty(sent[name])):
            raise make_missing_fault(name)
    if facts.name == "Term" and not any(name in sent for name in DUE):
        raise make_missing_fault("DayOfMonthDue" if old.get("DayOfMonthDue") else "DueDays")


def replace(facts: Entity, old: Body, sent: Body) -> Body:
    """Return what was sent, with what only the service sets or what is `RETAINED` from the old record."""
    new = {name: value for name, value in sent.items() if not is_empty(value)}
    if not (facts.has_active and sent.get("Active") is False):
        require(
            facts,
            sent,
            tuple(name for name in facts.required if name != "Line" or facts.name != "BillPayment"),
        )
    for name, value in old.items():
        field = facts.fields.get(name)
        if field is None or name in new:
            continue
        if field.is_read_only or (name in RETAINED and name not in sent):
            new[name] = copy.deepcopy(value)
    return new | {"Id": old["Id"], "SyncToken": old["SyncToken"], "MetaData": old["MetaData"]}

"""What money is earned with: managed services, projects, products, hours. Called by `tallies`.

The account that a line is booked to says it best, then the product; an invoice of the work system says it for what is
left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from runtime.insights.bookings import Booking, is_stocked
from runtime.insights.books import Books
from runtime.insights.work_records import InvoiceKind, WorkInvoice

Stream = Literal["managed_services", "projects", "products", "hourly", "expenses", "other"]
STREAMS: tuple[Stream, ...] = get_args(Stream)
_WORDS: tuple[tuple[Stream, tuple[str, ...]], ...] = (
    ("expenses", ("expense", "reimburs", "travel", "mileage")),
    ("projects", ("project", "installation", "implementation", "migration")),
    ("products", ("hardware", "software", "licen", "product", "equipment", "resale", "goods")),
    (
        "managed_services",
        ("managed", "agreement", "contract", "recurring", "monthly", "subscription", "retainer"),
    ),
    ("hourly", ("hour", "time", "labor", "labour", "support", "consult", "service", "break-fix", "block")),
)
"""Parts of names by which a stream is known, the most certain first: the lines of a provider's profit and loss report
as Service Leadership's chart of accounts (2017) and benchmarks since have them."""
_OF_INVOICES: Mapping[InvoiceKind, Stream] = {
    "agreement": "managed_services",
    "progress": "projects",
    "down_payment": "projects",
}
USUAL: Stream = "other"


class Streams:
    """Finds the stream of what is sold; what it learned of an account or a product is not looked for again."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._known: dict[tuple[str, str], Stream | None] = {}
        invoices = books.work.invoices.values() if books.work is not None else ()
        self._invoices: dict[str, WorkInvoice] = {each.number: each for each in invoices if each.number}

    def find(self, booking: Booking) -> Stream:
        """Return what a line of income is earned with."""
        key = (booking.account, booking.line.item)
        if key not in self._known:
            self._known[key] = self._find_by_names(*key)
        return self._known[key] or self._find_by_invoice(booking) or USUAL

    def _find_by_names(self, account: str, item: str) -> Stream | None:
        known = self._books.items.get(item)
        names = [self._books.name_account(account), known.name if known is not None else ""]
        if is_stocked(known):
            return "products"
        return next((found for name in names if (found := find_by_words(name)) is not None), None)

    def _find_by_invoice(self, booking: Booking) -> Stream | None:
        invoice = self._invoices.get(booking.transaction.number) if booking.transaction.number else None
        if invoice is None:
            return None
        if invoice.kind in _OF_INVOICES:
            return _OF_INVOICES[invoice.kind]
        if invoice.products and not invoice.services:
            return "products"
        return "hourly" if invoice.services and not invoice.products else None


def find_by_words(name: str) -> Stream | None:
    """Return the stream that a name speaks of; None where it speaks of none."""
    small = name.casefold()
    return next((stream for stream, words in _WORDS if any(word in small for word in words)), None)

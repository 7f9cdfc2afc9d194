"""Who is who in the books and in the work system. Called by `agreements` and `unbilled`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from runtime.insights.bookings import CUSTOMERS
from runtime.insights.books import Key
from runtime.insights.client_mapping import ClientMapping
from runtime.insights.margin_check.ledger import Ledger
from runtime.insights.work_records import Addition, Agreement, Work


@dataclass(frozen=True, slots=True)
class Clients:
    """The work system beside the books."""

    ledger: Ledger
    work: Work
    mapping: ClientMapping

    def find_customer(self, client: str) -> str | None:
        """Return the customer of a client, by Id, the topmost one; empty without one, None for what is no client."""
        link = self.mapping.links.get(client)
        if link is None:
            return ""
        return self.ledger.find_root(link.customer) if link.customer else None

    def name(self, client: str) -> str:
        """Return what a client is called in the books, else in the work system."""
        customer = self.find_customer(client)
        return self.name_customer(customer) if customer else self.work.name_client(client)

    def name_customer(self, customer: str) -> str:
        """Return the name of a customer."""
        return self.ledger.books.name_party(Key(CUSTOMERS, customer))

    def list_agreements(self, start: date, end: date) -> Iterator[Agreement]:
        """Yield the agreements of clients that hold on any of some days."""
        for each in self.work.agreements.values():
            is_held = each.is_valid_in(start, end) and not (each.is_cancelled and each.end is None)
            if is_held and self.find_customer(each.client) is not None:
                yield each

    def list_additions(self, agreement: Agreement, day: date) -> list[Addition]:
        """Return what an agreement bills on a day beside its own amount."""
        return [
            each
            for each in self.work.additions
            if each.agreement == agreement.key.id
            and each.amount
            and (each.start is None or each.start <= day)
            and (each.end is None or each.end >= day)
        ]

    def list_parts(self, agreement: Agreement, day: date) -> list[tuple[Decimal, tuple[str, ...]]]:
        """Return the amounts that an agreement is billed at on a day, each with the names that it may have."""
        parts: list[tuple[Decimal, tuple[str, ...]]] = []
        if agreement.amount:
            parts.append((agreement.amount, (agreement.name, agreement.kind)))
        parts += [(each.amount, (each.item, each.text)) for each in self.list_additions(agreement, day)]
        return parts

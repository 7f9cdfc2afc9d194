"""The records of which a company has one: CompanyInfo and Preferences."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body


def prepare(_books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Retain what the client cannot set; groups of preferences are completed from the former ones."""
    if entity == "Preferences" and old:
        for group, value in old.items():
            if isinstance(value, dict) and isinstance(body.get(group), dict):
                body[group] = {**value, **body[group]}

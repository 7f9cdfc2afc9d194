"""What is answered of a mapping, and the mapping as a table for files. Called by the API and by the page of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from runtime.insights.name_matching import Pair as Suggested
from runtime.model import Account
from runtime.operations.answers import format_time
from runtime.operations.companies import show_name
from runtime.operations.company_mapping.links import CompanyMapping, Link
from runtime.operations.company_mapping.pairs import Pair
from runtime.operations.company_mapping.suggesting import Suggestions, Unmapped, add_up
from runtime.operations.exports.sheet import Column, Sheet, SheetRow

COLUMNS = (
    Column("Client"), Column("Client id"), Column("Customer"), Column("Customer id"), Column("Decision"), Column("How"),
    Column("Score", "number"), Column("Reason"), Column("Decided on", "day"),
)  # fmt: skip


def show_mapping(pair: Pair, mapping: CompanyMapping) -> dict[str, Any]:
    """Return a mapping with the two accounts that it is of."""
    return {
        "work_account": _show_account(pair.work),
        "books_account": _show_account(pair.books),
        "version": mapping.version,
        "updated_at": format_time(mapping.updated_at) if mapping.version else None,
        "links": [_show_link(each) for each in list_links(mapping)],
    }


def list_links(mapping: CompanyMapping) -> list[Link]:
    """Return the links by the names of the clients."""
    return sorted(mapping.links.values(), key=lambda each: (each.work_name.casefold(), each.work_id))


def show_suggestions(pair: Pair, found: Suggestions) -> dict[str, Any]:
    """Return what is likely and what is not mapped, in amounts; null where an amount is not known."""
    return {
        "work_account": _show_account(pair.work),
        "books_account": _show_account(pair.books),
        "version": found.mapping.version,
        "suggestions": [show_suggestion(each, found) for each in found.pairs],
        "unmapped_work": [_show_unmapped(each, "work_id", "hours") for each in found.work],
        "unmapped_money": [_show_unmapped(each, "customer_id", "revenue") for each in found.money],
        "unmapped_hours": _as_text(add_up(found.work)),
        "unmapped_revenue": _as_text(add_up(found.money)),
        "incomplete": list(found.incomplete),
    }


def show_suggestion(pair: Suggested, found: Suggestions) -> dict[str, Any]:
    """Return one suggestion with the names of both."""
    return {
        "work_id": pair.work_id,
        "work_name": found.names.work[pair.work_id].name,
        "customer_id": pair.customer_id,
        "customer_name": found.names.books[pair.customer_id].name,
        "score": pair.score,
        "reason": pair.reason,
    }


def make_sheet(pair: Pair | None, mapping: CompanyMapping) -> Sheet:
    """Return a mapping as a table; an empty one without accounts."""
    rows = [
        SheetRow(
            (
                each.work_name, each.work_id, each.customer_name, each.customer_id, each.status.replace("_", " "),
                each.how, each.score, each.reason, str(format_time(each.at))[:10],
            )
        )
        for each in list_links(mapping)
    ]  # fmt: skip
    notes = (f"{show_name(pair.work)} and {show_name(pair.books)}",) if pair is not None else ()
    return Sheet("Company mapping", COLUMNS, rows, notes)


def _show_account(account: Account) -> dict[str, str]:
    return {"id": account.id, "name": show_name(account), "integration": account.integration}


def _show_link(link: Link) -> dict[str, Any]:
    names = (
        "work_id", "work_name", "customer_id", "customer_name", "status", "how", "score", "reason", "by",
    )  # fmt: skip
    return {name: getattr(link, name) for name in names} | {"at": format_time(link.at)}


def _show_unmapped(each: Unmapped, id_name: str, amount_name: str) -> dict[str, Any]:
    name = id_name.replace("_id", "_name")
    return {id_name: each.id, name: each.name, amount_name: _as_text(each.amount)}


def _as_text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"

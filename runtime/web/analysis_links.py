"""What the records behind a figure are called on a page, and where each is shown.

Called by `analysis_pages`, `analysis_tables` and `analysis_parts`. A record is named by its resource and its Id, as
"invoices:12"; one of the work system that an analysis read beside the books has `work/` before that.
"""

from __future__ import annotations

from typing import NamedTuple

from generator.catalog import Catalog
from runtime.model import Account
from runtime.operations.field_names import split_name
from runtime.operations.record_facts import LONGEST_ID
from runtime.web.navigation import find_record_address

OF_WORK_SYSTEM = "work/"
"""What stands before a record of the work system, as the analyses write it."""


class RecordLink(NamedTuple):
    """A record as a page names it. `address` is empty where no page shows it."""

    name: str
    address: str


class RecordLinks:
    """Names the records of one company, and those of the work system that is mapped with it.

    `work` is None where none is, and for whoever may not see its records: what is there of them has no address then.
    """

    def __init__(self, catalog: Catalog, account: Account, work: Account | None = None) -> None:
        self._books = _AccountLinks(catalog, account)
        self._work = _AccountLinks(catalog, work) if work is not None else None

    def find(self, record: str, name: str = "") -> RecordLink:
        """Return what a record is called, by a name or number where it has one, and where it is shown."""
        links, own = self._choose(record)
        return links.find(own, name) if links is not None else RecordLink(name or own, "")

    def name_kind(self, record: str) -> str:
        """Return what people call records of this kind: "Invoice"; empty for one that is not known."""
        links, own = self._choose(record)
        return links.name_kind(own) if links is not None else ""

    def _choose(self, record: str) -> tuple[_AccountLinks | None, str]:
        """Return the links of the account that a record is of, and its name there."""
        own = record.removeprefix(OF_WORK_SYSTEM)
        return (self._books if own == record else self._work), own


class _AccountLinks:
    """Names the records of one account."""

    def __init__(self, catalog: Catalog, account: Account) -> None:
        self._account = account
        self._kinds = {
            each.resource: split_name(each.entity)
            for each in catalog.resources
            if each.integration == account.integration
        }
        tools = catalog.list_tools(account.integration)
        self._shown = {each.resource for each in tools if each.method == "get" and each.reads_one}

    def find(self, record: str, name: str) -> RecordLink:
        resource, _, id_ = record.partition(":")
        if not id_ or resource not in self._kinds:
            return RecordLink(name or record, "")
        text = name or f"{self._kinds[resource]} {id_}"
        is_shown = resource in self._shown and len(id_) <= LONGEST_ID
        return RecordLink(text, find_record_address(self._account.id, resource, id_) if is_shown else "")

    def name_kind(self, record: str) -> str:
        return self._kinds.get(record.partition(":")[0], "")

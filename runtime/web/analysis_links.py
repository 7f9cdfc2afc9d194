"""What the records behind a figure are called on a page, and where each is shown.

Called by `analysis_tables` and `analysis_parts`. A record is named by its resource and its Id, as "invoices:12".
"""

from __future__ import annotations

from typing import NamedTuple

from generator.catalog import Catalog
from runtime.model import Account
from runtime.operations.field_names import split_name
from runtime.operations.record_facts import LONGEST_ID
from runtime.web.navigation import find_record_address


class RecordLink(NamedTuple):
    """A record as a page names it. `address` is empty where no page shows it."""

    name: str
    address: str


class RecordLinks:
    """Names the records of one company."""

    def __init__(self, catalog: Catalog, account: Account) -> None:
        self._account = account
        self._kinds = {
            each.resource: split_name(each.entity)
            for each in catalog.resources
            if each.integration == account.integration
        }
        tools = catalog.list_tools(account.integration)
        self._shown = {each.resource for each in tools if each.method == "get" and each.reads_one}

    def find(self, record: str, name: str = "") -> RecordLink:
        """Return what a record is called, by a name or number where it has one, and where it is shown."""
        resource, _, id_ = record.partition(":")
        if not id_ or resource not in self._kinds:
            return RecordLink(name or record, "")
        text = name or f"{self._kinds[resource]} {id_}"
        is_shown = resource in self._shown and len(id_) <= LONGEST_ID
        return RecordLink(text, find_record_address(self._account.id, resource, id_) if is_shown else "")

    def name_kind(self, record: str) -> str:
        """Return what people call records of this kind: "Invoice"; empty for one that is not known."""
        return self._kinds.get(record.partition(":")[0], "")

"""The clients or the customers of an account, read page by page with its list tool, whole or said to be incomplete.

Called by `mappings`. What stands in records is hostile: texts are cut and cleaned, and what is no text is left out. A
reading is remembered for a minute, so that a person who decides one suggestion after another causes no calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.catalog import Tool
from generator.mapping_rules import MappingRules
from runtime.deployment import Deployment
from runtime.errors import LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.insights.name_matching import Party, PostalAddress
from runtime.model import Account, AccountId
from runtime.operations.explorer.reading import read_page
from runtime.recent import Recent
from runtime.upstream.answer import follow_path

FRESH_SECONDS = 60.0
"""How long a reading is remembered; reading anew costs a call for each thousand names."""
MOST_READINGS = 100
"""Readings that are remembered, some 1 MB each at two thousand names."""
MOST_PARTIES = 10_000
"""Clients or customers of one side: five times as many as the largest that are measured."""
MOST_PAGES = 60
"""Pages of one reading, also where a vendor answers short ones: a minute of calls at the strictest limit."""
LONGEST_TEXT = 300
"""Characters of a name or detail that is read."""
LONGEST_ID = 100
"""Characters of an id: a UUID has 36; what is longer is no id."""
PAGE_BYTES = 8_000_000
"""Of an answer that is computed with and that no model reads."""
ToolCall = Callable[[Account, str, dict[str, Any]], Awaitable[Answer]]
"""Calls a tool of an account for whoever asks; the answer may have an error."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one side. `missing` says what is not there and why; empty where everything was read."""

    parties: tuple[Party, ...]
    missing: str = ""
    error: LedgerportError | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The records of a list: its arguments, the fields of them, and how many at most."""

    resource: str
    arguments: Mapping[str, Any]
    fields: Sequence[str]
    most: int


class Readings:
    """Reads clients and customers. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self._catalog, self._clock = deployment.catalog, deployment.clock
        self._known: Recent[AccountId, tuple[float, Reading]] = Recent(MOST_READINGS)

    async def read(self, account: Account, call: ToolCall, *, is_fresh: bool = False) -> Reading:
        """Return the clients or customers of an account. `is_fresh` has them read anew."""
        known = self._known.get(account.id)
        if known is not None and not is_fresh and 0 <= self._clock() - known[0] < FRESH_SECONDS:
            return known[1]
        rules = self._catalog().integrations[account.integration].company.mapping
        records, missing, error = await self.list_records(
            account, call, Wanted(rules.resource, rules.arguments, _list_fields(rules), MOST_PARTIES)
        )
        parties = await asyncio.to_thread(lambda: tuple(list_parties(records, rules)))
        found = Reading(parties, missing, error)
        if not missing:
            self._known.put(account.id, (self._clock(), found))
        return found

    async def list_records(
        self, account: Account, call: ToolCall, wanted: Wanted
    ) -> tuple[list[Any], str, LedgerportError | None]:
        """Return the records of a list as far as they could be read, what is missing as a sentence, and the error."""
        tool = self._find_list(account, wanted.resource)
        title = wanted.resource.replace("_", " ")
        if tool is None:
            return [], f"There is no tool that lists {title}.", None
        records: list[Any] = []
        cursor = ""
        most_page = self._catalog().integrations[account.integration].pagination.maximum
        more = {"limit": most_page, "fields": list(wanted.fields)}
        taken = tool.input_schema["properties"]
        arguments = {**wanted.arguments, **{name: value for name, value in more.items() if name in taken}}

        async def turn(page: dict[str, Any]) -> Answer:
            return await call(account, tool.name, page)

        for _ in range(MOST_PAGES):
            try:
                page = await read_page(turn, arguments | ({"next_cursor": cursor} if cursor else {}))
            except LedgerportError as error:
                return records, f"Only {len(records)} {title} were read: {error.message}", error
            records += page.records
            cursor = page.next_cursor
            if not cursor:
                return records, "", None
            if len(records) >= wanted.most or not page.records:
                break
        return records, f"Only the first {len(records)} {title} were read: there are more.", None

    def _find_list(self, account: Account, resource: str) -> Tool | None:
        tools = self._catalog().list_tools(account.integration)
        return next((each for each in tools if each.resource == resource and each.listing is not None), None)


def read_text(value: Any) -> str:
    """Return a value of a record as one clean line; empty for what is neither a text nor a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:LONGEST_ID]
    if not isinstance(value, str):
        return ""
    shown = "".join(each if each.isprintable() else " " for each in value[:LONGEST_TEXT])
    return " ".join(shown.split())


def list_parties(records: list[Any], rules: MappingRules) -> Iterator[Party]:
    """Yield each record that has an id and a name, once."""
    seen = set()
    for record in records:
        id_, *_ = [*_read(record, rules, "id"), ""]
        names = tuple(dict.fromkeys(_read(record, rules, "names")))
        if not id_ or not names or id_ in seen or len(id_) > LONGEST_ID:
            continue
        seen.add(id_)
        streets, codes = _read(record, rules, "street"), _read(record, rules, "postal_code")
        yield Party(
            id_,
            names,
            tuple(_read(record, rules, "sites")),
            tuple(_read(record, rules, "phones")),
            tuple(PostalAddress(street, code) for street, code in zip(streets, codes, strict=False)),
            next(iter(_read(record, rules, "parent")), ""),
        )


def _list_fields(rules: MappingRules) -> list[str]:
    """Return the fields that the parts stand in: a list answers the usual ones only unless they are named."""
    return sorted({path[0] for paths in rules.fields.values() for path in paths})


def _read(record: Any, rules: MappingRules, name: str) -> list[str]:
    """Return the texts at every path of a field."""
    found = (read_text(follow_path(record, path)) for path in rules.fields.get(name, ()))
    return [each for each in found if each]

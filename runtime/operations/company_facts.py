"""What pages have to know of a company to write its figures: its home currency and its country.

Called by the pages of companies. Where the vendor has them is said in the definitions (`company` of an integration);
until they are read, and where they cannot be, figures are written as in the United States.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.catalog import Catalog, Tool
from generator.company_rules import CompanyRules
from runtime.errors import LedgerportError
from runtime.exchange.context import begin_call
from runtime.model import Account, AccountId, Clock, Grant, ServerConfig
from runtime.operations.stored_values import read_stored
from runtime.operations.vendor_calls import VendorCalls
from runtime.recent import Recent
from runtime.upstream.answer import follow_path

FACTS_SECONDS = 600.0
"""How long facts are cached: a company has its currency and its country for years."""
FAILED_SECONDS = 60.0
"""How long a vendor that did not answer is not asked again, so that no page waits for it twice in a minute."""
MOST_SECONDS = 3.0
"""How long a page waits for them: it can be shown without, so less than people wait for a page (about 8 seconds)."""
MOST_COMPANIES = 10_000
"""Companies whose facts are cached; about 2 MB."""
_READING = ServerConfig(methods=("read",))


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """The currency of a company (ISO 4217) and its country (ISO 3166)."""

    currency: str = "USD"
    country: str = "US"


USUAL = CompanyFacts()


class CompanyFactsReader:
    """Reads the facts of companies. One for the process; without a vendor it knows the usual ones only."""

    def __init__(
        self,
        vendor: VendorCalls | None = None,
        catalog: Callable[[], Catalog] | None = None,
        *,
        clock: Clock = time.monotonic,
    ) -> None:
        self._vendor, self._catalog, self._clock = vendor, catalog, clock
        self._known: Recent[AccountId, tuple[CompanyFacts, float]] = Recent(MOST_COMPANIES)

    async def read(self, account: Account) -> CompanyFacts:
        """Return the facts of a company. Raises nothing: a page is shown without them as well."""
        known = self._known.get(account.id)
        if known and self._clock() < known[1]:
            return known[0]
        if self._vendor is None or self._catalog is None or account.status != "active":
            return known[0] if known else USUAL
        try:
            async with asyncio.timeout(MOST_SECONDS):
                found, seconds = await self._read(self._vendor, self._catalog(), account), FACTS_SECONDS
        except (LedgerportError, TimeoutError):
            found, seconds = known[0] if known else USUAL, FAILED_SECONDS
        self._known.put(account.id, (found, self._clock() + seconds))
        return found

    async def _read(self, vendor: VendorCalls, catalog: Catalog, account: Account) -> CompanyFacts:
        """Return the facts as the vendor has them now. Raises what reading them fails with."""
        rules = catalog.integrations[account.integration].company
        settings = [each for each in (rules.currency, rules.country) if each is not None]
        names = list(dict.fromkeys(each.tool for each in settings))
        tools = {tool.name: tool for tool in catalog.list_tools(account.integration) if tool.name in names}
        grant = Grant(account, _READING)
        records = await asyncio.gather(
            *(_read_record(vendor, grant, catalog, tools, tools[name]) for name in names if name in tools)
        )
        by_name = dict(zip((name for name in names if name in tools), records, strict=True))
        currency, country = (
            follow_path(by_name[each.tool], each.path) if each and each.tool in by_name else None
            for each in (rules.currency, rules.country)
        )
        return make_facts(rules, currency, country)


async def _read_record(
    vendor: VendorCalls, grant: Grant, catalog: Catalog, tools: Mapping[str, Tool], tool: Tool
) -> Mapping[str, Any]:
    call = begin_call(grant, catalog, tools, tool, {}, lambda _tool, _integration, arguments: arguments)
    return await read_stored(vendor, call, call, tool)


def make_facts(rules: CompanyRules, currency: Any, country: Any) -> CompanyFacts:
    """Return the facts of what a vendor has answered; what is no code, and no name with one, is the usual one."""
    named = rules.countries.get(country, country) if isinstance(country, str) else ""
    return CompanyFacts(
        currency if _is_code(currency, 3) else USUAL.currency, named if _is_code(named, 2) else USUAL.country
    )


def _is_code(value: Any, length: int) -> bool:
    return (
        isinstance(value, str)
        and len(value) == length
        and value.isascii()
        and value.isalpha()
        and value.isupper()
    )

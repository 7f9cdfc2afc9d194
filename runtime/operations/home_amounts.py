"""What an amount in a foreign currency is worth in the home currency of the company, for the policies over amounts.

Called by `write_policies`. The settings of the company, the currencies of names and the rates of days are read at the
vendor as any other read is, and cached for minutes. What cannot be known is a sentence, and the write is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from generator.vendor_rules import CurrencyFacts, Setting
from runtime.errors import NotFound, VendorRefused
from runtime.exchange.context import CallContext
from runtime.model import AccountId, Clock
from runtime.operations.stored_values import find_get_of, read_stored
from runtime.operations.vendor_calls import VendorCalls
from runtime.recent import Recent
from runtime.safety.policies import HOME_RATE, Rate, Write
from runtime.safety.references import find_references
from runtime.upstream import figures
from runtime.upstream.answer import follow_path

SETTINGS_SECONDS = 300.0
"""How long a setting, a currency and a rate are cached: books are closed by a person, who does not book into them in
the next minutes; a name retains its currency for ever, and a rate changes once a day.
"""
MOST_SETTINGS = 10_000
"""Accounts whose settings are cached, and records and days whose currencies and rates are; about 2 MB each."""
Key = tuple[AccountId, str, str]


class _Cache:
    """Values that were read within the last minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: Recent[Key, tuple[Any, float]] = Recent(MOST_SETTINGS)

    def get(self, key: Key) -> tuple[Any] | None:
        """Return a value in a tuple; None where it is not known any more."""
        found = self._values.get(key)
        return (found[0],) if found and 0 <= found[1] - self._clock() <= SETTINGS_SECONDS else None

    def put(self, key: Key, value: Any) -> Any:
        """Store a value for some minutes, and return it."""
        self._values.put(key, (value, self._clock() + SETTINGS_SECONDS))
        return value


class CompanySettings:
    """Reads settings of companies. One for the process."""

    def __init__(self, vendor: VendorCalls, clock: Clock) -> None:
        self._vendor = vendor
        self._cache = _Cache(clock)

    async def read(self, call: CallContext, setting: Setting) -> Any:
        """Return the setting as the vendor has it; None where it has none. Raises what reading it fails with."""
        key = (call.account.id, setting.tool, "")
        known = self._cache.get(key)
        values = known[0] if known else self._cache.put(key, await self._read_all(call, setting.tool))
        return values.get(setting.path)

    async def _read_all(self, call: CallContext, name: str) -> dict[tuple[str, ...], Any]:
        """Return all settings that policies look at and one tool reads."""
        tool = next((each for each in call.known if each.name == name), None)
        if tool is None:
            return {}
        record = await read_stored(self._vendor, call, replace(call, tool=tool, arguments={}), tool)
        wanted = call.integration.policy_facts.settings
        return {each.path: follow_path(record, each.path) for each in wanted if each.tool == name}


class HomeAmounts:
    """Finds the rates by which amounts of writes are compared. One for the process."""

    def __init__(self, vendor: VendorCalls, settings: CompanySettings, clock: Clock) -> None:
        self._vendor, self._settings = vendor, settings
        self._cache = _Cache(clock)

    async def find_rate(self, call: CallContext, write: Write) -> Rate:
        """Return the units of the home currency for one of the currency of a write. Raises what a read fails with."""
        facts = write.integration.policy_facts.currency
        if facts is None or not write.counts or await self._settings.read(call, facts.several) is not True:
            return HOME_RATE
        home = await self._settings.read(call, facts.home)
        if not isinstance(home, str) or not home:
            return Rate(Decimal(1), unknown="The home currency of the company cannot be read.")
        currencies = await self._find_currencies(call, write, facts)
        foreign = [each for each in currencies if each != home]
        rates = [await self._find_foreign(call, write, facts, each) for each in foreign]
        unknown = next((each for each in rates if each.unknown), None)
        return unknown or max([*rates, *([HOME_RATE] if len(foreign) < len(currencies) or not rates else [])])

    async def _find_currencies(self, call: CallContext, write: Write, facts: CurrencyFacts) -> list[str]:
        """Return the currency of a record, or else those of what it refers to outside of its lines; none for home."""
        own = follow_path(write.counted, facts.path)
        if own:
            return [str(own)]
        found = [await self._read_currency(call, facts, *each) for each in _name_parties(write, facts)]
        return [each for each in dict.fromkeys(found) if each]

    async def _read_currency(self, call: CallContext, facts: CurrencyFacts, resource: str, id_: str) -> str:
        """Return the currency of a record that a write refers to; empty where it has none."""
        key = (call.account.id, resource, id_)
        known = self._cache.get(key)
        if known:
            return str(known[0])
        get = find_get_of(resource, call.tool.integration, call.known)
        identifiers: list[str] = get.input_schema["required"] if get is not None else []
        if get is None or len(identifiers) != 1:
            return ""
        asked = replace(call, tool=get, arguments={identifiers[0]: id_})
        record = await read_stored(self._vendor, call, asked, get)
        return str(self._cache.put(key, follow_path(record, facts.path) or ""))

    async def _find_foreign(
        self, call: CallContext, write: Write, facts: CurrencyFacts, currency: str
    ) -> Rate:
        """Return the rate of a foreign currency: one that is stored, or the greater of what is sent and the vendor's.

        A caller may send any rate, and a small one would let any amount through.
        """
        own = _read_rate(write.counted.get(facts.rate)) if facts.rate else None
        if own is not None and facts.rate not in write.content:
            return Rate(own, currency)
        day = str(write.counted.get(write.day) or call.today().isoformat())
        known = [
            each for each in (own, await self._read_rate(call, facts, currency, day)) if each is not None
        ]
        if not known:
            return Rate(
                Decimal(1),
                currency,
                f"The amount is in {currency[:10]}, and what that is worth in the home currency on {day[:10]} is not "
                "known.",
            )
        return Rate(max(known), currency)

    async def _read_rate(
        self, call: CallContext, facts: CurrencyFacts, currency: str, day: str
    ) -> Decimal | None:
        """Return the vendor's rate of a day; None where it states none."""
        rates, key = facts.rates, (call.account.id, currency, day)
        known = self._cache.get(key)
        tool = next((each for each in call.known if each.name == rates.tool), None)
        if known or tool is None:
            return known[0] if known else None
        asked = replace(call, tool=tool, arguments={rates.currency: currency, rates.day: day})
        try:
            record = await read_stored(self._vendor, call, asked, tool)
        except (VendorRefused, NotFound):
            return None
        found: Decimal | None = self._cache.put(key, _read_rate(follow_path(record, rates.path)))
        return found


def _name_parties(write: Write, facts: CurrencyFacts) -> Iterator[tuple[str, str]]:
    """Yield the records that a write refers to outside of its lines and that have currencies: (resource, Id)."""
    for each in find_references(write.references, write.counted, write.integration):
        if "[" not in each.place and each.id:
            yield from ((resource, each.id) for resource in each.resources if resource in facts.named_by)


def _read_rate(value: Any) -> Decimal | None:
    """Return a rate above 0; None for anything else, as what is left out."""
    rate = figures.read_decimal(value)
    return rate if rate is not None and rate > 0 else None

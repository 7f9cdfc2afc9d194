"""A client in place of Ids: the argument `client` of a read has a name, and becomes the Ids of what is that client's.

Called by `writes`, before anything else looks at the arguments. The name is that of either system where a mapping of
the tenant says which customers a client is (`Clients`), and gives the Ids of the system that the tool is of; or else it
is that of one record of this system, where that is certain.
What stands below a client belongs to it. Nothing is guessed: a name that is not that of one client is refused, and
nothing is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from generator.client_filters import CLIENT, ClientFilter
from runtime.errors import InvalidArguments
from runtime.exchange.context import CallContext
from runtime.model import Account, AccountId, Clock
from runtime.operations.known_records import MOST_ACCOUNTS, Wanted
from runtime.operations.lookups import MOST_RECORDS, MOST_VALUES, Lookups
from runtime.operations.name_resolution import NameResolution
from runtime.recent import Recent
from runtime.safety.fences import fence_text
from runtime.safety.findings import Finding, refuse
from runtime.safety.reference_spots import is_id

WHOLE_COMPANY = "No client was named: this is of the whole company."
QUERY, ANY_OF = "query", "any_of"
"""Arguments of lists whose conditions may name clients themselves."""
MAPPED_SECONDS = 60.0
"""How long it is known whether there is a mapping, as any name is (`known_records.NAME_SECONDS`): a sentence depends on
it, and no figure.
"""
LONGEST_SHOWN = 60
"""Characters of a name that an error repeats."""
UNREAD = "could not be read to find all that belongs to it."


class Match(Protocol):
    """The one client that a name means: its records in the books, and in the system in which its work is noted."""

    @property
    def customer_ids(self) -> tuple[str, ...]:
        """Its records in the books; what stands below them is not named."""
        ...

    @property
    def work_ids(self) -> tuple[str, ...]:
        """Its records in the work system."""
        ...

    @property
    def name(self) -> str:
        """What people call it; empty where its record in the books says so."""
        ...


@dataclass(frozen=True, slots=True)
class ClientMatch:
    """A client as it was found."""

    customer_ids: tuple[str, ...]
    work_ids: tuple[str, ...] = ()
    name: str = ""


class Clients(Protocol):
    """Which customers of the books each client of a tenant is."""

    async def has_mapping(self, account: Account, /) -> bool:
        """Return whether the tenant of an account has a mapping of its clients to the records of this account."""
        ...

    async def find_client(self, account: Account, name: str, /) -> Match | None:
        """Return the client of this name in either system; None without a mapping.

        Raises InvalidArguments with near names when none or several match.
        """
        ...


class Unmapped:
    """Of a deployment in which no tenant has a mapping."""

    async def has_mapping(self, _account: Account, /) -> bool:
        """Return that there is none."""
        return False

    async def find_client(self, _account: Account, _name: str, /) -> Match | None:
        """Return none."""
        return None


UNMAPPED = Unmapped()


class ClientNames:
    """Puts Ids in the place of the name of a client. One for the process."""

    def __init__(self, clients: Clients, lookups: Lookups, clock: Clock = time.monotonic) -> None:
        self._clients, self._lookups, self._clock = clients, lookups, clock
        self._names = NameResolution(lookups)
        self._mapped: Recent[AccountId, tuple[float, bool]] = Recent(MOST_ACCOUNTS)

    async def resolve(self, call: CallContext) -> None:
        """Put the Ids of a client into the arguments of a call, and into its answer which they are.

        Without a client, where the tenant has a mapping, the answer says that it is of the whole company. Raises
        InvalidArguments for a name that is not that of one client, and for Ids beside it.
        """
        rule = call.tool.client_filter
        if rule is None:
            return
        if CLIENT not in call.arguments:
            if _is_of_all(rule, call.arguments) and await self.is_mapped(call.account):
                call.notice = f"{call.notice} {WHOLE_COMPANY}".strip()
            return
        _refuse_beside(call, rule)
        match = await self._find(call, rule, call.arguments[CLIENT])
        own = _list_own(call, match)
        names = await self._read_names(call, rule, own)
        ids = await self._add_below(call, rule, own, names)
        others = {name: value for name, value in call.arguments.items() if name != CLIENT}
        call.arguments = {**others, rule.argument: ids}
        call.resolved.append(_describe(call, match, match.name or names[0], ids))

    async def is_mapped(self, account: Account) -> bool:
        """Return whether an account has a mapping, or had one within the last seconds: most reads ask for it."""
        known, now = self._mapped.get(account.id), self._clock()
        if known is None or now - known[0] >= MAPPED_SECONDS:
            known = self._mapped.put(account.id, (now, await self._clients.has_mapping(account)))
        return known[1]

    async def _find(self, call: CallContext, rule: ClientFilter, name: str) -> Match:
        match = await self._clients.find_client(call.account, name)
        if match is None:
            return await self._find_named(call, rule, name)
        if not _list_own(call, match):
            found = f"{CLIENT} {_quote(name)} has no record among the {_write(rule)}."
            refuse(
                call.tool, [Finding(CLIENT, found, "Map it first, or leave it out for the whole company.")]
            )
        return match

    async def _find_named(self, call: CallContext, rule: ClientFilter, name: str) -> ClientMatch:
        """Return the client that has exactly this name, or Id, in the system of the call. Raises InvalidArguments."""
        integration, text = call.integration, name.strip()
        form = integration.reference_form
        if form.ids and is_id(form, rule.resource, text):
            return _match_own(call, text)
        row = await self._names.find_named(call, rule.resource, CLIENT, text)
        return _match_own(call, str(row.get(integration.identifier)))

    async def _add_below(
        self, call: CallContext, rule: ClientFilter, ids: Sequence[str], names: Sequence[str]
    ) -> list[str]:
        """Return the Ids of a client with those of all records that belong to it, however deep.

        Raises InvalidArguments where that cannot be known: figures of a part would pass for those of the client.
        """
        starts = [f"{each}{rule.separator}" for each in names] if rule.full_name else []
        tops = [each for each in starts if not any(_begins(each, other) for other in starts if other != each)]
        below = await asyncio.gather(*(self._read_below(call, rule, each) for each in tops))
        return list(dict.fromkeys([*ids, *(id_ for some in below for id_ in some)]))

    async def _read_names(self, call: CallContext, rule: ClientFilter, ids: Sequence[str]) -> list[str]:
        """Return the name of each record. Raises InvalidArguments for one that is not there."""
        if len(ids) > MOST_VALUES:
            raise _refuse_many(call, rule)
        wanted = Wanted(rule.resource, call.integration.identifier, tuple(ids), is_any=True)
        (found,) = await self._lookups.find_all(call, [wanted])
        if found is None:
            raise _refuse_unread(call, rule)
        missing = [id_ for id_ in ids if found.get(id_) is None]
        if missing:
            text = (
                f"{CLIENT}: none of the {_write(rule)} has the Id {', '.join(missing[:5])[:LONGEST_SHOWN]}."
            )
            refuse(call.tool, [Finding(CLIENT, text, f"List the {_write(rule)} to find it.")])
        fields = (
            [rule.full_name] if rule.full_name else call.integration.display_fields.get(rule.resource, ())
        )
        return [str(next((row[x] for x in fields if row.get(x)), "")) for row in found.values() if row]

    async def _read_below(self, call: CallContext, rule: ClientFilter, start: str) -> list[str]:
        """Return the Ids of the records whose full name begins with a text."""
        if start == rule.separator:
            return []
        wanted = Wanted(rule.resource, rule.full_name, (start,), "contains", is_any=True)
        rows = await self._lookups.find_recent(call, wanted)
        if rows is None:
            raise _refuse_unread(call, rule)
        if len(rows) >= min(MOST_RECORDS, call.integration.pagination.maximum):
            raise _refuse_many(call, rule)
        own = [row for row in rows if _begins(str(row.get(rule.full_name) or ""), start)]
        return [str(row.get(call.integration.identifier)) for row in own]


def _is_of_all(rule: ClientFilter, arguments: Mapping[str, Any]) -> bool:
    """Return whether a call without a client is of all of them; of conditions in a query nobody says so."""
    return not rule.is_own and not arguments.keys() & {*rule.beside, QUERY, ANY_OF}


def _is_work(call: CallContext) -> bool:
    """Return whether a call is of the work system, where the records of a client are others than in the books."""
    return call.integration.system == "work"


def _list_own(call: CallContext, match: Match) -> tuple[str, ...]:
    """Return the records of a client in the system of a call."""
    return match.work_ids if _is_work(call) else match.customer_ids


def _match_own(call: CallContext, id_: str) -> ClientMatch:
    """Return the client that one record of the system of a call is."""
    return ClientMatch((), (id_,)) if _is_work(call) else ClientMatch((id_,))


def _refuse_beside(call: CallContext, rule: ClientFilter) -> None:
    """Raise InvalidArguments for Ids, or a whole statement, beside the name of a client."""
    listing = call.tool.listing
    statement = () if listing is not None and listing.raw_conditions else (QUERY,)
    for name in (*rule.beside, *statement):
        if name in call.arguments:
            raise InvalidArguments(
                f'{call.tool.name} was not called: Argument "{CLIENT}" cannot stand beside "{name}".',
                advice="Nothing was sent. Give one of the two.",
                details={"errors": [{"argument": CLIENT, "problem": f"It cannot stand beside {name}."}]},
            )


def _describe(call: CallContext, match: Match, name: str, ids: Sequence[str]) -> dict[str, Any]:
    """Return what an answer says of the client that it is of."""
    other, others = ("customer_ids", match.customer_ids) if _is_work(call) else ("work_ids", match.work_ids)
    return {
        "argument": CLIENT,
        "name": fence_text(name) if call.is_fenced else name,
        "ids": list(ids),
        **({other: list(others)} if others else {}),
    }


def _refuse_unread(call: CallContext, rule: ClientFilter) -> InvalidArguments:
    return InvalidArguments(
        f"{call.tool.name} was not called: the {_write(rule)} {UNREAD}",
        advice="Nothing was sent. Call again in a moment, or give the Ids.",
    )


def _refuse_many(call: CallContext, rule: ClientFilter) -> InvalidArguments:
    return InvalidArguments(
        f"{call.tool.name} was not called: this client has {MOST_RECORDS} {_write(rule)} or more.",
        advice=f"Nothing was sent. Give the Ids of those that are meant, as {rule.beside[0]}.",
    )


def _begins(name: str, start: str) -> bool:
    return name.casefold().startswith(start.casefold())


def _quote(name: str) -> str:
    shown = name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}…"
    return f'"{shown}"'


def _write(rule: ClientFilter) -> str:
    return rule.resource.replace("_", " ")

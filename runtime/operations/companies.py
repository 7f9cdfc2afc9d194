"""Which companies a call is for, of those that its caller has: one of them, the default one, or several at once.

Called by the MCP endpoint with the grants of an address. Only these are looked at, so a company that the caller does
not have is answered the same whether it exists or not. `fan_out` carries a read to several.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from generator.suggestions import LONGEST_COMPARED, MOST_COMPARED, ask_if_meant
from runtime.errors import Forbidden, InvalidArguments
from runtime.logs import blank_secrets
from runtime.model import Account, Grant
from runtime.operations.interpretation import parse_text
from runtime.safety.company import fold_name
from runtime.upstream.visible_text import show_unseen

ALL = "all"
MOST_NAMED = 500
"""Companies in one list: several times those of the largest bookkeeping firms that share one sign-in."""
MOST_SUGGESTED = 3
"""Names: more than one, because clients of one firm have names that are alike."""
LIKE = 0.6
"""What two names must have in common, from 0 to 1: "Elm Bakery" and "Elm Street Bakery" have 0.74."""
MOST_LISTED = 10
"""Companies that an error lists."""
LONGEST_NAME = 80
"""Characters of a name that an error repeats."""


class Chosen(NamedTuple):
    """The companies that a call is for: their places among those of its caller."""

    places: tuple[int, ...]
    is_fan_out: bool = False
    """Whether several were asked for, if only by a list of one."""


async def choose_companies(grant: Grant, named: Any) -> Chosen:
    """Return the companies that a call names, in the order named; the default one where it names none.

    Raises InvalidArguments for what is no name, and for a name that two companies have; Forbidden for a company that
    is not among those of the grant.
    """
    if named is None:
        return Chosen((find_default(grant),))
    listed = _read_names(named)
    if listed is not None and [fold_name(each) for each in listed] == [ALL]:
        return Chosen(tuple(range(len(grant.companies))), is_fan_out=True)
    called = _index(grant.companies)
    if listed is None:
        return Chosen((await _choose(grant.companies, called, _read_name(named)),))
    places = [await _choose(grant.companies, called, each) for each in listed]
    return Chosen(tuple(dict.fromkeys(places)), is_fan_out=True)


def find_default(grant: Grant) -> int:
    """Return the place of the default company. Raises InvalidArguments where the grant is of none of them."""
    own = (grant.account.id, grant.server_id)
    for place, each in enumerate(grant.companies):
        if (each.account.id, each.server_id) == own:
            return place
    raise InvalidArguments(
        "This access has no default company.", advice='Nothing was sent. Name one in the argument "company".'
    )


def describe_briefly(account: Account) -> str:
    """Return the name of a company and the id of its account, in one line."""
    name = show_name(account)
    return f"{name} ({account.id})" if name else account.id


def show_name(account: Account, longest: int = LONGEST_NAME) -> str:
    """Return the name of a company as a sentence may have it: one line, without what looks secret."""
    return show_unseen(blank_secrets(" ".join(account.name[:longest].split())))


def refuse_missing_tool(tool: str, asked: Account, others: Iterable[Account]) -> Forbidden:
    """Return the error for a tool that is left out at one company, with those that have it."""
    having = [describe_briefly(each) for each in others]
    listed = ", ".join(having[:MOST_LISTED])
    more = f" and {len(having) - MOST_LISTED} more" if len(having) > MOST_LISTED else ""
    return Forbidden(
        f"{tool} is not open to this access at the company {describe_briefly(asked)}.",
        advice=f"Nothing was sent. It is open at: {listed}{more}.",
    )


def refuse_several(tool: str, count: int) -> InvalidArguments:
    """Return the error for a write that names several companies."""
    return InvalidArguments(
        f'{tool} changes something, so it takes exactly one company, and "company" asks for {_count(count)}.',
        advice="Nothing was sent. Call it once for each company, with its name or id.",
    )


def refuse_only_one(tool: str, why: str) -> InvalidArguments:
    """Return the error for a read that several companies cannot answer together."""
    return InvalidArguments(
        f"{tool} was not called: {why}, so it takes exactly one company.",
        advice="Nothing was sent. Call it with the name or id of that company.",
    )


def _count(count: int) -> str:
    return f"{count} as a list" if count == 1 else str(count)


def _read_names(named: Any) -> list[str] | None:
    """Return the names of a list of companies, `all` as one of them; None where one company is named."""
    named = parse_text(named, list)
    if isinstance(named, str) and fold_name(named) == ALL:
        return [ALL]
    if not isinstance(named, list):
        return None
    if not 0 < len(named) <= MOST_NAMED:
        raise _refuse_form(f"a list of 1 to {MOST_NAMED} companies")
    return [_read_name(each) for each in named]


def _read_name(named: Any) -> str:
    """Return a name; a number of the vendor may come as a number. Raises InvalidArguments."""
    if isinstance(named, int) and not isinstance(named, bool):
        return str(named)
    if not isinstance(named, str) or not named.strip():
        raise _refuse_form("the name or id of a company")
    return named


def _refuse_form(wanted: str) -> InvalidArguments:
    return InvalidArguments(
        f'Argument "company" must be {wanted}.',
        advice="Nothing was sent. Leave it out for the default company; reads also take all, or a list of names.",
    )


def _index(companies: Sequence[Grant]) -> Mapping[str, Sequence[int]]:
    """Return the places of the companies under everything that each may be called.

    The id of an account is ours, and nobody else can be called by it: whatever others chose gives way to it.
    """
    called: dict[str, list[int]] = {}
    for place, each in enumerate(companies):
        account = each.account
        for name in {
            fold_name(name) for name in (account.name, account.company, account.external_id) if name
        }:
            called.setdefault(name, []).append(place)
    return called | {fold_name(each.account.id): [place] for place, each in enumerate(companies)}


async def _choose(companies: Sequence[Grant], called: Mapping[str, Sequence[int]], name: str) -> int:
    """Return the place of the company with a name or id. Raises InvalidArguments and Forbidden."""
    found = called.get(fold_name(name), ())
    if not found:
        raise await asyncio.to_thread(_refuse_unreached, name, companies)
    if len(found) > 1:
        raise _refuse_ambiguous(name, [companies[at].account for at in found])
    return found[0]


def _refuse_ambiguous(name: str, accounts: Sequence[Account]) -> InvalidArguments:
    listed = ", ".join(
        f"{describe_briefly(each)}, number {each.company}" if each.company else describe_briefly(each)
        for each in accounts[:MOST_LISTED]
    )
    return InvalidArguments(
        f'"{_show(name)}" means {len(accounts)} companies here: {listed}.',
        advice="Nothing was sent. Name one by the id in parentheses.",
    )


def _refuse_unreached(name: str, companies: Sequence[Grant]) -> Forbidden:
    near = ask_if_meant(*_list_nearest(name, companies))
    return Forbidden(
        f'This access does not reach a company named "{_show(name)}".',
        advice=f"Nothing was sent. {near or 'list_connections has those that it reaches.'}",
    )


def _list_nearest(name: str, companies: Sequence[Grant]) -> list[str]:
    """Return the nearest names of companies: those that have the given one in them, then those that are like it."""
    given = fold_name(name[:LONGEST_COMPARED])
    shown = {fold_name(each.account.name): show_name(each.account) for each in companies[:MOST_COMPARED]}
    known = {folded: name for folded, name in shown.items() if folded and len(folded) <= LONGEST_COMPARED}
    holding = [each for each in known if given in each]
    like = difflib.get_close_matches(given, list(known), MOST_SUGGESTED, LIKE)
    return [known[each] for each in dict.fromkeys((*holding[:MOST_SUGGESTED], *like))][:MOST_SUGGESTED]


def _show(name: str) -> str:
    return show_unseen(blank_secrets(" ".join(name[:LONGEST_NAME].split())))

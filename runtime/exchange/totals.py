"""How many records a list has in all: the request that counts them, and the number in front of a page.

Called by `operations.totals`. The count has the conditions of the list and neither its order nor its page.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec
import orjson

from runtime.errors import InvalidArguments
from runtime.exchange.branches import MOST_COUNTED, CountedBranches, count_branches
from runtime.exchange.context import CallContext, Request
from runtime.exchange.filters import is_branched, write_branches
from runtime.exchange.page_request import get_listing
from runtime.exchange.raw_query import read_query
from runtime.upstream import query
from runtime.upstream.statements import Statement, parse_statement
from runtime.upstream.terms import Branch, join_branches, join_terms, read_terms, write_terms

LONGEST_REASON = 160
"""Characters of what is said where records could not be counted; some take two bytes (`LONGEST_TOTAL`)."""


class Head(msgspec.Struct):
    """What is said in front of the records of a page."""

    returned: int = -1
    next_cursor: str = ""


def read_head(text: str) -> Head:
    """Return what an answer says of its page; of one that is no page, a head without a number."""
    return msgspec.json.decode(text, type=Head)


def write_before(text: str, name: str, value: int | str) -> str:
    """Return an answer with a member at its beginning: a host that cuts a long one leaves that."""
    return f"{{{orjson.dumps({name: value}).decode()[1:-1]},{text[1:]}"


def read_statement(call: CallContext) -> Statement | None:
    """Return the raw query of a list call; None without one."""
    return read_query(call.tool, call.integration, call.arguments, call.known)


def prepare_count(call: CallContext) -> Request:
    """Return the requests that count what a list call finds: one, or for an OR one for each combination.

    Raises InvalidArguments for an OR of more branches than are counted, and for a text that the vendor takes wider.
    """
    language, listing, statement = (
        call.integration.query_language,
        get_listing(call.tool),
        read_statement(call),
    )
    entity = statement.entity.text if statement else listing.entity
    base = query.fill(language.count, {"entity": entity})
    branches = _list_branches(call, statement)
    if any(term.loose[0] for branch in branches for term in branch):
        raise InvalidArguments(
            "The vendor counts other records as well: a character of a text stands for others."
        )
    if len(branches) > MOST_COUNTED:
        raise InvalidArguments(
            f"An OR of {len(branches)} branches is not counted, but one of {MOST_COUNTED} is."
        )
    if len(branches) > 1:
        part = replace(call, arguments={"query": base})
        return count_branches(part, parse_statement(language.grammar, base), branches)
    where = {"conditions": join_terms(language, branches[0])} if branches and branches[0] else {}
    condition = query.fill(language.where, where) if where else ""
    counted = query.fill(language.count, {"entity": entity, "where": condition})
    return Request({"statement": counted, "entity": entity}, plan=CountedBranches((1,)))


def _list_branches(call: CallContext, statement: Statement | None) -> tuple[Branch, ...]:
    """Return the branches of what chooses the records; none for all of them."""
    language, listing = call.integration.query_language, get_listing(call.tool)
    if statement is not None:
        return join_branches(language, read_terms(language, statement, str(call.arguments["query"])))
    if is_branched(call.integration.query_language, listing, call.arguments):
        return join_branches(language, write_branches(language, listing, call.arguments))
    terms = write_terms(language, listing, call.arguments)
    return (terms,) if terms else ()

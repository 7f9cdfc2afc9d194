"""The chain of the journal: each link's hash covers its values and the hash of the link before it in its account.

The hash has a key that is not in the database, so whoever can write there cannot make a link. `stores.journal_records`
hashes with it what it adds; `operations.journal` has the stored links checked. That the newest links were removed, with
the stored head set back, shows against a head that was exported before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from runtime.keys.crypto import Keys

FIRST = bytes(32)
"""What the first link of an account follows."""
Hash = Callable[[Mapping[str, Any], bytes], bytes]


class Head(NamedTuple):
    """The last link of the chain of an account, or the one that was its last at an earlier time."""

    account_id: str
    seq: int
    hash: bytes


class Break(NamedTuple):
    """Where a chain is not as it was stored: the account, the link, and a sentence that says what is wrong there."""

    account_id: str
    seq: int
    problem: str


def hash_link(keys: Keys, values: Mapping[str, Any], previous: bytes) -> bytes:
    """Return the hash of a link, 32 bytes. `values` are those of its row, with `seq` and without `hash`.

    What is null is left out, so that a later version may add columns.
    """
    plain = {name: value for name, value in values.items() if value is not None and name != "sealed"}
    text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    return keys.hash_journal(b"%b%d:%b%b" % (previous, len(text), text, values["sealed"]))


def find_breaks(
    links: Iterable[Mapping[str, Any]], heads: Iterable[Head], exported: Iterable[Head], hash_of: Hash
) -> Iterator[Break]:
    """Yield what is wrong in the chains whose links are given, account by account in the order of `seq`.

    `heads` are those that are stored beside the links, `exported` earlier ones that the links have to lead through.
    """
    wanted = {(head.account_id, head.seq): head.hash for head in exported}
    last: dict[str, Head] = {}
    for link in links:
        account, seq, found = _place(link)
        before = last.get(account, Head(account, 0, FIRST))
        yield from _check(link, before, hash_of)
        if wanted.pop((account, seq), found) != found:
            yield Break(account, seq, "It is another one than the exported head says.")
        last[account] = Head(account, seq, found)
    yield from _check_heads(last, heads)
    for account, seq in wanted:
        yield Break(account, seq, "The exported head says that it was there, and it is missing.")


def _place(link: Mapping[str, Any]) -> tuple[str, int, bytes]:
    """Return the account, place and hash of a link, whatever somebody has written there."""
    seq, found = link["seq"], link["hash"]
    is_number, is_bytes = isinstance(seq, int), isinstance(found, bytes)
    return str(link["account_id"]), seq if is_number else -1, found if is_bytes else b""


def _check(link: Mapping[str, Any], before: Head, hash_of: Hash) -> Iterator[Break]:
    account, seq, _ = _place(link)
    if seq != before.seq + 1:
        yield Break(account, before.seq + 1, f"It is missing: the next link is {seq}.")
    values = {name: value for name, value in link.items() if name != "hash"}
    try:
        is_right = hash_of(values, before.hash) == link["hash"]
    except TypeError:  # a value of another type than it was stored with
        is_right = False
    if not is_right:
        yield Break(account, seq, "It was changed, or does not follow the link that is before it.")


def _check_heads(last: Mapping[str, Head], heads: Iterable[Head]) -> Iterator[Break]:
    stored = {head.account_id: head for head in heads}
    for account in sorted(last.keys() | stored.keys()):
        if last.get(account) != stored.get(account):
            seq = max(each.seq for each in (last.get(account), stored.get(account)) if each)
            yield Break(
                account, seq, "The stored head and the last link differ: one of them was changed or removed."
            )

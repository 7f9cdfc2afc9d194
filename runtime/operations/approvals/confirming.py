"""What the user of a client has to confirm before a write that does not wait is sent. Called by `staging`.

A confirmation is asked for by the client, which nobody here can check: it protects whoever sits before it from an agent
that acts too soon, and replaces no approval. A client that cannot ask is not held up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import orjson

from runtime.exchange.context import CallContext, Request
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, Grant
from runtime.upstream.visible_text import show_in_json, show_unseen

MOST_SAID = 5
"""Writes of one call that its question says in full: more of them nobody reads in a dialog."""
UNCONFIRMED = "Nothing was sent. The user of this client has to confirm this before it is carried out."


def list_risky(grant: Grant, request: Request) -> list[CallContext]:
    """Return the writes of a call that its client can have confirmed, and by a rule has to."""
    if not grant.can_confirm:
        return []
    risks = {risk for rule in grant.config.approval for risk in rule.confirm}
    return [each for each in request.changes if not each.tool.is_read_only and each.tool.risk in risks]


def write_question(account: Account, said: Sequence[str]) -> str:
    """Return the question whether writes are to be carried out at a company, of each what it says."""
    more = f"; and {len(said) - MOST_SAID} more" if len(said) > MOST_SAID else ""
    return show_unseen(f"{account.name}: {'; '.join(said[:MOST_SAID])}{more}. Carry this out?")


def hash_question(question: str) -> str:
    """Return the SHA-256 of a question, by which it is known to be the one that was confirmed."""
    return hashlib.sha256(question.encode()).hexdigest()


def make_answer(call: CallContext, question: str) -> Answer:
    """Return the answer of a call whose user has not confirmed it."""
    text = show_in_json(orjson.dumps({"sent": False, "question": question, "note": UNCONFIRMED})).decode()
    return call.answer(text)._replace(status=0, is_structured=True, question=question)

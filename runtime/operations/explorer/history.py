"""What a person has asked in the explorer, and the queries that are saved: sealed, for what is asked has names in it.

Called by the explorer's pages. A run has what was asked and, of a write, what it came to: a page shows that again
without sending anything. The runs are one's own; a saved query is one's own, or shared with all who may see the
company's books.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson

from runtime.deployment import Deployment
from runtime.errors import Conflict, InvalidRequest, NotFound, SealBroken
from runtime.model import Account, AuditEntry
from runtime.people import PersonId
from runtime.stores.explorer_records import MOST_SAVED, RunKind, StoredQuery, StoredRun

LONGEST_NAME = 80
"""Characters of the name of a saved query: one line of a list."""
LONGEST_OUTCOME = 60_000
"""Characters of the answer of a write that are stored; a record has a few thousand."""
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Run:
    """Something that was asked: a query, a tool that reads, or a write with what it came to."""

    id: str
    kind: RunKind
    tool: str
    at: float
    query: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""
    """The answer of a write, as text."""

    @property
    def arguments_text(self) -> str:
        """The arguments as JSON in one line."""
        return orjson.dumps(dict(self.arguments)).decode()


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query with a name."""

    id: str
    name: str
    query: str
    is_shared: bool
    is_own: bool
    saved_by: str
    at: float


class History:
    """Stores and finds runs and saved queries."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores

    async def add_run(
        self, account: Account, person: PersonId, kind: RunKind, tool: str, id_: str = "", **content: Any
    ) -> str:
        """Store something that was asked, and return its id. One that is there stays as it is."""
        id_ = id_ or make_id()
        sealed = self._seal(content, _name_run(id_))
        run = StoredRun(id_, account.id, person, kind, tool, sealed, self._deployment.clock())
        await self._stores.write(lambda: self._stores.records.add_explorer_run(run))
        return id_

    async def find_run(self, account: Account, person: PersonId, id_: str) -> Run | None:
        """Return something that a person has asked of a company; None where it is not there any more."""
        if not _ID.fullmatch(id_):
            return None
        found = await asyncio.to_thread(
            lambda: self._stores.records.find_explorer_run(id_, account.id, person)
        )
        return None if found is None else self._open_run(found)

    async def list_runs(self, account: Account, person: PersonId) -> list[Run]:
        """Return what a person has asked of a company, the newest first, without writes: the journal has those."""
        found = await asyncio.to_thread(lambda: self._stores.records.list_explorer_runs(account.id, person))
        return [run for each in found if each.kind != "write" and (run := self._open_run(each))]

    async def forget_runs(self, account: Account, person: PersonId) -> None:
        """Forget what a person has asked of a company."""
        await self._stores.write(lambda: self._stores.records.forget_explorer_runs(account.id, person))

    async def save_query(
        self, account: Account, person: PersonId, name: str, query: str, *, is_shared: bool
    ) -> None:
        """Save a query under a name. Raises InvalidRequest and Conflict."""
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME:
            raise InvalidRequest(
                f"The name of a query has 1 to {LONGEST_NAME} characters.", advice="Name it anew."
            )
        id_, now = make_id(), self._deployment.clock()
        sealed = self._seal({"name": name, "query": query}, _name_query(id_))
        stored = StoredQuery(id_, account.id, person, is_shared, sealed, now)
        audit = AuditEntry(
            now, f"person:{person}", "saved_query.shared", id_, {"integrated_account_id": account.id}
        )
        if not await self._stores.write(lambda: self._stores.records.add_query(stored, audit)):
            raise Conflict(
                f"You have saved {MOST_SAVED} queries for this company, and may save no more.",
                advice="Delete one that you do not use.",
            )

    async def list_queries(self, account: Account, person: PersonId) -> list[SavedQuery]:
        """Return the saved queries that a person may use, by their names."""
        found = await asyncio.to_thread(lambda: self._stores.records.list_queries(account.id, person))
        opened = [self._open_query(each, person) for each in found]
        return sorted((each for each in opened if each), key=lambda each: (each.name.casefold(), each.at))

    async def find_query(self, account: Account, person: PersonId, id_: str) -> SavedQuery:
        """Return a saved query that a person may use. Raises NotFound."""
        for each in await self.list_queries(account, person):
            if each.id == id_:
                return each
        raise NotFound("There is no such saved query.", advice="Somebody may have deleted it.")

    async def delete_query(self, account: Account, person: PersonId, id_: str, *, is_any: bool) -> None:
        """Delete a saved query, with `is_any` also one that somebody else has shared. Raises NotFound."""
        entry = AuditEntry(
            self._deployment.clock(), f"person:{person}", "saved_query.deleted", id_,
            {"integrated_account_id": account.id},
        )  # fmt: skip
        records = self._stores.records
        if not await self._stores.write(
            lambda: records.delete_query(id_, account.id, person, entry, is_any=is_any)
        ):
            raise NotFound(
                "There is no such saved query, or it is not yours.",
                advice="An admin of the organization can delete what is shared.",
            )

    def _seal(self, content: Mapping[str, Any], owner: str) -> bytes:
        return self._deployment.keys.seal(orjson.dumps(content), owner)

    def _open(self, sealed: bytes, owner: str) -> dict[str, Any] | None:
        """Return what was sealed; None where it cannot be opened, so that one row does not take a page."""
        try:
            value = orjson.loads(self._deployment.keys.open(sealed, owner))
        except (SealBroken, orjson.JSONDecodeError):
            return None
        return value if isinstance(value, dict) else None

    def _open_run(self, stored: StoredRun) -> Run | None:
        content = self._open(stored.sealed, _name_run(stored.id))
        return (
            None
            if content is None
            else Run(stored.id, stored.kind, stored.tool, stored.created_at, **content)
        )

    def _open_query(self, stored: StoredQuery, person: PersonId) -> SavedQuery | None:
        content = self._open(stored.sealed, _name_query(stored.id))
        if content is None:
            return None
        own = stored.person_id == person
        return SavedQuery(
            stored.id,
            content["name"],
            content["query"],
            stored.is_shared,
            own,
            stored.saved_by,
            stored.created_at,
        )


def make_id() -> str:
    """Return a new id of a run."""
    return uuid4().hex


def is_id(text: str) -> bool:
    """Whether a text may be the id of a run."""
    return bool(_ID.fullmatch(text))


def _name_run(id_: str) -> str:
    return f"explorer run {id_}"


def _name_query(id_: str) -> str:
    return f"saved query {id_}"

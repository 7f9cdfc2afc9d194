"""Who called, in names: an MCP server, what a person let a program do, an API token, or a person on a page.

Called by the pages of the journal and of the call log, once for each page: names are read together, not for each row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runtime.stores.caller_records import ServerCaller
from runtime.stores.records import Records

SERVER, TOKEN, PERSON = "mcp_server", "api_token", "person"
"""Kinds of callers, as the journal stores them before their ids."""
_KINDS = {SERVER: "MCP server", TOKEN: "API token", PERSON: "Person"}
COMMAND_LINE = "command_line"
"""The id that stands for whoever runs the deployment, at its command line."""
_SHOWN_ID = 8
"""Characters of the id of what was deleted: enough to find it in the audit log."""


@dataclass(frozen=True, slots=True)
class CallerName:
    """How a caller is shown. `about` is the email address of a person, or whose consent a program has."""

    key: str
    kind: str
    name: str
    about: str = ""
    is_gone: bool = False


def make_key(kind: str, id_: str) -> str:
    """Return a caller as the journal stores it."""
    return f"{kind}:{id_}"


def read_names(
    records: Records, callers: Iterable[str], known: Iterable[CallerName] = ()
) -> dict[str, CallerName]:
    """Return the names of callers, each under what the journal stores of it; `known` are not read again."""
    wanted, names = set(callers), {each.key: each for each in known}
    return {**names, **_read(records, wanted - names.keys())}


def _read(records: Records, callers: Iterable[str]) -> dict[str, CallerName]:
    found = {each: each.partition(":")[::2] for each in callers}
    ids: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for kind, id_ in found.values():
        if kind in ids:
            ids[kind].append(id_)
    servers = records.find_servers(ids[SERVER]) if ids[SERVER] else {}
    tokens = records.find_token_names(ids[TOKEN]) if ids[TOKEN] else {}
    people = records.find_person_names(ids[PERSON]) if ids[PERSON] else {}
    return {
        key: _name_person(key, id_, people.get(id_))
        if kind == PERSON
        else _name_other(key, kind, id_, servers.get(id_), tokens.get(id_))
        for key, (kind, id_) in found.items()
    }


def _name_person(key: str, id_: str, found: tuple[str, str] | None) -> CallerName:
    if found is None:
        return CallerName(key, _KINDS[PERSON], f"former person ({id_[:_SHOWN_ID]})", is_gone=True)
    name, email = found
    return CallerName(key, _KINDS[PERSON], name or email, email if name and name != email else "")


def _name_other(key: str, kind: str, id_: str, server: ServerCaller | None, token: str | None) -> CallerName:
    if kind == TOKEN and id_ == COMMAND_LINE:
        return CallerName(key, "Operator", "Command line")
    if server is not None and server.client is not None:
        return CallerName(key, "Program", server.client, f"for {server.email}")
    name = server.name if server is not None else token
    if name is None:
        what = {SERVER: "deleted server", TOKEN: "deleted API token"}.get(kind, "unknown caller")
        return CallerName(key, _KINDS.get(kind, "Caller"), f"{what} ({id_[:_SHOWN_ID]})", is_gone=True)
    return CallerName(key, _KINDS[kind], name)

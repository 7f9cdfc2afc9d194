"""Updates of whole records: laid over what is stored, and refused where somebody else changed it meanwhile.

Called by `writes`, when the request is prepared and before it is sent, and once more when the vendor says that the
version was not current. The record is read as it is stored, what is sensitive included; only `exchange.written` shows
anything of it, masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import orjson

from runtime.errors import Conflict, InvalidArguments
from runtime.exchange.context import CallContext
from runtime.exchange.written import describe_changes
from runtime.operations.known_records import KnownRecords
from runtime.operations.stored_values import read_stored
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety import masked_updates, masking
from runtime.safety.differences import Differences, list_paths
from runtime.safety.updates import prepare_update
from runtime.safety.write_options import WriteOptions, read_options
from runtime.upstream import figures
from runtime.upstream.request import record

Record = Mapping[str, Any]
MOST_NAMED = 12
"""Changed fields that an error names in its sentence. All of them are in its details."""


_MERGED = ' With on_conflict "retry" a change of other fields is merged by itself.'
"""Said of a call that is no part of another one: nothing is sent again for a part."""


class GuardedUpdates:
    """Lays updates over what is stored. One for the process."""

    def __init__(self, vendor: VendorCalls, known: KnownRecords) -> None:
        self._vendor = vendor
        self._known = known

    async def prepare(self, call: CallContext, change: CallContext) -> None:
        """Set the content of an update: its fields, laid over the stored record.

        Raises InvalidArguments with every finding, Conflict when the version that the caller read is not current, and
        whatever reading the record fails with. `call` is the call that the change is part of.
        """
        version, given = self._version(change), record(change.tool, change.arguments)
        if not change.is_masked:
            masking.refuse_masked(change.tool, given)
        stored = self._remembered(change, given.get(version)) if version else None
        if stored is None:
            stored = await self.read_stored(call, change)
        wanted = given.get(version)
        is_current = not version or wanted in (None, stored.get(version))
        if (
            is_current or change.caller_key
        ):  # the vendor recognizes a repeat, whatever became of the record since
            self._plan(change, stored, wanted)
        else:
            self._plan(change, self._settle(change, stored))

    def resolve_conflict(self, change: CallContext, current: Record) -> None:
        """Set the content anew after the vendor refused the version, where the caller wants that and it is safe.

        Raises Conflict, which says which fields changed since, in every other case.
        """
        change.findings = []
        self._plan(change, self._settle(change, current))

    def explain_conflict(self, change: CallContext, current: Record) -> Conflict:
        """Return the error for a version that the vendor refused, where nothing is merged any more."""
        return _conflict(change, self._compare(change, current), current.get(self._version(change)))

    def lay_again(self, change: CallContext, current: Record) -> None:
        """Set the content of a later attempt that was sent before: the vendor answers it as it did then."""
        change.findings = []
        self._plan(change, current)

    async def read_stored(self, call: CallContext, change: CallContext) -> Record:
        """Return the record of a change as it is stored. Raises what reading it fails with."""
        get = change.tool.current
        assert get is not None
        return await read_stored(self._vendor, call, change, get)

    def _plan(self, change: CallContext, stored: Record, wanted: Any = None) -> None:
        """Set what an update sends, under the wanted version or the stored one."""
        tool, given = change.tool, self._given(change, stored)
        change.options = read_options(tool, change.arguments)
        if change.is_blind and change.options.mode == "replace":
            raise InvalidArguments(
                f"{tool.name} was not called: mode replace is for servers that may read the record.",
                advice="Nothing was sent. Leave mode out to change only the fields that you give.",
            )
        update = prepare_update(tool, change.integration, stored, given, change.options)
        found = [replace(each, right="") for each in update.findings] if change.is_blind else update.findings
        change.findings = [*change.findings, *found]
        update.content.pop(tool.clears_unless, None)
        if version := self._version(change):
            update.content[version] = wanted or stored.get(version)
        change.before, change.content, change.worked_out = stored, update.content, update.worked_out
        if change.is_masked:
            change.secrets += masked_updates.list_secrets(tool, stored)

    def _given(self, change: CallContext, stored: Record) -> dict[str, Any]:
        """Return the fields of the caller, with what is stored in place of masks."""
        tool, given = change.tool, record(change.tool, change.arguments)
        if not change.is_masked:
            return given
        completed = masked_updates.complete(
            tool, given, stored, tool.identifier or change.integration.identifier
        )
        return completed.content

    def _settle(self, change: CallContext, current: Record) -> Record:
        """Return the current record where an update may be laid over it. Raises Conflict where it may not."""
        found = self._compare(change, current)
        options = read_options(change.tool, change.arguments)
        if options.on_conflict != "retry" or found is None or _overlap(change, found, options):
            raise _conflict(change, found, current.get(self._version(change)))
        return current

    def _compare(self, change: CallContext, current: Record) -> Differences | None:
        """Return what changed since the version that the caller named; None where that one is not known."""
        former = self._remembered(change, change.arguments.get(self._version_argument(change)))
        return describe_changes(change, former, current) if former is not None else None

    def _remembered(self, change: CallContext, version: Any) -> Record | None:
        get = change.tool.current
        if get is None or version is None:
            return None
        named = (self._version(change), version)
        return self._known.get_version(change.account.id, get, change.arguments, named)

    def _version(self, change: CallContext) -> str:
        return change.integration.updates.version

    def _version_argument(self, change: CallContext) -> str:
        arguments = {name: argument for argument, name in change.tool.call.body_arguments}
        return arguments.get(self._version(change), self._version(change))


def _overlap(change: CallContext, found: Differences, options: WriteOptions) -> bool:
    """Return whether somebody else changed a field that this update is about as well."""
    given = record(change.tool, change.arguments)
    own = {*given, *(path.partition(".")[0].partition("[")[0] for path in options.clear)}
    lists = change.integration.updates.entries.keys()
    has_lines = bool(own & lists or options.remove_lines)
    has_other_lines = bool(found.lines or found.added or found.removed)
    return (has_lines and has_other_lines) or any(path.partition(".")[0] in own for path in found.changed)


def _conflict(change: CallContext, found: Differences | None, version: Any) -> Conflict:
    """Return the error that says which fields somebody else changed, and to what."""
    field = change.integration.updates.version
    details: dict[str, Any] = {"version": {field: version}}
    if found is None or change.is_blind:
        what = "Somebody changed this record since you read it."
    else:
        details["changed"] = found.changed
        details["lines"] = {"changed": found.lines, "added": found.added, "removed": found.removed}
        names = ", ".join(islice(list_paths(found), MOST_NAMED)) or "nothing but what the vendor works out"
        what = f"Somebody changed this record since you read it: {names}."
    return Conflict(
        f"{change.tool.name} was not carried out. {what}",
        advice=f"Nothing was changed. Look whether your change is still right, and call again with {field} "
        f'"{version}".{"" if change.place else _MERGED}',
        details=orjson.loads(change.mark(figures.write_json(details))),
    )

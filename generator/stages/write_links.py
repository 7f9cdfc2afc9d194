"""What ties a write to the tools that read the same records.

Called by `pipeline`, when every tool of an integration is there.

An update that may not show what is sensitive has to know what is stored; a server that may write a record but not read
it must not read it by writing. Both want to know which tools read it, the hidden ones too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from generator.catalog import Tool
from generator.diagnostics import Diagnostics
from generator.stages.lint import CompiledTool
from generator.suggestions import did_you_mean

ANY = "*"
"""The entity of a list that reads every record."""
READS = ("record", "records")
CHANGES = ("whole_record", "json_patch")


def link_writes(tools: Iterable[CompiledTool], diagnostics: Diagnostics) -> list[CompiledTool]:
    """Return the tools of one integration, each write with the tools that read what it writes."""
    found = list(tools)
    anything = [each.tool.name for each in found if each.tool.listing and each.tool.listing.entity == ANY]
    return [each if each.tool.is_read_only else _link(each, found, anything, diagnostics) for each in found]


def _link(
    write: CompiledTool, tools: list[CompiledTool], anything: list[str], diagnostics: Diagnostics
) -> CompiledTool:
    same = [other.tool for other in tools if other.method.resource is write.method.resource]
    reads = [tool for tool in same if tool.is_read_only and tool.returns.kind in READS]
    names = tuple(tool.name for tool in reads)
    tool = replace(
        write.tool,
        read_by=(*names, *anything) if names else (),
        changing=_changing(write),
        clears_unless=write.method.rules.get("sparse_field") or "",
        current=_current(write, reads),
    )
    if tool.current is None and _clears_unseen(tool):
        diagnostics.report(write.make_diagnostic("sensitive", UNREAD))
    arguments = {argument for argument, _ in tool.call.body_arguments}
    if tool.clears_unless and tool.clears_unless not in {*arguments, *tool.call.fixed}:
        message = f'sparse_field names "{tool.clears_unless}", which is no argument.'
        hint = did_you_mean(tool.clears_unless, arguments)
        diagnostics.report(write.make_diagnostic("sparse_field", message, hint))
    return replace(write, tool=tool)


UNREAD = (
    "It clears what is left out, and something of its record is sensitive: without a method get, "
    "whoever is not shown that would clear it unawares."
)


def _changing(each: CompiledTool) -> tuple[str, ...]:
    """Return the fields of the record that an update may set; not those that say which record, and which version of
    it.
    """
    if each.method.rules.get("body") not in CHANGES:
        return ()
    fields = each.method.resource.fields
    return tuple(
        argument
        for argument, name in each.tool.call.body_arguments
        if name in fields and name != each.method.identifier and fields[name].get("access") != "read_only"
    )


def _current(each: CompiledTool, reads: list[Tool]) -> Tool | None:
    is_wanted = each.tool.sensitive or each.tool.money_fields or each.tool.is_guarded
    if not is_wanted or each.method.rules.get("body") not in CHANGES:
        return None
    own = each.tool.input_schema["properties"].keys()
    for tool in reads:
        if tool.returns.kind == "record" and set(tool.input_schema["required"]) <= own:
            return replace(tool, wire=b"", description="", examples=())
    return None


def _clears_unseen(tool: Tool) -> bool:
    sent = {name for _, name in tool.call.body_arguments}
    return bool(tool.clears_unless) and any(path[0] in sent for path in tool.sensitive)

"""Several calls of tools in one request to the vendor. The walls stay: each call is checked as if it came alone.

The definition says how the vendor writes an operation of each method. When any call does not pass, nothing is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from generator.catalog import Tool
from generator.names import find_tool
from generator.vendor import Integration
from runtime.errors import InvalidArguments, LedgerportError
from runtime.operations import lists
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.form_rules import refuse_wrong_sums
from runtime.operations.tool_names import tool_hint
from runtime.safety.write_answers import is_blind
from runtime.upstream.query import fill
from runtime.upstream.request import record

_NAME = re.compile(r"\{(\w+)\}")
CALLS = "calls"
"""The argument that holds the calls: `[{tool, arguments}]`."""


@dataclass(frozen=True, slots=True)
class Item:
    """One call of a batch, checked; `asked` is its page when it reads a list."""

    id: str
    tool: Tool
    arguments: dict[str, Any]
    asked: lists.PageRequest | None
    is_blind: bool = False
    """Whether it writes a record that the caller may not read."""
    content: dict[str, Any] | None = None
    """The record to send, where it is not what the arguments say by themselves."""


def items_of(
    arguments: Mapping[str, Any],
    tools: Mapping[str, Tool],
    integration: Integration,
    checker: ArgumentChecker,
) -> list[Item]:
    """The calls of a batch. Raises InvalidArguments that tells of each call that does not pass."""
    found, errors = [], []
    for at, call in enumerate(arguments[CALLS]):
        try:
            found.append(_item(str(at + 1), call, tools, integration, checker))
        except LedgerportError as error:
            errors.append({"argument": f"{CALLS}[{at}]", "problem": f"{CALLS}[{at}]: {error.message}"})
    if errors:
        raise InvalidArguments(
            f"The batch was not sent. {' '.join(each['problem'] for each in errors[:10])}",
            advice="Nothing was sent. Correct these calls, or leave them out, and send the batch again.",
            details={"errors": errors},
        )
    return found


def body_of(items: list[Item], integration: Integration) -> bytes:
    """The body of the request."""
    form = integration.batch
    return orjson.dumps({form.items: [_operation(item, integration) for item in items]})


def changes_data(items: list[Item]) -> bool:
    """Whether any of the calls writes."""
    return any(not item.tool.is_read_only for item in items)


def _item(
    id_: str,
    call: Mapping[str, Any],
    tools: Mapping[str, Tool],
    integration: Integration,
    checker: ArgumentChecker,
) -> Item:
    tool = find_tool(tools, call["tool"])
    if tool is None:
        hint = tool_hint(call["tool"], tools)
        raise InvalidArguments(f'There is no tool "{call["tool"][:80]}" here.{hint}')
    form = integration.batch.forms.get(tool.method)
    if form is None:
        allowed = ", ".join(integration.batch.forms)
        raise InvalidArguments(f"{tool.name} cannot stand in a batch; tools of these methods can: {allowed}.")
    if not _says_all(form, tool):
        raise InvalidArguments(f"{tool.name} cannot stand in a batch; call it by itself.")
    arguments = checker.checked(tool, dict(call.get("arguments") or {}), integration.meant)
    refuse_wrong_sums(tool, integration, arguments)
    asked = lists.page_request(tool, integration, arguments) if tool.listing else None
    return Item(id_, tool, arguments, asked, is_blind=not tool.is_read_only and is_blind(tool, tools))


def _says_all(form: Mapping[str, str], tool: Tool) -> bool:
    """Whether an operation of this form would say all that the tool's own request says."""
    names = set(_NAME.findall(" ".join([*form, *form.values()])))
    own = _NAME.findall(
        " ".join([tool.call.path, *(text for _, text in (*tool.call.query, *tool.call.headers))])
    )
    return names >= set(own) and ("statement" not in names or "statement" in own) and bool(tool.returns.path)


def _operation(item: Item, integration: Integration) -> dict[str, Any]:
    form = integration.batch
    words = {**(item.asked.values if item.asked else {}), "entity": item.tool.returns.path[-1]}
    operation: dict[str, Any] = {form.id: item.id}
    for key, text in form.forms[item.tool.method].items():
        value: Any = _content(item) if text == "{body}" else fill(text, words)
        operation[fill(key, words)] = value
    return operation


def _content(item: Item) -> dict[str, Any]:
    return record(item.tool, item.arguments) if item.content is None else item.content

"""Several reads in one request to the vendor, whose answers nobody but this runtime reads.

Called by `operations.insights`. A batch of an agent's calls is another thing (`batch`): there each is checked as a call
and answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from generator.catalog import Tool
from generator.vendor import BatchForm
from runtime.exchange.context import Request
from runtime.upstream import figures
from runtime.upstream.query import fill

_items = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Read(NamedTuple):
    """One read: the list tool whose records it asks for, and the request that it would be by itself."""

    tool: Tool
    request: Request


def may_bundle(form: BatchForm) -> bool:
    """Whether the vendor takes several lists in one request."""
    return form.most > 1 and "list" in form.forms


def prepare_bundle(form: BatchForm, reads: Sequence[Read]) -> Request:
    """Return the request of several reads; each is named by its place, from "1" on."""
    operations = [_write(form, str(at), each) for at, each in enumerate(reads, 1)]
    return Request(body=lambda: figures.write_json({form.items: operations}), changes_data=False)


def split_bundle(form: BatchForm, body: bytes) -> dict[str, bytes]:
    """Return what the vendor answers to each read, JSON, by its place. Raises ValueError for another body."""
    try:
        value: Any = _members.decode(body)
        steps = form.answers.split(".")
        for step in steps[:-1]:
            value = _members.decode(value[step])
        items: Sequence[Mapping[str, msgspec.Raw]] = _items.decode(value[steps[-1]])
        return {str(msgspec.json.decode(each[form.id])): _join(each, form.id) for each in items}
    except (KeyError, msgspec.DecodeError) as cause:
        raise ValueError("the answer has no part for each read") from cause


def _join(item: Mapping[str, msgspec.Raw], own: str) -> bytes:
    """Return an answer without its name: what the response would be, were it asked for by itself."""
    return msgspec.json.encode({name: each for name, each in item.items() if name != own})


def _write(form: BatchForm, name: str, read: Read) -> dict[str, Any]:
    values = {**read.request.values, "entity": read.tool.returns.path[-1]}
    written = {fill(key, values): fill(text, values) for key, text in form.forms["list"].items()}
    return {form.id: name, **written}

"""A call that is answered with a file, such as the PDF of an invoice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Tool
from generator.templates import fill_known
from runtime.exchange.context import CallContext, Request, record_request
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.tool_answer import Answer, File

LONGEST_FILE_NAME = 120
"""Characters. File systems take 255 bytes, and a character has up to 2 in the scripts of most names."""


def prepare(call: CallContext) -> Request:
    """Return the request, made from the arguments."""
    return record_request(call)


def read(call: CallContext, response: MaskedResponse) -> Answer:
    """Return the file as it came."""
    name = name_file(call.tool, call.arguments)
    file = File(name, call.tool.returns.media_type, response.raw.body, call.tool, call.arguments)
    return call.answer()._replace(file=file)


def name_file(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Return what the file is called that a call of the tool answers."""
    name = tool.returns.file_name or f"{tool.resource}-{{id}}"
    name = fill_known(name, {argument: str(value) for argument, value in arguments.items()})
    return "".join(each if each.isalnum() or each in "-_." else "-" for each in name)[:LONGEST_FILE_NAME]

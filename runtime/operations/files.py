"""From the arguments of a call to the file that it sends, checked before anything is sent.

What the vendor takes is data of the tool (`Part.types`, `Part.max_bytes`). A file comes in base64 as an argument, or
beside the arguments (`CarriedFiles`), where its digest stands in the argument's place. The text of a file never goes
through the checks of arguments: it is set apart first, and decoded once.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from generator.catalog import Part, Tool
from generator.vendor import Integration
from runtime.errors import InvalidArguments
from runtime.upstream.base64_text import NotBase64, decode, split_data_address
from runtime.upstream.files import (
    CarriedFile,
    CarriedFiles,
    EncodedFile,
    HeldContent,
    OutgoingFile,
    SpooledContent,
    SpooledFile,
)

DECODED_AT_ONCE = 64 * 1024
"""Characters decoded where they come in: less work than handing it to a thread."""
UNSAID = "application/octet-stream"
"""The media type of programs that do not know it; the ending of the name says more."""
PLACEHOLDERS = frozenset({"chat_upload"})
"""What chat apps have sent in place of a file that they did not pass on."""
NOTHING_SENT = "Nothing was sent."
Made = TypeVar("Made")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}(/[a-z0-9!#$&^_.+-]{1,100}){1,2}")
_ADDRESS = re.compile(r"(https?|file|blob|sediment|sandbox):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SetApart:
    """Arguments with the digest of a file in its place, and the file."""

    arguments: dict[str, Any]
    file: CarriedFile | None


async def set_apart(tool: Tool, arguments: dict[str, Any], files: CarriedFiles) -> SetApart:
    """Take the file of a call out of its arguments, and fill in what it says of itself.

    Where the argument is no text, it stays for the check of arguments to refuse.
    """
    part = tool.file_part
    given = arguments.get(part.content) if part else None
    if part is None or not isinstance(given, str):
        return SetApart(arguments, None)
    file = files.get(given)
    if file is None:
        _refuse_placeholder(tool, part.content, given)
        text = memoryview(given.encode("utf-8", "surrogatepass"))
        file = EncodedFile(text)
        given = await _in_thread_when_large(len(text), lambda: hash_content(text))
    taken = {**arguments, part.content: given}
    if isinstance(file, SpooledFile) and part.file_name and file.name:
        taken.setdefault(part.file_name, file.name)
    return SetApart(taken, file)


async def check_file(
    tool: Tool, integration: Integration, taken: SetApart
) -> tuple[dict[str, Any], OutgoingFile | None]:
    """Return the arguments with the name and media type that are sent, and the file. Raises InvalidArguments."""
    part, arguments = tool.file_part, taken.arguments
    if part is None or taken.file is None:
        return arguments, None
    named = _type_said(tool, part, taken.file)
    name = clean_file_name(str(arguments.get(part.file_name, "") or part.content))
    media_type = _media_type(tool, integration, name, str(arguments.get(part.media_type, "")), named)
    content = await _content(tool, part, taken.file)
    if content.size == 0:
        raise _wrong(tool, part.content, "is empty: the file has no bytes.", "Send the bytes of the file.")
    sent = {part.file_name: name, part.media_type: media_type}
    filled = {key: value for key, value in sent.items() if key}
    return {**arguments, **filled}, OutgoingFile(name, media_type, content)


def hash_content(content: bytes | bytearray | memoryview) -> str:
    """Return what stands for a file in the arguments of a call: two files differ in it, however they came."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def clean_file_name(name: str) -> str:
    """Return a file name without folders, control characters and line ends."""
    last = re.split(r"[/\\]", _CONTROL.sub(" ", name))[-1].strip(" .") or "file"
    return last.encode("utf-8", "replace").decode()


def _refuse_placeholder(tool: Tool, argument: str, given: str) -> None:
    """Raise InvalidArguments for what stands where a file should, and is none."""
    if given.strip() in PLACEHOLDERS:
        raise _wrong(
            tool,
            argument,
            f'is "{given.strip()}": the app named the file and did not pass it on.',
            "Give the bytes of the file in base64; where the app cannot do that, a person uploads it elsewhere.",
        )
    if _ADDRESS.match(given[:20].strip()):
        raise _wrong(
            tool, argument, "is an address, and nothing is fetched from there.", "Give the bytes in base64."
        )


def _type_said(tool: Tool, part: Part, file: CarriedFile) -> str:
    """Return the media type that a file came with. Raises InvalidArguments."""
    if isinstance(file, SpooledFile):
        return file.media_type
    try:
        return split_data_address(file.text)[0]
    except NotBase64 as problem:
        raise _not_base64(tool, part.content, problem) from None


def _media_type(tool: Tool, integration: Integration, name: str, given: str, named: str) -> str:
    """Return the media type to send. Raises InvalidArguments when the vendor does not take the file, or it is
    another's.
    """
    part = tool.file_part
    assert part is not None
    said = [_bare(each) for each in (given, named)]
    said = [each for each in said if each not in ("", UNSAID)]
    for each in said:
        if not _MEDIA_TYPE.fullmatch(each):
            raise _wrong(
                tool,
                part.media_type,
                "is not a media type.",
                "Give one such as application/pdf, or leave it out.",
            )
    if not part.types:
        return said[0] if said else UNSAID
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in part.types:
        what = f'ends in ".{ending[:20]}"' if ending else "has no ending"
        takes = ", ".join(sorted(part.types))
        raise _wrong(
            tool,
            part.file_name,
            f"{what}, and {integration.title} takes files of these kinds only: {takes}.",
            "Give the name with the ending of the file's kind, or convert the file.",
        )
    kinds = part.types[ending]
    for each in said:
        if each not in kinds:
            raise _wrong(
                tool,
                part.media_type,
                f'is "{each[:80]}", which does not fit a name that ends in ".{ending}".',
                f"For that it is {' or '.join(kinds)}; leave it out, and {kinds[0]} is sent.",
            )
    return said[0] if said else kinds[0]


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


async def _content(tool: Tool, part: Part, file: CarriedFile) -> HeldContent | SpooledContent:
    if isinstance(file, SpooledFile):
        return file.content
    if part.max_bytes and len(file.text) // 4 * 3 > part.max_bytes + part.max_bytes // 16:
        raise _wrong(
            tool,
            part.content,
            f"is too large: files of up to {part.max_bytes:,} bytes are taken.",
            "Send a smaller one.",
        )
    try:
        start = split_data_address(file.text)[1]
        data = await _in_thread_when_large(
            len(file.text), lambda: decode(file.text, start, is_json=file.is_json)
        )
    except NotBase64 as problem:
        raise _not_base64(tool, part.content, problem) from None
    file.text.release()  # what it was decoded from need not be held while it is sent
    return HeldContent(data)


async def _in_thread_when_large(size: int, work: Callable[[], Made]) -> Made:
    return await asyncio.to_thread(work) if size > DECODED_AT_ONCE else work()


def _not_base64(tool: Tool, argument: str, problem: NotBase64) -> InvalidArguments:
    return _wrong(tool, argument, f"is not base64: it {problem}.", "Give the bytes of the file in base64.")


def _wrong(tool: Tool, argument: str, problem: str, advice: str) -> InvalidArguments:
    said = f'Argument "{argument}" {problem}'
    return InvalidArguments(
        f"{tool.name} was not called: {said}",
        advice=f"{NOTHING_SENT} {advice}",
        details={"errors": [{"argument": argument, "problem": said}]},
    )


def takes_a_file(tools: Mapping[str, Tool]) -> tuple[Tool, ...]:
    """Return the tools that send a file."""
    return tuple(tool for tool in tools.values() if tool.file_part is not None)

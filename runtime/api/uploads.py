"""Files that come as multipart/form-data: streamed to a temporary file and handed on, never whole in memory.

The temporary file has no name on disk and is readable by this process alone, so it is gone whatever ends the process.
How many uploads there are at once, and how many bytes they have on disk together, is bounded.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Any, NamedTuple

import orjson
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from generator.catalog import Part, Tool
from runtime.api.reading import check_depth, explain_early_end
from runtime.errors import BodyTimeout, InvalidRequest, NoSpace, TooLarge
from runtime.operations.bodies import LEAST_RATE, LONGEST_WAIT, count_seconds
from runtime.operations.budget import Budget, Share
from runtime.upstream.files import CarriedFiles, SpooledContent, SpooledFile

MULTIPART = "multipart/form-data"
MOST = 16
"""Uploads at once: each takes a connection here and one to the vendor, and a megabyte of memory."""
MOST_BYTES = 500_000_000
"""On disk at once: five of the largest that the vendor takes, on the disk of the system's temporary files."""
LARGEST_ANY = 100_000_000
"""Of a file that no definition bounds."""
LARGEST_REST = 1024 * 1024
"""Bytes of everything beside the file: fields, heads and boundaries."""
MOST_FIELDS = 100
"""A tool with a file has fewer than 20 arguments."""
ARGUMENTS = "arguments"
"""The field that holds several arguments as one JSON object."""
FILE = "file"
"""What the part of the file may be called, beside the name of the argument."""
PIECE = 1024 * 1024
"""Bytes that are hashed at once: a file of 100 MB is never whole in memory."""


class Form(NamedTuple):
    """The arguments of a call, and the file under the digest that stands in its place."""

    arguments: dict[str, Any]
    files: CarriedFiles


class Uploads:
    """Reads multipart bodies. One for the process."""

    def __init__(self, most_bytes: int = MOST_BYTES, most: int = MOST) -> None:
        self.budget = Budget(most_bytes, most)

    @asynccontextmanager
    async def read(self, request: Request, tool: Tool, part: Part) -> AsyncIterator[Form]:
        """Yield the form in a body. Its file is there until the block ends.

        Raises InvalidRequest (400), TooLarge (413), BodyTimeout (408), Busy (503) and NoSpace (507).
        """
        with self.budget.open_share() as share:
            form = await _parsed(request, (part.max_bytes or LARGEST_ANY) + LARGEST_REST, share)
            try:
                yield await _form(form, tool, part)
            finally:
                await form.close()


def is_multipart(request: Request) -> bool:
    """Whether the body of a request says that it is multipart/form-data."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == MULTIPART


async def _parsed(request: Request, largest: int, share: Share) -> FormData:
    pieces = _bounded(request, largest, share)
    parser = MultiPartParser(
        request.headers, pieces, max_files=1, max_fields=MOST_FIELDS, max_part_size=LARGEST_REST
    )
    try:
        return await parser.parse()
    except MultiPartException as problem:
        raise InvalidRequest(f"The body is not multipart/form-data: {problem.message}") from problem
    except OSError as problem:
        raise NoSpace(
            f"The file cannot be stored until it is forwarded: {problem.strerror or 'no space'}.",
            advice="Nothing was sent. Try again later; whoever runs the server makes space for temporary files.",
        ) from problem


async def _bounded(request: Request, largest: int, share: Share) -> AsyncGenerator[bytes, None]:
    """Yield the body in pieces. Raises for a client that is too slow, sends too much, or goes away."""
    announced = request.headers.get("content-length", "0")
    share.grow(_allowed(int(announced[:20]) if announced.isascii() and announced.isdecimal() else 0, largest))
    loop = asyncio.get_running_loop()
    began, received, pieces = loop.time(), 0, request.stream()
    while True:
        try:
            async with asyncio.timeout_at(began + count_seconds(received)):
                piece = await anext(pieces, None)
        except TimeoutError as late:
            rate = f"{LEAST_RATE // 1000} kB in each second after the first {LONGEST_WAIT}"
            raise BodyTimeout(f"The body came too slowly: at least {rate} must come.") from late
        except ClientDisconnect as gone:
            raise explain_early_end() from gone
        if piece is None:
            return
        received += len(piece)
        share.grow(_allowed(received, largest))
        yield piece


def _allowed(size: int, largest: int) -> int:
    if size > largest:
        raise TooLarge(
            f"The body is larger than {largest:,} bytes, the most that is taken with a file of this tool.",
            advice="Nothing was sent. Send a smaller file.",
        )
    return size


async def _form(form: FormData, tool: Tool, part: Part) -> Form:
    arguments: dict[str, Any] = {}
    upload: UploadFile | None = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            _check_name(name, part)
            upload = value
            continue
        given = _several(value) if name == ARGUMENTS else {name: _value(tool, name, value)}
        if twice := sorted(given.keys() & arguments.keys()):
            raise InvalidRequest(f'"{twice[0][:80]}" is given twice.', advice="Give each argument once.")
        arguments |= given
    if upload is None or part.content in arguments:
        raise InvalidRequest(
            f'The file must come as one whole part of the form, called "{part.content}", with a filename.',
            advice=f"As with curl: -F '{part.content}=@receipt.pdf'.",
        )
    file = _spooled(upload)
    digest = await asyncio.to_thread(_digest, file.content.file)
    return Form({**arguments, part.content: digest}, {digest: file})


def _check_name(name: str, part: Part) -> None:
    if name not in (part.content, FILE):
        raise InvalidRequest(
            f'The part "{name[:80]}" holds a file; here the file is called "{part.content}".',
            advice="Send the other arguments as fields, without a filename.",
        )


def _several(text: str) -> dict[str, Any]:
    found = _json(ARGUMENTS, text)
    if not isinstance(found, dict):
        raise InvalidRequest(f'The field "{ARGUMENTS}" must be a JSON object.')
    return found


def _value(tool: Tool, name: str, text: str) -> Any:
    """Return an argument from a field: as it stands for a text, from JSON for everything else."""
    kind = tool.input_schema["properties"].get(name, {}).get("type", "string")
    return text if kind == "string" else _json(name, text)


def _json(name: str, text: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise InvalidRequest(
            f'The field "{name[:80]}" is not JSON: {problem.msg} at character {problem.pos}.'
        ) from problem
    if isinstance(value, (dict, list)):
        check_depth(value)
    return value


def _spooled(upload: UploadFile) -> SpooledFile:
    content = SpooledContent(upload.file, upload.size or 0)
    return SpooledFile(content, upload.filename or "", (upload.content_type or "").lower())


def _digest(file: IO[bytes]) -> str:
    """Return what stands for the file in the arguments, as for one that came in base64."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"

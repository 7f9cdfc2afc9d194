"""Files that are sent to the vendor: where their bytes are, and the body that they are sent in.

Called by `operations.files`, which checked a file that an endpoint took in, and by `client`, which sends the body in
pieces, with its length known beforehand, and may send it again from the start.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple

import orjson

from generator.catalog import Part

PIECE = 256 * 1024
"""Bytes read and sent at a time: a disk read of that size takes less than a millisecond from the page cache."""
LARGEST_JOINED = 1024 * 1024
"""A body up to this is sent as one piece of bytes: nothing would be saved by reading it in pieces."""
LONGEST_HEADER_NAME = 200
"""Characters of a file name in the header of its part: the vendor takes the name from the record beside it."""


@dataclass(frozen=True, slots=True)
class HeldContent:
    """The bytes of a file in memory."""

    data: bytes | bytearray

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.data)

    async def read_pieces(self) -> AsyncIterator[bytes]:
        """Yield the content from the start, in pieces."""
        view = memoryview(self.data)
        for at in range(0, len(view), PIECE):
            yield bytes(view[at : at + PIECE])


@dataclass(frozen=True, slots=True)
class SpooledContent:
    """The bytes of a file on disk, read in a thread. Whoever made the file closes it."""

    file: IO[bytes] = field(repr=False)
    size: int

    async def read_pieces(self) -> AsyncIterator[bytes]:
        """Yield the content from the start, in pieces. Raises OSError when the file is shorter than it was."""
        for at in range(0, self.size, PIECE):
            yield await asyncio.to_thread(self._read, at)

    def _read(self, at: int) -> bytes:
        self.file.seek(at)
        wanted = min(PIECE, self.size - at)
        piece = self.file.read(wanted)
        if len(piece) != wanted:
            raise OSError("a spooled file is cut short")
        return piece


Content = HeldContent | SpooledContent


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """A file that came in base64, not decoded yet. `is_json` when escapes of JSON may still be in it."""

    text: memoryview = field(repr=False)
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """A file that came as bytes and is on disk, with what the sender called it."""

    content: SpooledContent
    name: str = ""
    media_type: str = ""


CarriedFile = EncodedFile | SpooledFile
"""A file that an endpoint passes on beside the arguments of a call; in them stands its digest."""
CarriedFiles = Mapping[str, CarriedFile]
NO_FILES: CarriedFiles = {}


class OutgoingFile(NamedTuple):
    """A file as it is sent: everything about it is checked."""

    name: str
    media_type: str
    content: Content


class FileBody:
    """A body of known size that is the bytes of one file. It can be read more than once."""

    def __init__(self, file: OutgoingFile) -> None:
        self._pieces: list[bytes | Content] = [file.content]
        self.content_type = file.media_type
        """The value of the Content-Type header."""

    @property
    def size(self) -> int:
        """Bytes of the whole body."""
        return sum(len(each) if isinstance(each, bytes) else each.size for each in self._pieces)

    async def read_pieces(self) -> AsyncIterator[bytes]:
        """Yield the body from the start, in pieces."""
        for each in self._pieces:
            if isinstance(each, bytes):
                yield each
            else:
                async for piece in each.read_pieces():
                    yield piece

    def join(self) -> bytes | None:
        """Return the body as one, where it is small and in memory already; else None."""
        if self.size > LARGEST_JOINED:
            return None
        found = [each.data if isinstance(each, HeldContent) else each for each in self._pieces]
        pieces = [each for each in found if not isinstance(each, SpooledContent)]
        return b"".join(pieces) if len(pieces) == len(found) else None


class MultipartBody(FileBody):
    """A multipart body of known size (RFC 7578), from parts of a definition. It can be read more than once."""

    def __init__(
        self, parts: Sequence[Part], fields: Mapping[str, Any], files: Mapping[str, OutgoingFile]
    ) -> None:
        self._boundary = secrets.token_hex(16)
        self._pieces = []
        for part in parts:
            if part.content:
                self._add_file(part, files[part.content])
            else:
                self._add_json(part, {name: fields[name] for name in part.fields if name in fields})
        self._pieces.append(f"--{self._boundary}--\r\n".encode())
        self.content_type = f"multipart/form-data; boundary={self._boundary}"

    def _add_file(self, part: Part, file: OutgoingFile) -> None:
        head = f'form-data; name="{part.name}"; filename="{encode_file_name(file.name)}"'
        self._add_head(head, file.media_type)
        self._pieces += [file.content, b"\r\n"]

    def _add_json(self, part: Part, content: Mapping[str, Any]) -> None:
        self._add_head(f'form-data; name="{part.name}"', "application/json")
        self._pieces.append(orjson.dumps(content) + b"\r\n")

    def _add_head(self, disposition: str, media_type: str) -> None:
        lines = (
            f"--{self._boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {media_type}\r\n\r\n"
        )
        self._pieces.append(lines.encode())


def encode_file_name(name: str) -> str:
    """Return a file name that can stand in the header of a part: quotes and line ends percent-encoded, as browsers
    do.

    RFC 7578 wants other characters as they are, in UTF-8, and forbids the `filename*` of RFC 5987. A long name loses
    its middle, never its ending.
    """
    if len(name) > LONGEST_HEADER_NAME:
        stem, dot, ending = name.rpartition(".")
        tail = f"{dot}{ending}"[-20:]
        name = (stem or name)[: LONGEST_HEADER_NAME - len(tail)] + tail
    for plain, encoded in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A"), ("\0", "")):
        name = name.replace(plain, encoded)
    return name

"""Base64 as agents write it, and the multipart body in which a file leaves."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import tempfile
from collections.abc import Callable

import pytest

from generator.catalog import Part
from runtime.upstream.base64_text import PIECE, NotBase64, decode, split_data_address
from runtime.upstream.files import HeldContent, MultipartBody, OutgoingFile, SpooledContent, encode_file_name
from tests.growth import is_linear

FILE = bytes(range(256)) * 3000 + b"end"
TEXT = base64.b64encode(FILE)
PARTS = (Part("meta", fields=("Note",)), Part("file", content="content"))


def decoded(text: bytes, **more: bool) -> bytes:
    return bytes(decode(memoryview(text), **more))


def joined(body: MultipartBody) -> bytes:
    async def read() -> bytes:
        return b"".join([piece async for piece in body.read_pieces()])

    return asyncio.run(read())


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        base64.encodebytes(FILE),
        base64.encodebytes(FILE).replace(b"\n", b"\r\n"),
        base64.urlsafe_b64encode(FILE),
        TEXT.rstrip(b"="),
        b"  " + TEXT + b"\n\n",
    ],
)
def test_base64_is_taken_as_programs_write_it(text):
    assert decoded(text) == FILE


@pytest.mark.parametrize(
    "text",
    [TEXT.replace(b"/", b"\\/"), base64.encodebytes(FILE).replace(b"\n", b"\\r\\n")],
)
def test_slashes_and_line_ends_may_be_escaped_where_the_text_is_still_json(text):
    assert decoded(text, is_json=True) == FILE
    with pytest.raises(NotBase64):
        decoded(text)


def test_an_escape_that_lies_across_two_pieces_is_read_whole():
    text = b"A" * (PIECE - 1) + b"\\/" + b"AAAA"

    assert decoded(text, is_json=True) == base64.b64decode(b"A" * (PIECE - 1) + b"/" + b"AAAA")


@pytest.mark.parametrize("length", range(9))
def test_files_of_every_length_come_back_with_and_without_padding(length):
    text = base64.b64encode(FILE[:length])

    assert decoded(text) == decoded(text.rstrip(b"=")) == FILE[:length]


@pytest.mark.parametrize("text", [b"Q", b"QQ==QQ==", b"QQ=Q", b"QQ===", b"=", b"QUJD=", b"QQ\xc3\xa4="])
def test_what_is_no_base64_is_refused(text):
    with pytest.raises(NotBase64):
        decoded(text)


def test_padding_at_the_end_of_one_piece_is_the_end():
    with pytest.raises(NotBase64, match="continues after its padding"):
        decoded(b"A" * (PIECE - 4) + b"QQ==" + b"QUJD")


def test_an_error_says_where_the_first_wrong_character_is():
    with pytest.raises(NotBase64, match="has '!' as character 200001"):
        decoded(b"A" * 200_000 + b"!" + b"A" * 7)


@pytest.mark.parametrize(
    ("text", "media_type", "start"),
    [
        (b"data:application/pdf;base64,QQ==", "application/pdf", 28),
        (b"data:image/png;name=a.png;base64,QQ==", "image/png", 33),
        (b"data:application\\/pdf;base64,QQ==", "application/pdf", 29),
        (b"data:;base64,QQ==", "", 13),
        (b"QQ==", "", 0),
    ],
)
def test_a_data_address_says_the_media_type_and_where_its_base64_begins(text, media_type, start):
    assert split_data_address(memoryview(text)) == (media_type, start)


def test_a_data_address_of_another_encoding_is_refused():
    with pytest.raises(NotBase64, match="not in base64"):
        split_data_address(memoryview(b"data:text/plain,hello"))


@pytest.mark.parametrize(
    ("unit", "ending"), [(b"QUJD", b"!"), (b"QUJD\n", b""), (b"QQ==", b""), (b"\\/\\/", b""), (b"\\", b"")]
)
def test_decoding_twice_as_much_takes_about_twice_as_long(unit, ending):
    def decoding(count: int) -> Callable[[], None]:
        text = memoryview(unit * count + ending)

        def work() -> None:
            with contextlib.suppress(NotBase64):
                decode(text, is_json=True)

        return work

    assert is_linear(decoding, 1_000_000)


def test_a_body_is_as_long_as_it_says_and_can_be_read_twice():
    with tempfile.TemporaryFile() as file:
        file.write(FILE)
        sent = OutgoingFile("a.pdf", "application/pdf", SpooledContent(file, len(FILE)))
        body = MultipartBody(PARTS, {"Note": "n"}, {"content": sent})
        first, second = joined(body), joined(body)

    assert first == second
    assert len(first) == body.size
    boundary = body.content_type.split("boundary=")[1].encode()
    _, meta, content, end = first.split(b"--" + boundary)
    assert meta.endswith(b'\r\n\r\n{"Note":"n"}\r\n')
    head, _, data = content.partition(b"\r\n\r\n")
    assert b'name="file"; filename="a.pdf"\r\nContent-Type: application/pdf' in head
    assert data == FILE + b"\r\n"
    assert end == b"--\r\n"


def test_a_large_file_in_memory_is_sent_in_pieces_and_a_small_one_as_one():
    large = OutgoingFile("a.pdf", "application/pdf", HeldContent(FILE * 3))
    small = OutgoingFile("a.pdf", "application/pdf", HeldContent(b"x"))

    one, other = (MultipartBody(PARTS, {}, {"content": each}) for each in (small, large))

    assert one.join() == joined(one)
    assert other.join() is None
    assert FILE * 3 in joined(other)


def test_a_file_on_disk_that_was_cut_short_is_an_error():
    body = MultipartBody(
        PARTS, {}, {"content": OutgoingFile("a", "a/b", SpooledContent(io.BytesIO(b"ab"), 3))}
    )
    with pytest.raises(OSError, match="cut short"):
        joined(body)


def test_a_file_name_cannot_leave_its_header():
    assert encode_file_name('a"; name="x\r\nSet: 1\0.pdf') == "a%22; name=%22x%0D%0ASet: 1.pdf"
    assert encode_file_name("Beleg für März.pdf") == "Beleg für März.pdf"


def test_a_long_file_name_retains_its_ending():
    found = encode_file_name("a" * 900 + ".pdf")

    assert (len(found), found[-5:]) == (200, "a.pdf")

"""A file among the arguments of a call: what is taken, what is refused before anything is sent, and what leaves."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace

import pytest

from generator.catalog import Call, Part, Returns
from runtime.operations.files import set_apart
from runtime.upstream.files import LARGEST_JOINED
from tests.made_up import TEXT, tool
from tests.made_up_calls import json_vendor, run
from tests.vendor_server import http

TYPES = {"pdf": ("application/pdf",), "jpg": ("image/jpeg", "image/jpg"), "txt": ("text/plain",)}
PART = Part(
    "file",
    content="content",
    file_name="FileName",
    media_type="ContentType",
    max_bytes=2_000_000,
    types=TYPES,
)
UPLOAD = tool(
    "upload_a_file",
    {"content": TEXT, "FileName": TEXT, "ContentType": TEXT},
    Call(
        "POST",
        "/upload",
        body="parts",
        body_arguments=(("FileName", "FileName"), ("ContentType", "ContentType")),
        parts=(Part("meta", fields=("FileName", "ContentType")), PART),
    ),
    Returns("record", ("File",)),
    required=["content", "FileName"],
    risk="create",
)
DONE = json_vendor({"File": {"Id": "9"}})
PDF = base64.b64encode(b"%PDF-1.7").decode()


def upload(handler=DONE, *, timeout=30, **arguments):
    """The answer, and the requests that the vendor got."""
    tools = {"upload_a_file": UPLOAD}
    [answer], server = run(handler, ("upload_a_file", arguments), tools=tools, timeout=timeout)
    return answer, server.requests


def refusal(**arguments) -> str:
    answer, requests = upload(**arguments)
    assert requests == []
    assert answer.error.code == "invalid_arguments"
    return answer.error.as_text()


def sent(requests) -> tuple[dict[str, str], bytes, bytes]:
    """The record that went out, the head of the file's part, and the file."""
    [(_, headers, body)] = requests
    parts = body.split(b"--" + headers["content-type"].split("boundary=")[1].encode())
    head, _, content = parts[2].partition(b"\r\n\r\n")
    return json.loads(parts[1].partition(b"\r\n\r\n")[2]), head, content.removesuffix(b"\r\n")


def test_the_media_type_follows_from_the_ending_of_the_name():
    answer, requests = upload(content=PDF, FileName="Receipt.PDF")

    record, head, content = sent(requests)
    assert answer.error is None
    assert record == {"FileName": "Receipt.PDF", "ContentType": "application/pdf"}
    assert b"Content-Type: application/pdf" in head
    assert content == b"%PDF-1.7"


@pytest.mark.parametrize("given", ["image/jpg", "IMAGE/JPEG; q=1", "application/octet-stream", ""])
def test_a_media_type_that_fits_or_says_nothing_is_taken(given):
    answer, requests = upload(content=PDF, FileName="a.jpg", ContentType=given)

    assert answer.error is None
    assert sent(requests)[0]["ContentType"] in TYPES["jpg"]


def test_a_media_type_of_another_kind_than_the_name_is_refused_with_what_would_fit():
    said = refusal(content=PDF, FileName="a.pdf", ContentType="image/png")

    assert '"ContentType" is "image/png", which does not fit a name that ends in ".pdf"' in said
    assert "application/pdf" in said


def test_the_media_type_of_a_data_address_counts_too():
    answer, requests = upload(content=f"data:application/pdf;base64,{PDF}", FileName="a.pdf")
    said = refusal(content=f"data:image/png;base64,{PDF}", FileName="a.pdf")

    assert answer.error is None
    assert sent(requests)[2] == b"%PDF-1.7"
    assert "image/png" in said


@pytest.mark.parametrize("name", ["a.exe", "receipt", "a.pdf.exe", ".exe"])
def test_a_kind_that_the_vendor_does_not_take_is_refused_with_those_it_takes(name):
    assert "takes files of these kinds only: jpg, pdf, txt." in refusal(content=PDF, FileName=name)


@pytest.mark.parametrize("content", ["", "data:application/pdf;base64,", " \n"])
def test_an_empty_file_is_refused(content):
    assert "is empty" in refusal(content=content, FileName="a.pdf")


def test_what_a_chat_app_sends_in_place_of_a_file_is_refused_by_its_name():
    assert 'is "chat_upload": the app named the file and did not pass it on' in refusal(
        content="chat_upload", FileName="a.pdf"
    )


@pytest.mark.parametrize("content", ["https://example.com/a.pdf", "file:///etc/passwd", "sandbox:/mnt/a.pdf"])
def test_an_address_in_place_of_a_file_is_refused_and_nothing_is_fetched(content):
    assert "is an address, and nothing is fetched" in refusal(content=content, FileName="a.pdf")


def test_what_is_no_base64_is_refused_with_the_place():
    assert "it has '!' as character 5" in refusal(content="QUJD!A==", FileName="a.pdf")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/a.pdf", "a.pdf"),
        ("C:\\fakepath\\a.pdf", "a.pdf"),
        ("a\r\nX: 1.pdf", "a X: 1.pdf"),
        ("x\x00.pdf", "x .pdf"),
    ],
)
def test_a_file_name_has_no_folders_and_no_line_ends(name, clean):
    _, requests = upload(content=PDF, FileName=name)

    record, head, _ = sent(requests)
    assert record["FileName"] == clean
    assert f'filename="{clean}"'.encode() in head
    assert head.count(b"\r\n") == 2  # behind the boundary, and between the two fields


def test_a_missing_name_is_an_error_of_the_arguments():
    assert 'Argument "FileName" is missing' in refusal(content=PDF)


def test_a_file_object_in_place_of_a_text_is_an_error_of_the_arguments():
    assert 'Argument "content" must be a text' in refusal(
        content={"file_id": "f1", "download_url": "https://example.com"}, FileName="a.pdf"
    )


def test_the_largest_request_is_sent_and_a_byte_more_is_refused():
    _, requests = upload(content=PDF, FileName="a.pdf")
    frame = len(requests[0][2]) - len(b"%PDF-1.7")
    largest = b"x" * (PART.max_bytes - frame)

    answer, requests = upload(content=base64.b64encode(largest).decode(), FileName="a.pdf")
    said = refusal(content=base64.b64encode(largest + b"x").decode(), FileName="a.pdf")

    assert answer.error is None
    [(_, headers, body)] = requests
    assert int(headers["content-length"]) == len(body) == PART.max_bytes
    assert "transfer-encoding" not in headers
    assert "the vendor takes 2,000,000" in said


def test_a_file_far_beyond_the_limit_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr("runtime.operations.files.decode", None)

    assert "is too large" in refusal(content="A" * 3_000_000, FileName="a.pdf")


def test_a_large_file_is_sent_again_whole_when_the_access_token_was_renewed():
    large = bytes(range(256)) * (LARGEST_JOINED // 256 + 1)

    def handler(line, headers, body):
        is_old = headers["authorization"] == "Bearer old"
        return http(401, b"{}") if is_old else http(200, b'{"File":{"Id":"9"}}')

    answer, requests = upload(handler, content=base64.b64encode(large).decode(), FileName="a.pdf")

    assert json.loads(answer.text) == {"Id": "9", "company": answer.company}
    assert [sent([each])[2] == large for each in requests] == [True, True]


def test_a_large_file_whose_connection_broke_is_sent_once_more_whole_and_under_the_same_key():
    large = bytes(range(256)) * (LARGEST_JOINED // 256 + 1)

    answer, requests = upload(lambda *_: b"", content=base64.b64encode(large).decode(), FileName="a.pdf")

    assert answer.error.code == "indeterminate"
    assert [sent([each])[2] == large for each in requests] == [True, True]
    assert len({line for line, _, _ in requests}) == 1


def test_a_large_file_has_longer_than_other_calls_to_be_sent():
    async def slow(line, headers, body):
        await asyncio.sleep(0.5)
        return http(200, b'{"File":{"Id":"9"}}')

    large = base64.b64encode(b"x" * (LARGEST_JOINED + 1)).decode()

    answer, _ = upload(slow, timeout=0.3, content=large, FileName="a.pdf")
    late, _ = upload(slow, timeout=0.3, content=PDF, FileName="a.pdf")

    assert answer.error is None
    assert "gave no answer within 0.3 seconds" in late.error.message


def test_two_files_differ_in_what_stands_for_them_in_the_arguments():
    async def story():
        taken = [await set_apart(UPLOAD, {"content": each}, {}) for each in ("QQ==", "Qg==", "QQ==")]
        return [each.arguments["content"] for each in taken]

    first, second, again = asyncio.run(story())

    assert first == again != second
    assert first.startswith("sha256:")


@pytest.mark.parametrize("given", ["text/plain\r\nX: 1", "pdf", "text/" + "x" * 200])
def test_a_media_type_that_is_none_cannot_reach_the_header(given):
    part = replace(PART, types={}, max_bytes=0)
    free = replace(UPLOAD, call=replace(UPLOAD.call, parts=(UPLOAD.call.parts[0], part)))
    arguments = {"content": PDF, "FileName": "a", "ContentType": given}

    [answer], server = run(DONE, ("upload_a_file", arguments), tools={"upload_a_file": free})

    assert '"ContentType" is not a media type' in answer.error.message
    assert server.requests == []


def test_a_complaint_inside_a_success_is_the_error():
    rejected = json_vendor({"Fault": {"Error": [{"code": "6041", "Message": "Invalid Uploaded File"}]}})

    answer, _ = upload(rejected, content=PDF, FileName="a.pdf")

    assert answer.error is not None


def test_a_tool_without_rules_for_files_takes_any():
    part = replace(PART, types={}, max_bytes=0)
    free = replace(UPLOAD, call=replace(UPLOAD.call, parts=(UPLOAD.call.parts[0], part)))

    [answer], server = run(
        DONE, ("upload_a_file", {"content": PDF, "FileName": "a"}), tools={"upload_a_file": free}
    )

    assert answer.error is None
    assert b"Content-Type: application/octet-stream" in sent(server.requests)[1]

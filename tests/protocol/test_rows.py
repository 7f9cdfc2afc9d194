"""This call sends that request; that response gives this result: every row of the tables in this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from runtime.exchange.tool_answer import Answer
from tests.made_up_calls import run
from tests.protocol.table import (
    ANY,
    Always,
    ExpectedError,
    ExpectedFile,
    Head,
    MalformedTable,
    Request,
    Response,
    Result,
    Row,
    name_row,
    read_head,
    read_row,
)
from tests.protocol.vendors import VENDORS, TableVendor
from tests.vendor_server import http

Got = tuple[str, dict[str, str], bytes]
HEADS = {path.stem: read_head(path) for path in sorted(Path(__file__).parent.glob("*.yaml"))}
ROWS = [
    pytest.param(table, at, id=f"{table}: {name_row(row)}")
    for table, head in HEADS.items()
    for at, row in enumerate(head.rows, 1)
]


@cache
def vendor_of(name: str) -> TableVendor:
    if name not in VENDORS:
        raise MalformedTable(f'"{name}" is no vendor. Vendors of tables: {", ".join(VENDORS)}.')
    return VENDORS[name]()


@pytest.mark.parametrize(("table", "number"), ROWS)
def test_row(table: str, number: int) -> None:
    check_row(HEADS[table], read_row(table, number, HEADS[table].rows[number - 1]))


def check_row(head: Head, row: Row) -> None:
    """Make the call of a row against each of its responses."""
    for response in row.responses or [row.response or Response()]:
        try:
            check_call(head, row, response)
        except AssertionError as error:
            error.add_note(f"The response was {response.model_dump(exclude_unset=True)}")
            raise


def check_call(head: Head, row: Row, response: Response) -> None:
    with_ = vendor_of(head.vendor)
    tools = with_.tools if row.tools is None else with_.only(row.tools)
    [answer], server = run(
        lambda *_: written(response),
        (row.tool, dict(row.arguments)),
        tools=tools,
        catalog=with_.tools,
        integration=with_.integration,
        accounts=(with_.account,),
        base_path=with_.base_path,
    )
    check_result(answer, row.result)
    status = response.status if row.request and response.raw is None else answer.status
    assert answer.status == (status if row.result.status is None else row.result.status)
    first, requests = server.requests[: row.reads_first], server.requests[row.reads_first :]
    assert all(line.startswith("GET ") for line, _, _ in first)
    assert len(requests) == (row.times if row.request else 0)
    assert len({line for line, _, _ in requests}) <= 1, "A request that is repeated is the same one."
    for got in requests:
        check_request(got, row.request, head.always, with_.base_path)


def written(response: Response) -> bytes:
    """The bytes of a response as the vendor sends them."""
    if response.raw is not None:
        return response.raw.encode("latin-1")
    body = (response.bytes or "").encode("latin-1")
    if "body" in response.model_fields_set:
        body = orjson.dumps(response.body)
    more = [f"{name}: {value}" for name, value in response.headers.items()]
    return http(response.status, body, response.media_type, *more)


def check_request(got: Got, wanted: Request, always: Always, base_path: str) -> None:
    verb, target, _ = got[0].split(" ")
    address, headers, body = urlsplit(target), got[1], got[2]
    path = wanted.path.removeprefix("{origin}") if wanted.path.startswith("{") else base_path + wanted.path
    query = {name: ",".join(values) for name, values in parse_qs(address.query, True).items()}

    assert (verb, address.path) == (wanted.verb, path)
    assert query == filled({**always.query, **wanted.query}, query)
    for name, value in {**always.headers, **wanted.headers}.items():
        assert headers.get(name.lower()) == value, name
    if wanted.parts:
        assert [*parts_of(headers["content-type"], body)] == wanted.parts
    else:
        assert (json.loads(body) if body else None) == wanted.body


def parts_of(content_type: str, body: bytes) -> Iterator[str]:
    boundary = b"--" + content_type.split("boundary=")[1].encode()
    for part in body.split(boundary)[1:-1]:
        yield part.removeprefix(b"\r\n").removesuffix(b"\r\n").decode().replace("\r\n", "\n")


def check_result(answer: Answer, wanted: Result) -> None:
    check_error(answer, wanted.error)
    if "answer" in wanted.model_fields_set:
        found = json.loads(answer.text)
        if answer.company:
            assert found.pop("company") == answer.company
        assert found == filled(wanted.answer, found)
    assert wanted.text in (None, answer.text)
    for part in wanted.says:
        assert part in answer.text
    assert file_of(answer) == wanted.file
    assert answer.note == (wanted.note or "")
    assert wanted.remaining in (None, answer.limits.remaining)
    fields = {name.decode(): value.decode() for name, value in answer.limits.write_fields()}
    assert {**fields, **wanted.limits} == fields


def file_of(answer: Answer) -> ExpectedFile | None:
    if answer.file is None:
        return None
    content = answer.file.content.decode("latin-1")
    return ExpectedFile(name=answer.file.name, bytes=content, media_type=answer.file.media_type)


def check_error(answer: Answer, wanted: ExpectedError | None) -> None:
    error = answer.error
    if wanted is None:
        assert error is None, error.as_text()
        return
    assert error is not None, answer.text
    assert error.code == wanted.code, error.as_text()
    assert wanted.status in (None, error.status)
    assert (answer.text, answer.file) == ("", None)
    assert wanted.message in (None, error.message)
    assert wanted.text in (None, error.as_text())
    for part in wanted.says:
        assert part in error.message


def filled(wanted: Any, found: Any) -> Any:
    """Return what is wanted with what was found in the places of ANY, where anything was."""
    if wanted == ANY and found:
        return found
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {name: filled(value, found.get(name)) for name, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [filled(*pair) for pair in zip(wanted, found, strict=True)]
    return wanted

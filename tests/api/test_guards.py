"""Guards of what the management API reads, each with the one request that it is there for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from runtime.api.reading import LARGEST_BODY, check_model, read_json
from runtime.api.uploads import LARGEST_REST, Uploads
from runtime.errors import InvalidRequest, TooLarge
from tests.api.test_uploads import PART, UPLOAD


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = ""


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: list[Item] = []
    one: Item = Item()


def test_a_body_that_is_announced_as_too_large_is_refused_before_any_of_it_is_read():
    async def receive():
        raise AssertionError("it was read")

    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % (LARGEST_BODY + 1))]
    with pytest.raises(TooLarge):
        asyncio.run(read_json(Request({"type": "http", "method": "POST", "headers": headers}, receive)))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"items": [{"nam": 1}]}, '"items.0.nam" is not known here. Did you mean "name"?'),
        ({"one": {"nam": 1}}, '"one.nam" is not known here. Did you mean "name"?'),
        ({"k" * 100: 1}, f'"{"k" * 80}" is not known here.'),
    ],
)
def test_an_unknown_name_is_shown_with_its_place_and_cut(values, said):
    with pytest.raises(InvalidRequest) as refused:
        check_model(values, Shape)
    assert refused.value.message == said


@pytest.mark.parametrize("is_bounded", [False, True])
def test_a_tool_without_a_limit_of_its_own_takes_a_large_file(is_bounded):
    content = b"x" * (2 * LARGEST_REST)
    part = replace(PART, max_bytes=len(content) // 4 if is_bounded else 0)
    head = b'--XX\r\nContent-Disposition: form-data; name="content"; filename="a.pdf"\r\n\r\n'
    body = head + content + b"\r\n--XX--\r\n"

    async def receive():
        return {"type": "http.request", "body": body}

    async def read():
        headers = [(b"content-type", b"multipart/form-data; boundary=XX")]
        request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
        async with Uploads().read(request, UPLOAD, part):
            return "taken"

    if is_bounded:
        with pytest.raises(TooLarge):
            asyncio.run(read())
    else:
        assert asyncio.run(read()) == "taken"

"""A list whose records the quick reader gives up on is read once more, from the response as it was prepared before."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from runtime.exchange import listing, masked_response
from runtime.exchange.masked_response import MaskedResponse
from runtime.upstream.client import VendorResponse
from runtime.upstream.dates import write_iso_dates
from tests.contexts import context_of
from tests.made_up import LIST, VENDOR


def test_dates_are_written_once_though_the_quick_reader_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[VendorResponse] = []

    def count(response: VendorResponse, patterns: tuple[str, ...]) -> VendorResponse:
        written.append(response)
        return write_iso_dates(response, patterns)

    monkeypatch.setattr(masked_response, "write_iso_dates", count)
    call = context_of(
        LIST, replace(VENDOR, dates=(r"/Date\((?P<milliseconds>[0-9]+)\)/",)), {"fields": ["*"]}
    )
    body = rb'{"QueryResponse": {"Invoice": [{"Id": "\u0031", "Due": "/Date(0)/"}]}}'
    response = VendorResponse(200, {}, body)

    answer = listing.read(call, MaskedResponse(call, listing.prepare(call), response))

    assert orjson.loads(answer.text)["records"] == [{"Id": "1", "Due": "1970-01-01T00:00:00Z"}]
    assert len(written) == 1

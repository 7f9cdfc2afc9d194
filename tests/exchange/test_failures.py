"""A response that is a failure by its status is never passed on as what a call was for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.catalog import Returns
from tests.made_up import PDF, TOOLS
from tests.made_up_calls import run
from tests.vendor_server import http

LINK = replace(PDF, name="get_an_acme_invoice_link", returns=Returns("text", ("link",)))
FAILURES = [
    (404, b'{"Fault":{"Error":[{"Message":"Not there","code":"610"}]}}'),
    (503, b"<html>down for maintenance</html>"),
    (302, b""),
    (500, b"%PDF-1.4 half of a file"),
]


@pytest.mark.parametrize(("status", "body"), FAILURES)
@pytest.mark.parametrize("tool", [PDF, LINK])
def test_a_failure_is_no_file_and_no_text(tool, status, body):
    called = (tool.name, {"id": "7"})
    [answer], _ = run(
        lambda line, headers, sent: http(status, body), called, tools={**TOOLS, LINK.name: LINK}
    )
    assert answer.error is not None
    assert (answer.file, answer.text, answer.status) == (None, "", status)

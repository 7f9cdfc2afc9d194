"""What a create tool is given and the vendor sets itself is not sent, and said where it came out otherwise."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from runtime.exchange import worked_out
from tests import made_up
from tests.builtin import builtin_catalog
from tests.safety.calling import talk

TOOL = replace(
    made_up.UPDATE, risk="create", ignored_arguments=("TotalAmt", "FullyQualifiedName", "MetaData")
)


@pytest.mark.parametrize(
    ("given", "record", "note"),
    [
        (
            {"TotalAmt": 100},
            {"TotalAmt": 108.25},
            "TotalAmt was given as 100.00, and Acme worked out 108.25.",
        ),
        ({"TotalAmt": "100"}, {"TotalAmt": 108}, "TotalAmt was given as 100.00, and Acme worked out 108.00."),
        ({"TotalAmt": 100}, {"TotalAmt": 100.004}, ""),
        ({"TotalAmt": 100}, {}, "TotalAmt was not sent: Acme sets it itself."),
        ({"TotalAmt": "a lot"}, {"TotalAmt": 1}, "TotalAmt was not sent: Acme sets it itself."),
        ({"FullyQualifiedName": "A:B"}, {"FullyQualifiedName": "A:B"}, ""),
        ({"FullyQualifiedName": "A:B"}, {}, "FullyQualifiedName was not sent: Acme sets it itself."),
        ({"MetaData": {"CreateTime": "x"}, "TotalAmt": None, "FullyQualifiedName": ""}, {}, ""),
    ],
)
def test_a_field_that_came_out_otherwise_is_named(given, record, note):
    dropped = worked_out.find_dropped(TOOL, given)

    assert worked_out.note_on(dropped, json.dumps(record), "Acme") == note


def test_an_update_that_sends_back_what_it_read_has_no_note():
    assert worked_out.find_dropped(replace(TOOL, risk="overwrite"), {"TotalAmt": 100}) == {}


def test_a_record_as_it_was_read_makes_a_new_one_and_the_answer_says_what_came_out_otherwise():
    catalog = builtin_catalog()
    tools = {tool.name: tool for tool in catalog.tools}
    line = {
        "Amount": 100,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "2"}},
    }
    given = {
        "CustomerRef": {"value": "3", "name": "Cool Cars"},
        "Line": [line],
        "TotalAmt": 100,
        "SyncToken": "4",
        "MetaData": {"CreateTime": "2020-01-31T09:30:00Z"},
        "domain": "QBO",
    }
    made = {"Id": "9", "SyncToken": "0", "TotalAmt": 108.25, "domain": "QBO"}

    async def script(call, server):
        answer = await call("create_a_quick_books_invoice", given)
        assert answer.error is None, answer.error
        assert json.loads(server.requests[-1][2]).keys() == {"CustomerRef", "Line"}
        assert answer.note.startswith("TotalAmt was given as 100.00, and QuickBooks")
        assert json.loads(answer.text)["TotalAmt"] == 108.25
        refused = await call("create_a_quick_books_invoice", {**given, "Id": "9"})
        assert 'Argument "Id" is not known' in refused.error.message

    talk(catalog.integrations["quickbooks"], tools, lambda line, body: {"Invoice": made}, script)

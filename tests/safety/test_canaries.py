"""Everything of the facts that is sensitive is marked, and no answer of any tool shows what is marked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from generator.catalog import Catalog, Tool
from runtime.safety.masking import cover_of, cover_value
from runtime.simulators.quickbooks import facts
from tests.builtin import books_catalog
from tests.safety.calling import talk

Steps = tuple[str, ...]
SENSITIVE = re.compile(
    r"(?i)ssn|sin$|birth|password|passcode|acct_?num|account_?num|bank_?num|bank_?branch|routing|iban|swift|bsb"
    r"|card_?num|^cc_?num|expiry(month|year)|cvv|cvc|security_?code|auth_?code|gstin|business_?num"
    r"|registration_?num|tax_?identifier|tax_?id$|^vat|\babn\b|employer_?id|^ccdetail$"
)
"""Names of fields that are sensitive wherever they stand."""
OF_TYPES = {"CreditChargeInfo": {"Number"}}
"""Plain names that are sensitive inside one type."""
EXTENSIONS = {"CreditChargeInfo", "CreditChargeResponse", "CheckPayment"}
"""Types whose extension block, of any content, may repeat what is sensitive in them."""
EXTENSION = {"IntuitAnyType"}
DEEPEST = 6
"""Types that stand in one another, in the path of a field."""
EXCEPTIONS = {
    ("Account", "AcctNum"): "The number of an account in the chart of accounts, which bookkeepers go by.",
    ("Account", "AcctNumExtn"): "What follows that number.",
    ("CreditChargeResponse", "CardSecurityCodeMatch"): "Whether the code fitted, not the code.",
}
FACTS = Path(facts.__file__).parent
ENTITIES, TYPES = (json.loads((FACTS / f"{name}.json").read_text("utf-8")) for name in ("entities", "types"))


def is_sensitive(owner: str, name: str, given: dict[str, Any]) -> bool:
    if (owner, name) in EXCEPTIONS or given["t"] == "boolean":
        return False
    is_extension = owner in EXTENSIONS and given.get("n") in EXTENSION
    return bool(SENSITIVE.search(name)) or name in OF_TYPES.get(owner, ()) or is_extension


def sensitive_in(owner: str, fields: dict[str, Any], before: Steps = (), depth: int = 0) -> Iterator[Steps]:
    """Every sensitive field of an entity or a type of the facts, however deep."""
    for name, given in fields.items():
        path = (*before, name)
        inner = given.get("n", "")
        inner = inner if inner in TYPES else f"{inner}Detail"
        if given.get("n") in EXTENSION and is_sensitive(owner, name, given):
            yield path
        elif given["t"] == "object" and inner in TYPES and depth < DEEPEST:
            yield from sensitive_in(inner.removesuffix("Detail"), TYPES[inner], path, depth + 1)
        elif is_sensitive(owner, name, given):
            yield path


FOUND = sorted(
    (entity, path) for entity, given in ENTITIES.items() for path in sensitive_in(entity, given["fields"])
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return CATALOG


CATALOG = books_catalog()
ENTITY_OF = {about.resource: about.entity for about in CATALOG.resources}
NO_RECORD = ("file", "text", "nothing")


def entity_of(tool: Tool) -> str:
    return ENTITY_OF[tool.resource]


def reaches_all(tool: Tool) -> bool:
    return tool.returns.kind in ("batch", "behaviour") or entity_of(tool) == "*"


def hidden_from(tool: Tool) -> list[tuple[str, Steps]]:
    """The sensitive fields of the facts that an answer of a tool may have."""
    if tool.returns.kind in NO_RECORD:
        return []
    if entity_of(tool) == "RecurringTransaction":  # it wraps the transaction that it makes
        return [each for each in FOUND if each[0] in ENTITIES["RecurringTransaction"]["fields"]]
    return FOUND if reaches_all(tool) else [each for each in FOUND if each[0] == entity_of(tool)]


def planted(path: Steps, value: Any) -> Any:
    """A record with a value at the end of a path."""
    for name in reversed(path):
        value = {name: value}
    return value


def test_the_facts_have_what_is_looked_for():
    names = {path[-1] for _, path in FOUND}
    assert len(FOUND) > 60
    assert names >= {
        "SSN", "BirthDate", "BankNum", "GSTIN", "BusinessNumber", "AcctNum", "Number", "SecurityCode", "AuthCode",
        "TaxIdentifier", "PrimaryTaxIdentifier", "EmployerId", "BankAccountNumber", "BankBranchIdentifier",
        "TaxRegistrationNumber", "CompanyRegistrationNumber", "MerchantAcctNum", "CcExpiryYear",
        "InvoiceLinkSecurityCode", "CheckPaymentEx",
    }  # fmt: skip


def test_every_exception_is_a_field_that_would_be_sensitive_by_its_name():
    for owner, name in EXCEPTIONS:
        assert name in (ENTITIES.get(owner, {}).get("fields") or TYPES[owner])
        assert SENSITIVE.search(name)


def test_every_sensitive_field_of_the_facts_is_hidden_by_every_tool_that_may_answer_it(catalog):
    shown = []
    for tool in catalog.tools:
        cover = cover_of(tool, catalog.by_name, is_masked=True)
        for entity, path in hidden_from(tool):
            record = {entity: [planted(path, CANARY)]}
            if CANARY in str(cover_value(cover, orjson.dumps(record), record)):
                shown.append((tool.name, entity, path))
    assert shown == []


def test_what_an_exception_names_is_shown_by_a_tool_over_any_record_too(catalog):
    tool = catalog.by_name["query_quick_books"]
    cover = cover_of(tool, catalog.by_name, is_masked=True)
    account, vendor = {"AcctNum": "1000", "BankNum": "1"}, {"AcctNum": "1000"}
    value = {"QueryResponse": {"Account": [account], "Vendor": [vendor]}}
    assert cover_value(cover, orjson.dumps(value), value)["QueryResponse"] == {
        "Account": [{"AcctNum": "1000", "BankNum": "•••"}],
        "Vendor": [{"AcctNum": "•••"}],
    }


CANARY = "CANARY-5550-1234"
VALUES = (CANARY, CANARY[:7], 5550123455501234, [CANARY], {"Value": CANARY}, [{"Name": [CANARY]}])
TRACES = (CANARY[:7], "5550123455501234")


def together(paths: list[Steps], value: Any) -> dict[str, Any]:
    """One record with a value at the end of every path."""
    record: dict[str, Any] = {"Id": "1", "SyncToken": "0"}
    for path in paths:
        branch = record
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = value
    return record


def reply_of(tool: Tool, value: Any) -> Any:
    """An answer of the vendor to a tool, with a value in every sensitive field."""
    by_entity: dict[str, list[Steps]] = {}
    for entity, path in hidden_from(tool):
        by_entity.setdefault(entity, []).append(path)
    records: dict[str, Any] = {entity: [together(paths, value)] for entity, paths in by_entity.items()}
    if tool.returns.kind == "behaviour":
        report = {"Header": {"ReportName": "R", "Option": []}, "Columns": {}, "Rows": {}}
        return {**report, **records, "CDCResponse": [{"QueryResponse": [records]}]}
    if tool.returns.kind == "records":
        if entity_of(tool) == "RecurringTransaction":
            records = {"RecurringTransaction": [{entity: each[0]} for entity, each in records.items()]}
        return {"QueryResponse": records or {entity_of(tool): []}}
    found: Any = {entity: each[0] for entity, each in records.items()}
    if entity_of(tool) == "RecurringTransaction":
        return {"RecurringTransaction": found}
    return found or {"Id": "1"}


def arguments_of(tool: Tool) -> dict[str, Any]:
    if tool.examples:
        return dict(tool.examples[0].arguments)
    required, properties = tool.input_schema["required"], tool.input_schema["properties"]
    return {name: properties[name].get("enum", ["1"])[0] for name in required}


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_no_answer_of_any_tool_shows_a_canary(catalog, value):
    reply: dict[str, Any] = {}
    shown, answered = [], set()

    async def script(call, server):
        for tool in catalog.tools:
            reply["now"] = reply_of(tool, value)
            for more in ({}, {"fields": ["*"]}):
                if more and not (tool.listing and tool.returns.kind == "records"):
                    continue
                answer = await call(tool.name, arguments_of(tool) | more)
                text = answer.text + (answer.error.as_text() if answer.error else "")
                if answer.error is None:
                    answered.add(tool.name)
                if any(trace in text for trace in TRACES):
                    shown.append(tool.name)

    talk(catalog.integrations["quickbooks"], catalog.by_name, lambda line, body: reply["now"], script)
    assert shown == []
    assert len(answered) > 200


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_no_answer_of_a_batch_shows_a_canary(catalog, value):
    forms = catalog.integrations["quickbooks"].batch.forms
    tools = [
        tool for tool in catalog.tools if tool.method in forms and hidden_from(tool) and tool.returns.path
    ]
    reply: dict[str, Any] = {}
    shown, answered = [], set()

    async def script(call, server):
        for tool in tools:
            reply["now"] = reply_of(tool, value)
            item = {"tool": tool.name, "arguments": arguments_of(tool)}
            answer = await call("run_a_quick_books_batch", {"calls": [item]})
            if answer.error is None:
                answered.add(tool.name)
            if any(trace in answer.text for trace in TRACES):
                shown.append(tool.name)

    def answer(line: str, body: Any) -> Any:
        return {"BatchItemResponse": [{"bId": "1", **reply["now"]}]} if "/batch" in line else reply["now"]

    talk(catalog.integrations["quickbooks"], catalog.by_name, answer, script)
    assert shown == []
    assert len(answered) > 30


def test_the_canaries_are_there_where_a_server_shows_what_is_sensitive(catalog):
    reply: dict[str, Any] = {}
    hidden = []

    async def script(call, server):
        for tool in catalog.tools:
            if tool.is_read_only and tool.returns.kind == "record" and hidden_from(tool):
                reply["now"] = reply_of(tool, CANARY)
                answer = await call(tool.name, arguments_of(tool))
                if CANARY not in answer.text:
                    hidden.append(tool.name)

    integration = catalog.integrations["quickbooks"]
    talk(integration, catalog.by_name, lambda line, body: reply["now"], script, show_sensitive=True)
    assert hidden == []

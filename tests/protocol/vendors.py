"""The vendors that tables may name: a made-up one with a tool for each form of a call, and those that are shipped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from generator.catalog import Call, Listing, Part, Returns, Tool
from generator.vendor import Integration
from runtime.model import Account, AccountId
from tests import made_up
from tests.builtin import builtin_catalog
from tests.made_up import GET, LIST, PDF, TEXT, UPDATE, tool
from tests.made_up_calls import ACCOUNT, BATCH
from tests.protocol.table import MalformedTable


@dataclass(frozen=True)
class TableVendor:
    """What a table is run with. `base_path` is what every path begins with."""

    integration: Integration
    tools: Mapping[str, Tool]
    account: Account
    base_path: str = ""

    def only(self, names: Iterable[str]) -> dict[str, Tool]:
        """Return some of the tools. Raises MalformedTable for a name that no tool has."""
        for name in names:
            if name not in self.tools:
                raise MalformedTable(f'"{name}" is no tool of {self.integration.name}.')
        return {name: self.tools[name] for name in names}


UPLOAD = tool(
    "upload_a_file",
    {"content": TEXT, "FileName": TEXT, "ContentType": TEXT, "Note": TEXT},
    Call(
        "POST",
        "{origin}/upload",
        body="parts",
        body_arguments=(("Note", "Note"), ("FileName", "FileName")),
        parts=(
            Part("meta", fields=("Note", "FileName")),
            Part("file", content="content", file_name="FileName", media_type="ContentType"),
        ),
    ),
    Returns("record", ("Uploads", "0", "File")),
    required=["content"],
    risk="create",
)
LEVEL = ("level", "{level}")
FORMS = (
    replace(GET, former_names=("read_an_invoice",)),
    replace(UPDATE, former_names=("change_an_invoice",)),
    replace(GET, name="a_report", returns=Returns("behaviour", behaviour="quickbooks.report_rows")),
    replace(
        LIST,
        name="query_acme",
        listing=Listing(entity="*", raw_query=True),
        returns=Returns("records", ("QueryResponse", "*")),
    ),
    replace(LIST, name="list_a_level", call=replace(LIST.call, query=(LEVEL,))),
    replace(LIST, name="list_on_a_level", call=replace(LIST.call, query=(*LIST.call.query, LEVEL))),
    replace(UPDATE, name="update_without_a_place", returns=Returns("record")),
    replace(PDF, name="get_an_invoice_link", returns=Returns("text", ("link",))),
    UPLOAD,
    BATCH,
)


def make_acme() -> TableVendor:
    pagination = replace(made_up.VENDOR.pagination, beside=("hints",))
    return TableVendor(
        replace(made_up.VENDOR, pagination=pagination),
        {**made_up.TOOLS, **{each.name: each for each in FORMS}},
        ACCOUNT,
    )


def make_quickbooks() -> TableVendor:
    catalog = builtin_catalog()
    account = Account(
        AccountId("a1"), "quickbooks", "production", "Acme", "active", "91", {"realm_id": "91"}, b"", 0, 0
    )
    tools = {each.name: each for each in catalog.list_tools("quickbooks")}
    return TableVendor(catalog.integrations["quickbooks"], tools, account, "/v3/company/91")


def make_connectwise() -> TableVendor:
    catalog = builtin_catalog()
    fields = {"site": "psa.example", "company_id": "mspco", "public_key": "p", "client_id": "c-1"}
    account = Account(
        AccountId("a1"), "connectwise", "production", "MSP", "active", "mspco", fields, b"", 0, 0
    )
    tools = {each.name: each for each in catalog.list_tools("connectwise")}
    return TableVendor(catalog.integrations["connectwise"], tools, account)


VENDORS: dict[str, Callable[[], TableVendor]] = {
    "acme": make_acme,
    "connectwise": make_connectwise,
    "quickbooks": make_quickbooks,
}

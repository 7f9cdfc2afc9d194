"""Where the references of QuickBooks Online point, and by what people know the records there."""

from __future__ import annotations

from pathlib import Path

from generator.catalog import Reference
from generator.compile import compile_catalog
from generator.vendor import ReferenceForm

CATALOG = compile_catalog(Path("definitions"))
VENDOR = CATALOG.integrations["quickbooks"]
PARTIES = {"Customer": "customers", "Vendor": "vendors", "Employee": "employees"}
UNPOINTED = {
    "AccountPurposes": "each is a purpose, not a record",
    "CurrencyRef": "its value is the code of a currency, not the Id of a record",
    "HomeCurrency": "its value is the code of a currency, not the Id of a record",
    "CustomerMemo": "a text of its own, not a reference",
    "PayrollItemRef": "no tool reads pay types",
    "PriceLevelRef": "no tool reads price levels",
    "ShipMethodRef": "its value is free text",
}


def references(tool):
    return {".".join(each.path): each for each in CATALOG.by_name[tool].references}


def test_a_reference_is_an_object_of_a_value_and_a_name():
    form = VENDOR.reference_form
    assert form == ReferenceForm("value", "name", "Ref", "[0-9]+", form.codes)
    assert form.codes["tax_codes"] == "TAX|NON|CustomSalesTax"


def test_a_reference_leads_to_its_resource_and_to_the_names_of_its_records():
    found = references("create_a_quick_books_invoice")

    assert found["CustomerRef"] == Reference(("CustomerRef",), {"": "customers"})
    assert found["Line.SalesItemLineDetail.ItemRef"].resources == {"": "items"}
    assert VENDOR.display_fields["customers"] == ("DisplayName", "FullyQualifiedName")


def test_a_party_is_a_customer_a_vendor_or_an_employee_by_its_kind():
    purchase = references("create_a_quick_books_purchase")["EntityRef"]
    entry = references("create_a_quick_books_journal_entry")["Line.JournalEntryLineDetail.Entity.EntityRef"]

    assert (purchase.kind, purchase.kind_beside, purchase.resources) == ("type", "", PARTIES)
    assert (entry.kind, entry.kind_beside, entry.resources) == ("", "Type", PARTIES)


def test_filters_and_parameters_of_reports_refer_by_the_id_alone():
    listed = references("list_all_quick_books_invoices")["CustomerRef"]
    report = references("get_quick_books_profit_and_loss_report")["customer"]

    assert listed == Reference(("CustomerRef",), {"": "customers"}, is_bare=True)
    assert report == Reference(("customer",), {"": "customers"}, is_bare=True)


def objects(schema, path=()):
    """The path of each object that is of the parts of a reference."""
    for name, given in schema.get("properties", {}).items():
        while given.get("type") == "array":
            given = given.get("items", {})
        if VENDOR.reference_form.id in given.get("properties", {}):
            yield (*path, name)
        yield from objects(given, (*path, name))


def test_every_reference_that_a_tool_takes_points_to_a_resource_or_has_a_reason():
    unpointed = {
        path[-1]
        for tool in CATALOG.list_tools("quickbooks")
        for path in objects(tool.input_schema)
        if path not in {each.path for each in tool.references}
    }

    assert unpointed == UNPOINTED.keys()


def test_every_resource_that_is_pointed_to_has_a_list_in_which_its_records_are_found():
    pointed = {to for tool in CATALOG.tools for each in tool.references for to in each.resources.values()}
    listed = {tool.resource for tool in CATALOG.tools if tool.method == "list"}

    assert pointed - listed == {"change_orders"}, "QuickBooks reads them one by one"
    assert len(pointed) > 25

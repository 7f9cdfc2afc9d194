"""What whoever may not see money has of the tools of a work system."""

from __future__ import annotations

from generator.catalog import Tool
from runtime.operations.money_tools import hide_money
from tests.builtin import builtin_catalog
from tests.offenders import report_offenders

TOOLS = [each for each in builtin_catalog().tools if each.integration == "connectwise"]
LEFT = {each.name: each for each in hide_money(TOOLS)}


def test_tickets_and_time_are_left_and_agreements_and_invoices_are_not() -> None:
    assert {"list_all_connectwise_tickets", "list_all_connectwise_time_entries"} <= LEFT.keys()
    assert not [name for name in LEFT if "agreement" in name or "invoice" in name or "addition" in name]


def test_no_list_finds_by_money_that_it_masks() -> None:
    def find_openings(tool: Tool) -> list[str]:
        listing = tool.listing
        if listing is None or not tool.money_fields:
            return []
        raw = ["query"] if "query" in tool.input_schema["properties"] else []
        return raw + (["a raw condition"] if listing.raw_query or listing.raw_conditions else [])

    masked = [each for each in LEFT.values() if each.money_fields]
    assert len(masked) >= 5
    report_offenders(masked, find_openings, lambda tool: tool.name)


def test_money_is_masked_in_what_is_left() -> None:
    time = LEFT["list_all_connectwise_time_entries"]
    assert ("hourlyRate",) in time.concealed
    assert "query" in next(each for each in TOOLS if each.name == time.name).input_schema["properties"]

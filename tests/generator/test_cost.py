"""What tools cost a model's context, and the bounds that ours retain."""

from dataclasses import replace
from pathlib import Path
from statistics import median

from generator.catalog import select
from generator.compile import compile_catalog
from generator.reports.cost import measure_cost, render_text, render_value
from generator.reports.token_estimate import BYTES_PER_TOKEN, count_tokens
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()
TOOLS = CATALOG.list_tools("quickbooks")


def tokens(tools):
    return sum(count_tokens(tool.wire) for tool in tools)


def test_no_tool_costs_more_than_3500_tokens():
    assert max(count_tokens(tool.wire) for tool in TOOLS) < 3_500


def test_a_median_list_or_get_tool_costs_less_than_350_tokens():
    for method in ("list", "get"):
        assert median(count_tokens(tool.wire) for tool in TOOLS if tool.method == method) < 350, method


def test_the_whole_read_only_toolset_costs_less_than_45000_tokens():
    assert tokens(tool for tool in TOOLS if tool.is_read_only) < 45_000


def test_the_toolset_of_sales_costs_less_than_32000_tokens():
    assert tokens(select(TOOLS, [], ["sales"])) < 32_000


def test_a_token_is_taken_for_a_fixed_number_of_bytes():
    assert count_tokens(b"x" * 430) == 100
    assert count_tokens("é" * 215) == round(430 / BYTES_PER_TOKEN)


def test_the_most_expensive_tool_comes_first_and_toolsets_add_up(shelf):
    tools = compile_catalog(Path("definitions")).tools

    found = measure_cost(tools)

    assert [cost for _, cost in found.tools] == sorted((cost for _, cost in found.tools), reverse=True)
    by_name = {each.name: each for each in found.toolsets}
    assert by_name["all of these"].tokens == tokens(tools)
    assert by_name["methods read"].tools == 2
    assert by_name["tag destructive"].tools == 1


def test_the_tokenizer_is_stated_and_what_is_left_off_is_counted():
    tools = [replace(tool, name=f"{tool.name}") for tool in TOOLS[:5]]

    text, value = render_text(measure_cost(tools), 2), render_value(measure_cost(tools), 2)

    assert "And 3 tools more; --top 5 shows all." in text
    assert "Counted as 1 token for 4.3 bytes" in text
    assert len(value["tools"]) == 2
    assert value["tokenizer"].startswith("1 token for 4.3 bytes")

"""What a URL lists when nobody says: every tool where a host takes them, otherwise everyday tools and discovery."""

from generator.catalog import select
from generator.reports.token_estimate import count_tokens
from runtime.exchange.allowance import Allowance
from runtime.mcp_server.changes import list_change_tools
from runtime.mcp_server.discovery import NAMES, Discovery
from runtime.mcp_server.toolset import Toolset, Toolsets, describe_listing
from runtime.model import ServerConfig
from runtime.operations.exposure import MOST_LISTED
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()
INTEGRATION = CATALOG.integrations["quickbooks"]


def toolset(**config: object) -> Toolset:
    return Toolsets().select(CATALOG, "quickbooks", ServerConfig(**config))  # type: ignore[arg-type]


def test_all_tools_of_a_large_catalog_are_shown_by_everyday_ones_and_those_that_find_the_others() -> None:
    here = toolset()

    assert set(here.listed_tools) == {*INTEGRATION.everyday, *NAMES}
    assert len(INTEGRATION.everyday) <= 30
    assert len(here.tools) == len(CATALOG.list_tools("quickbooks"))


def test_what_is_listed_by_default_costs_less_than_15000_tokens() -> None:
    assert sum(count_tokens(tool.wire) for tool in toolset().listed_tools.values()) < 15_000
    assert describe_listing(CATALOG, "quickbooks", ServerConfig()).tokens < 15_000


def test_a_filter_that_leaves_few_tools_lists_them_all_and_nothing_else() -> None:
    here = toolset(tags=("reports",))

    assert len(here.tools) <= MOST_LISTED
    assert here.listed_tools == here.tools
    assert here.discovery is None


def test_a_filter_that_leaves_many_lists_only_the_everyday_tools_that_it_leaves() -> None:
    left = {tool.name for tool in select(CATALOG.list_tools("quickbooks"), (), ("accounting",))}
    here = toolset(tags=("accounting",))

    assert len(left) > MOST_LISTED
    assert set(here.listed_tools) - NAMES == left & set(INTEGRATION.everyday)


def test_full_lists_every_tool_and_discovery_none() -> None:
    assert toolset(tool_exposure="full").listed_tools == toolset().tools
    assert set(toolset(tool_exposure="discovery").listed_tools) == NAMES


def test_a_listing_counts_tools_and_tokens_and_names_the_hosts_that_cannot_take_it() -> None:
    everything = describe_listing(CATALOG, "quickbooks", ServerConfig(tool_exposure="full"))
    usual = describe_listing(CATALOG, "quickbooks", ServerConfig())

    always = list_change_tools(CATALOG.by_name)
    tools = [*CATALOG.list_tools("quickbooks"), *always.values()]
    assert everything.available == everything.listed == len(tools)
    assert everything.tokens == sum(count_tokens(tool.wire) for tool in tools)
    assert {"GitHub Copilot", "Zed", "Mistral", "the OpenAI API"} <= set(everything.refused_by)
    listed = len(INTEGRATION.everyday) + len(NAMES) + len(always)
    assert (usual.available, usual.listed) == (everything.available, listed)
    assert usual.refused_by == {}


def test_the_instructions_are_short_enough_for_every_client_and_the_essentials_come_first() -> None:
    """Some clients show 512 characters, others cut at 2,048."""
    from runtime.mcp_server.discovery import GUIDANCE

    whole = f"{GUIDANCE}\n\n{INTEGRATION.guidance}"

    assert len(whole) <= 2_048
    for essential in (
        "search_tools",
        "call_write_tool",
        '{"value": "<Id>"}',
        "SyncToken",
        "left out stays",
        "YYYY-MM-DD",
    ):
        assert essential in whole[:512], essential


def test_a_search_parses_only_the_schemas_of_the_tools_that_it_answers_and_each_once() -> None:
    finder = Discovery({tool.name: tool for tool in CATALOG.list_tools("quickbooks")})

    for _ in range(2):
        finder.answer("search_tools", {"query": "list invoices", "limit": 3}, Allowance(32_000))

    assert len(finder._rows) == 3

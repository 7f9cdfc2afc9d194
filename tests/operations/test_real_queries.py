"""The filter around raw queries, tried on the definitions that ship: no statement reads another record."""

from __future__ import annotations

import pytest

from runtime.errors import InvalidArguments
from runtime.upstream.query import read_raw_paging
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()
LISTS = [
    tool for tool in CATALOG.tools if tool.listing and tool.listing.raw_query and tool.listing.entity != "*"
]


@pytest.mark.parametrize(
    "query",
    [
        "select * from Budget_",
        "select 'x from {entity}' from Preferences_",
        "select * from Preferences_ where Name = 'x from {entity} '",
        "select /* from {entity} */ * from Preferences_",
        "select x y from {entity}",
        "select * from {entity}.Preferences_",
        "select *\x00 from {entity}",
    ],
)
def test_a_statement_that_hides_another_record_is_refused(query):
    for tool in LISTS:
        with pytest.raises(InvalidArguments):
            read_raw_paging(
                CATALOG.integrations[tool.integration].query_language,
                tool.listing,
                query.replace("{entity}", tool.listing.entity),
            )


def test_whoever_writes_what_cannot_be_read_learns_what_can():
    for tool in CATALOG.tools:
        if tool.listing and tool.listing.raw_query:
            with pytest.raises(InvalidArguments) as refused:
                read_raw_paging(
                    CATALOG.integrations[tool.integration].query_language,
                    tool.listing,
                    "select sum(TotalAmt) from Invoice",
                )
            assert "There are no sums" in refused.value.advice
            assert ("typed filters" in refused.value.advice) == (tool.listing.entity != "*")


def test_every_example_query_passes_its_own_filter():
    for tool in LISTS:
        language = CATALOG.integrations[tool.integration].query_language
        for example in tool.examples:
            if query := example.arguments.get("query"):
                read_raw_paging(language, tool.listing, query)
        assert read_raw_paging(language, tool.listing, f"SELECT count(*) FROM {tool.listing.entity.lower()}")

"""A definition may name an analysis that a version lacks: that is found before a call needs it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.errors import SettingsError
from runtime.insights.kinds import MODULES, find_insight
from runtime.operations.own_answers import check_computed
from tests.builtin import builtin_catalog

TOOL = builtin_catalog().by_name["explain_change"]


def test_the_tools_of_the_definitions_name_known_analyses_alone() -> None:
    check_computed(builtin_catalog().tools)

    assert {each.returns.computed for each in builtin_catalog().tools} >= MODULES.keys()


def test_an_analysis_that_is_not_there_stops_the_start_with_its_name() -> None:
    unknown = replace(TOOL, returns=replace(TOOL.returns, computed="tea_leaves"))

    with pytest.raises(SettingsError, match='needs the analysis "tea_leaves"'):
        check_computed([unknown])


@pytest.mark.parametrize("name", MODULES)
def test_each_analysis_is_found_under_its_own_name(name: str) -> None:
    assert find_insight(name).name == name

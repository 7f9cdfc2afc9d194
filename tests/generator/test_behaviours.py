"""What a definition names as a behaviour is what the runtime has, and no vendor's code is named in the grammar."""

from dataclasses import replace
from pathlib import Path

import pytest

from generator.compile import check
from runtime.errors import SettingsError
from runtime.upstream.behaviours import BEHAVIOURS, check_behaviours
from tests import made_up
from tests.builtin import builtin_catalog


def test_our_definitions_name_every_behaviour_and_no_other():
    named = {tool.returns.behaviour for tool in builtin_catalog().tools} - {""}

    assert named == set(BEHAVIOURS)


def test_a_behaviour_that_is_not_there_is_an_error_at_the_start():
    lacking = replace(made_up.GET, returns=replace(made_up.GET.returns, behaviour="acme.rows"))

    with pytest.raises(SettingsError, match=r'needs the behaviour "acme\.rows"'):
        check_behaviours([lacking])


def test_a_behaviour_belongs_to_its_own_integration(shelf):
    shelf.change("book", "  get:\n", "  get:\n    returns: { behaviour: quickbooks.changes }\n")

    (found,) = check([Path("definitions")])

    assert str(found) == (
        'definitions/shelf/book.yaml:34: methods.get.returns: The behaviour "quickbooks.changes" belongs to another '
        "integration than shelf. Call it shelf.changes."
    )


def test_a_behaviour_has_the_name_of_its_integration_before_its_own(shelf):
    shelf.change("book", "  get:\n", "  get:\n    returns: { behaviour: rows }\n")

    assert "such as acme.report_rows." in " ".join(map(str, check([Path("definitions")])))

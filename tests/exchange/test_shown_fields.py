"""Which fields a list shows: a name inside a field, as a table calls its columns, is shown with that field."""

from __future__ import annotations

import pytest

from runtime.exchange.page_answer import choose_names
from tests import made_up


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        (["Customer.name"], ["Customer"]),
        (["Id", "Customer.value", "Customer.name", "Customer"], ["Id", "Customer"]),
        (["Line[80:]"], ["Line[80:]"]),
    ],
)
def test_a_name_inside_a_field_shows_the_field(asked, shown):
    assert choose_names(made_up.LIST, {"fields": asked}) == shown

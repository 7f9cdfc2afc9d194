"""A company whose writes wait, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.operations.approvals.proposing_company import ProposingCompany


@pytest.fixture
def company(tmp_path) -> Iterator[ProposingCompany]:
    made = ProposingCompany(tmp_path)
    yield made
    made.close()

"""What a rule over all of something reports."""

import pytest

from tests.offenders import report_offenders


def test_every_offender_is_listed_with_all_that_was_found():
    with pytest.raises(AssertionError) as found:
        report_offenders(range(4), lambda each: ["is odd", "is too large"][: each % 2 * each])

    assert str(found.value) == "3 break the rule:\n1: is odd\n3: is odd\n3: is too large"


def test_a_rule_over_nothing_fails():
    with pytest.raises(AssertionError, match="nothing that the rule could be broken by"):
        report_offenders([], lambda each: [])


def test_a_rule_that_nobody_breaks_passes():
    report_offenders(range(4), lambda each: [])

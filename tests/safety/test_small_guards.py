"""Guards that are reached through one branch only: what is redacted, filled in, shown in lists and counted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from runtime.errors import LedgerportError
from runtime.safety.comparisons import refuse_comparisons
from runtime.safety.guesses import Guesses, identify_client
from runtime.safety.masked_updates import complete, needs_current, redact
from runtime.safety.masking import MASK
from runtime.safety.write_answers import acknowledge
from runtime.stores.hot_memory import MemoryHotState
from tests import made_up
from tests.deployment import HandClock

PATHS = (("TaxId",), ("Line", "Number"), ("Bank", "Number"))
TOOL = replace(
    made_up.UPDATE,
    current=made_up.GET,
    sensitive=PATHS,
    concealed=(("Bank", "Number"),),
    call=replace(
        made_up.UPDATE.call, body_arguments=(("TaxId", "TaxId"), ("Line", "Line"), ("Bank", "Bank"))
    ),
)
STORED: dict[str, Any] = {
    "TaxId": "123456789",
    "Line": [{"Id": "1", "Number": "987654321"}],
    "Bank": {"Number": "5551234", "Short": "77"},
}


def test_of_two_secrets_that_overlap_no_part_is_left_in_an_error() -> None:
    error = LedgerportError("Refused 123456 and 1234.", advice="Not 123456.")
    found = redact(error, ["1234", "123456"])
    assert (found.message, found.advice) == (f"Refused {MASK} and {MASK}.", f"Not {MASK}.")
    assert str(found) == found.message


def test_every_stored_value_that_takes_the_place_of_a_mask_or_a_gap_is_redacted() -> None:
    content = {"TaxId": "•••6789", "Line": [{"Id": "1"}], "Bank": {"Number": MASK}}
    made = complete(TOOL, content, STORED, "Id")
    assert made.content == {
        "TaxId": "123456789",
        "Line": [{"Id": "1", "Number": "987654321"}],
        "Bank": {"Number": "5551234"},
    }
    assert sorted(made.secrets) == ["123456789", "5551234", "987654321"]


def test_a_whole_object_or_list_that_is_filled_in_has_its_sensitive_values_redacted_and_no_others() -> None:
    tool = replace(TOOL, clears_unless="sparse")
    stored = STORED | {"Line": [*STORED["Line"], "plain text"]}
    made = complete(tool, {"Id": "1"}, stored, "Id")
    assert made.content == {"Id": "1", **stored}
    assert sorted(made.secrets) == ["123456789", "5551234", "987654321"]


@pytest.mark.parametrize(
    ("content", "is_needed"),
    [
        ({"Line": [{"Id": "1"}]}, True),
        ({"Line": [{"Id": "1", "Number": "5"}]}, False),
        ({"Line": [{"Id": "1", "Number": "5"}, {"Id": "2"}]}, True),
        ({"Line": ["text"]}, False),
        ({"Bank": {}}, True),
        ({"Bank": {"Number": None}}, False),
        ({"Bank": {"Number": MASK}}, True),
        ({"DueDate": "2026-01-31"}, False),
    ],
)
def test_a_change_needs_what_is_stored_where_an_entry_or_object_would_lose_something(
    content: dict[str, Any], is_needed: bool
) -> None:
    assert needs_current(TOOL, content) is is_needed


@pytest.mark.parametrize(
    ("there", "sent", "shown"),
    [
        (["a", "b"], ["a", "x"], ["a"]),
        (["a", "b"], [None, None], []),
        ([["a"], "b"], [["a"], "b"], ["b"]),
        ([{"Id": "7", "Note": "secret"}, "b"], ["x", "b"], [{"Id": "7"}, "b"]),
    ],
)
def test_of_a_list_of_plain_values_a_blind_write_shows_only_those_that_agree(
    there: list[Any], sent: list[Any], shown: list[Any]
) -> None:
    assert acknowledge({"Tags": there}, {"Tags": sent}, ("Id",)) == {"Tags": shown}


def test_a_query_that_has_not_the_form_of_one_is_left_to_the_check_of_its_form() -> None:
    tool = replace(made_up.LIST, sensitive=PATHS)
    refuse_comparisons(tool, made_up.LANGUAGE, "no query at all about TaxId")


def test_beyond_the_bound_the_address_that_failed_longest_ago_is_forgotten_and_a_new_one_is_counted() -> None:
    async def story() -> None:
        guesses = Guesses(MemoryHotState(most_keys=2), clock=HandClock(), most_failures=1)
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
            assert await guesses.note(address) == 0
        assert await guesses.note("192.0.2.3") > 0
        assert await guesses.note("192.0.2.1") == 0

    asyncio.run(story())


def test_clients_without_an_ip_address_are_distinguished_by_their_text() -> None:
    assert identify_client("unix:a") != identify_client("unix:b")


def test_two_networks_of_ipv6_that_differ_in_their_last_bit_are_two_clients() -> None:
    assert identify_client("2001:db8:0:0::1") != identify_client("2001:db8:0:1::1")
    assert identify_client("2001:db8::8000:0:0:1") == identify_client("2001:db8::1")

"""Reversing and correcting journal entries through an agent's calls: the trial balance is as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.errors import Forbidden, PolicyRefused
from runtime.exchange.allowance import PLAIN
from runtime.exchange.tool_answer import Answer
from runtime.model import Policies
from runtime.operations.reversal import Reversal, Wanted
from runtime.operations.undo import Asked
from tests.company import copy_books, make_landscaper
from tests.operations.test_undo import Journaled


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Journaled]:
    found = Journaled(copy_books(make_landscaper()), tmp_path)
    yield found
    found.close()
    found.here.stores.close()


def line(side: str, account: str, cents: int) -> dict[str, Any]:
    detail = {"PostingType": side, "AccountRef": {"value": account}}
    return {
        "DetailType": "JournalEntryLineDetail",
        "Amount": cents / 100,
        "JournalEntryLineDetail": detail,
        "Description": f"{side} of {account}",
    }


def reverse(company: Journaled, record_id: str, *, is_preview: bool = False, **wanted: Any) -> Answer:
    reversal = Reversal(company.calls, lambda: company.catalog)
    asked = Asked(company.grant, company.tools)
    return company._runner.run(
        reversal.reverse(asked, Wanted(record_id, **wanted), PLAIN, is_preview=is_preview)
    )


@pytest.fixture
def accounts(company: Journaled) -> list[str]:
    """Accounts that take a line without a name."""
    found = company.list("accounts", limit=100)
    named = ("Accounts Receivable", "Accounts Payable")
    return [each["Id"] for each in found if each["AccountType"] not in named]


def new_entry(company: Journaled, accounts: list[str], *cents: int) -> dict[str, Any]:
    chance = random.Random(sum(cents))
    lines = [line("Debit", chance.choice(accounts), each) for each in cents]
    lines.append(line("Credit", chance.choice(accounts), sum(cents)))
    found: dict[str, Any] = company.call(
        "create journal_entries", Line=lines, DocNumber="J-1", TxnDate="2026-10-31", PrivateNote="as booked"
    )
    return found


@pytest.mark.parametrize("seed", range(4))
def test_an_entry_and_its_reversal_leave_the_trial_balance_as_it_was(
    company: Journaled, accounts: list[str], seed: int
) -> None:
    chance, before = random.Random(seed), company.balances()
    entry = new_entry(
        company, accounts, *(chance.randrange(1, 90_000) for _ in range(chance.randrange(1, 6)))
    )
    answer = reverse(company, entry["Id"])
    assert answer.error is None, answer.error
    assert company.balances() == before
    made = orjson.loads(answer.text)
    assert f"{entry['Id']} is reversed by {made['Id']}." in answer.note
    assert (made["TxnDate"], made["PrivateNote"]) == ("2026-10-31", "as booked")
    assert made.get("DocNumber") != entry["DocNumber"]


def test_a_correction_books_both_entries_in_one_request_and_names_both(
    company: Journaled, accounts: list[str]
) -> None:
    entry = new_entry(company, accounts, 1000)
    sent = company.count_sent("POST")
    lines = [line("Debit", accounts[0], 1200), line("Credit", accounts[1], 1200)]
    answer = reverse(company, entry["Id"], day="2026-11-30", corrected={"Line": lines})
    assert answer.error is None, answer.error
    assert company.count_sent("POST") == sent + 1
    newest, second = (each["Id"] for each in company.list("journal_entries", limit=2))
    ids = sorted((newest, second), key=int)
    assert answer.note.startswith(f"{entry['Id']} is reversed by {ids[0]}. The corrected one is {ids[1]}.")
    assert company.call("get journal_entries", id=ids[0])["TxnDate"] == "2026-11-30"
    assert [each.outcome for each in company.entries()[:2]] == ["done", "done"]


def test_a_preview_of_a_reversal_sends_nothing_but_reads(company: Journaled, accounts: list[str]) -> None:
    entry = new_entry(company, accounts, 1000)
    sent = company.count_sent("POST")
    shown = orjson.loads(reverse(company, entry["Id"], is_preview=True).text)
    sides = [each["JournalEntryLineDetail"]["PostingType"] for each in shown["request"]["body"]["Line"]]
    assert (sides, shown["dry_run"]) == (["Credit", "Debit"], True)
    assert company.count_sent("POST") == sent


def test_a_reversal_is_held_to_the_policies_and_the_tools_of_whoever_asks(
    company: Journaled, accounts: list[str]
) -> None:
    entry = new_entry(company, accounts, 90_000)
    config = replace(company.grant.config, policies=Policies(max_amount=Decimal(100)))
    company.grant = replace(company.grant, config=config)
    for corrected in (None, {"Line": [line("Debit", accounts[0], 100), line("Credit", accounts[1], 100)]}):
        assert isinstance(reverse(company, entry["Id"], corrected=corrected).error, PolicyRefused)
    name = "get_single_quick_books_journal_entry_by_id"
    company.tools = {each: tool for each, tool in company.tools.items() if each != name}
    with pytest.raises(Forbidden):
        reverse(company, entry["Id"])


def test_a_correction_that_does_not_balance_is_refused_before_anything_is_sent(
    company: Journaled, accounts: list[str]
) -> None:
    entry = new_entry(company, accounts, 1000)
    sent = company.count_sent("POST")
    lines = [line("Debit", accounts[0], 1200), line("Credit", accounts[1], 1100)]
    answer = reverse(company, entry["Id"], corrected={"Line": lines})
    assert answer.error is not None
    assert company.count_sent("POST") == sent

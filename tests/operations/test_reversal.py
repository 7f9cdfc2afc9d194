"""Reversing and correcting journal entries through an agent's calls: the trial balance is as it was."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.errors import Conflict, Forbidden, Indeterminate, PartlyDone, PolicyRefused
from runtime.exchange.allowance import PLAIN
from runtime.exchange.tool_answer import Answer
from runtime.model import Policies
from runtime.operations.reversal import Reversal, Wanted
from runtime.operations.undo import Asked, Undo
from runtime.upstream.client import VendorRequest, VendorResponse
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


def reverse(
    company: Journaled,
    record_id: str,
    *,
    is_preview: bool = False,
    allow_duplicate: bool = False,
    **wanted: Any,
) -> Answer:
    reversal = Reversal(company.calls, lambda: company.catalog, company.undo)
    asked = Asked(company.grant, company.tools, allow_duplicate=allow_duplicate)
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


def kinds(company: Journaled) -> list[tuple[str, str, str | None]]:
    return [(each.kind, each.outcome, each.reverses) for each in company.entries()]


def test_a_reversal_and_a_correction_are_in_the_journal_as_what_they_are(
    company: Journaled, accounts: list[str]
) -> None:
    entry, other = new_entry(company, accounts, 1000), new_entry(company, accounts, 1100)
    reverse(company, entry["Id"])
    reverse(company, other["Id"], corrected=balanced(accounts[0], accounts[1], 1200))
    assert kinds(company)[:3] == [
        ("correct", "done", other["Id"]),
        ("reverse", "done", other["Id"]),
        ("reverse", "done", entry["Id"]),
    ]


def balanced(debit: str, credit: str, cents: int) -> dict[str, Any]:
    return {"Line": [line("Debit", debit, cents), line("Credit", credit, cents)]}


@pytest.mark.parametrize("is_preview", [True, False])
def test_a_record_that_was_reversed_is_not_reversed_again_unless_that_is_allowed(
    company: Journaled, accounts: list[str], is_preview: bool
) -> None:
    entry = new_entry(company, accounts, 1000)
    made = orjson.loads(reverse(company, entry["Id"]).text)
    by, sent = company.entries()[0], company.count_sent("POST")
    with pytest.raises(Conflict, match=f"by the change {by.id}, which is the record {made['Id']}") as refused:
        reverse(company, entry["Id"], is_preview=is_preview)
    assert refused.value.details == {"reversed_by": {"id": by.id, "outcome": "done", "record_id": made["Id"]}}
    assert company.count_sent("POST") == sent
    answer = reverse(company, entry["Id"], is_preview=is_preview, allow_duplicate=True)
    assert answer.error is None
    assert company.count_sent("POST") == sent + (not is_preview)


def test_a_record_whose_reversal_was_undone_may_be_reversed_again(
    company: Journaled, accounts: list[str]
) -> None:
    entry, before = new_entry(company, accounts, 1000), company.balances()
    reverse(company, entry["Id"])
    company.revert(company.entries()[0])
    assert company.balances() == before
    assert reverse(company, entry["Id"]).error is None


def test_a_record_that_was_reversed_is_not_deleted_by_an_undo_unless_that_is_allowed(
    company: Journaled, accounts: list[str]
) -> None:
    entry = new_entry(company, accounts, 1000)
    made = company.entries()[0]
    reverse(company, entry["Id"])
    with pytest.raises(Conflict, match="was reversed already"):
        company.revert(made)
    asked = Asked(company.grant, company.tools, allow_duplicate=True)
    assert company._runner.run(company.undo.revert(asked, made.id))["reverts"] == made.id


def test_of_two_processes_that_reverse_a_record_at_once_one_does(
    company: Journaled, accounts: list[str]
) -> None:
    entry, sent = new_entry(company, accounts, 1000), company.count_sent("POST")
    asked = Asked(company.grant, company.tools)
    other = Undo(company.here.stores, company.undo._journal, company.calls, lambda: company.catalog)

    async def both() -> list[Any]:
        reversals = (Reversal(company.calls, lambda: company.catalog, undo) for undo in (company.undo, other))
        calls = (each.reverse(asked, Wanted(entry["Id"]), PLAIN) for each in reversals)
        return await asyncio.gather(*calls, return_exceptions=True)

    found = company._runner.run(both())
    assert sorted(isinstance(each, Conflict) for each in found) == [False, True]
    assert company.count_sent("POST") == sent + 1


def close_between(company: Journaled, account: str) -> None:
    """Have somebody set an account inactive after everything was checked, when the request is on its way."""

    async def close(request: VendorRequest) -> None:
        if "/batch" in request.url:
            company.client.before = nothing
            found = await company.ask("update accounts", id=account, Active=False)
            assert found.error is None, found.error

    async def nothing(_request: VendorRequest) -> None:
        pass

    company.client.before = close


@pytest.fixture
def pair(company: Journaled) -> list[str]:
    """New accounts: two of the entry that is corrected, two of the right one."""
    return [
        company.call("create accounts", Name=f"Expense {at}", AccountType="Expense")["Id"] for at in range(4)
    ]


@pytest.mark.parametrize(("closed", "undone"), [(3, "The reversal"), (0, "The corrected entry")])
def test_a_correction_of_which_the_vendor_refuses_one_entry_leaves_none_of_it(
    company: Journaled, pair: list[str], closed: int, undone: str
) -> None:
    entry = company.call(
        "create journal_entries", **balanced(pair[0], pair[1], 1000), PrivateNote="as booked"
    )
    before = company.balances()
    close_between(company, pair[closed])
    answer = reverse(company, entry["Id"], corrected=balanced(pair[2], pair[3], 1200))
    assert answer.error is not None
    assert "One of the two entries was refused" in answer.error.message
    assert f"{undone} " in answer.error.message
    assert "was taken back, so nothing of it stands" in answer.error.message
    assert company.balances() == before
    assert company.entries()[0].kind == "revert"
    assert (
        len([each for each in company.list("journal_entries") if each.get("PrivateNote") == "as booked"]) == 1
    )


def test_a_correction_that_cannot_be_taken_back_says_what_stands_and_how_to_revert_it(
    company: Journaled, pair: list[str]
) -> None:
    entry = company.call("create journal_entries", **balanced(pair[0], pair[1], 1000))
    company.tools = {
        name: tool
        for name, tool in company.tools.items()
        if name != "delete_a_quick_books_journal_entry_by_id"
    }
    close_between(company, pair[3])
    error = reverse(company, entry["Id"], corrected=balanced(pair[2], pair[3], 1200)).error
    stands = next(each for each in company.entries() if each.kind == "reverse")
    assert isinstance(error, PartlyDone)
    assert error.details["done"]["id"] == stands.id
    assert error.details["refused"]["code"] == "invalid"
    assert f"Revert the change {stands.id}" in error.advice


def test_a_correction_of_which_an_answer_is_missing_is_indeterminate_and_nothing_of_it_is_undone(
    company: Journaled, pair: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = company.call("create journal_entries", **balanced(pair[0], pair[1], 1000))
    send = company.client.send

    async def lose_the_second(request: VendorRequest, account: str) -> VendorResponse:
        response = await send(request, account)
        if "/batch" not in request.url:
            return response
        body = orjson.loads(response.body)
        del body["BatchItemResponse"][1]
        return response._replace(body=orjson.dumps(body))

    monkeypatch.setattr(company.client, "send", lose_the_second)
    error = reverse(company, entry["Id"], corrected=balanced(pair[2], pair[3], 1200)).error
    assert isinstance(error, Indeterminate)
    assert error.details["done"]["kind"] == "reverse"
    assert [each.outcome for each in company.entries()[:2]] == ["indeterminate", "done"]

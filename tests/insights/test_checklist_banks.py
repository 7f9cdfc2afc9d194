"""Bank and card accounts by the pattern of their months, over small books."""

from __future__ import annotations

from datetime import date
from typing import Any

from runtime.insights.books import Transaction
from tests.insights.checklist_books import check, check_item, make, make_books, post

DEPOSITS = tuple(make("deposit", str(at), f"2026-{at:02}-28", "5", account="1") for at in range(4, 11))


def judge(*transactions: Transaction, balance: str = "35", **values: Any) -> dict[str, Any]:
    """Return the item of the bank and card accounts."""
    return check_item("bank_accounts", *transactions, balances={"1": balance}, **values)


def test_an_account_as_in_the_months_before_is_done_and_the_statement_is_said_to_be_unseen() -> None:
    item = judge(*DEPOSITS)

    assert item["status"] == "done"
    assert item["says"].endswith("Whether it matches the statement of the bank cannot be seen here.")


def test_an_account_without_an_entry_in_the_month_asks_for_attention() -> None:
    item = judge(*DEPOSITS[:-1], balance="30")

    assert (item["status"], item["evidence"]) == ("attention", ["accounts:1"])
    assert "no entry in October 2026" in item["says"]
    assert "28 September 2026" in item["says"]


def test_an_account_that_is_used_now_and_then_needs_no_entry() -> None:
    assert judge(DEPOSITS[0], DEPOSITS[2], DEPOSITS[4])["status"] == "done"


def test_a_last_entry_long_before_the_end_of_the_month_asks_for_attention() -> None:
    early = make("deposit", "99", "10-04", "5", account="1")

    item = judge(*DEPOSITS[:-1], early)

    assert item["status"] == "attention"
    assert "last entry on 4 October 2026, 27 days before 31 October 2026" in item["says"]


def test_an_account_whose_last_entry_is_always_early_is_done() -> None:
    early = tuple(make("deposit", str(at), f"2026-{at:02}-04", "5", account="1") for at in range(4, 11))

    assert judge(*early)["status"] == "done"


def test_a_card_that_always_ends_at_zero_and_now_does_not_asks_for_attention() -> None:
    paid = tuple(
        each
        for at in range(4, 10)
        for each in (
            make("expense", f"1{at}", f"2026-{at:02}-20", "70", account="2"),
            make("card_payment", f"2{at}", f"2026-{at:02}-28", "70", account="1", to_account="2"),
        )
    )
    unpaid = make("expense", "99", "10-28", "70", account="2")

    item = check_item("bank_accounts", *paid, unpaid, balances={"2": "-70", "1": "0"})

    assert item["status"] == "attention"
    assert "Card ends with -70.00 USD" in item["says"]
    assert "accounts:2" in item["evidence"]


def test_the_balance_of_a_running_month_is_not_compared() -> None:
    large = make("deposit", "99", "10-28", "9000", account="1")
    books = make_books(*DEPOSITS, large, balances={"1": "9035"}, today=date(2026, 10, 29))
    ended = make_books(*DEPOSITS, large, balances={"1": "9035"})

    assert check(books)["bank_accounts"]["status"] == "done"
    assert check(ended)["bank_accounts"]["status"] == "attention"


def test_journal_entries_transfers_and_lines_count_as_entries() -> None:
    former = DEPOSITS[:-1]
    journal = make("journal", "9", "10-28", lines=(post("1", "5", "debit"), post("11", "5", "credit")))
    transfer = make("transfer", "9", "10-28", "5", account="2", to_account="1")
    bill = make("deposit", "9", "10-28", "5", account="5", lines=(post("1", "5"),))

    for each in (journal, transfer, bill):
        assert "no entry" not in judge(*former, each)["says"], each.kind


def test_a_company_without_entries_has_no_use_for_it() -> None:
    assert judge()["status"] == "not_used"

"""Conflicts and repeats together with the guards: a repeat is answered with success, and changes nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from runtime.errors import Conflict, InvalidArguments
from runtime.exchange.written import REPEATED
from runtime.safety.fences import BEGIN, END
from runtime.simulators.quickbooks.books.store import Store
from tests.company import Company, copy_books
from tests.safety.combined import Guarded, make_invoice
from tests.safety.test_guarded_updates import goods, interrupt, new_bill, new_invoice, read


@pytest.fixture
def company(template: Store, tmp_path: Path) -> Iterator[Guarded]:
    found = Guarded(copy_books(template), tmp_path)
    yield found
    found.close_all()


class TestAConflict:
    def test_that_is_retried_is_an_entry_of_the_journal_for_each_attempt(self, company):
        bill = new_bill(company)
        read(company, "bills", bill["Id"])
        interrupt(company, bill, PrivateNote="Ask Ann")

        company.call("update bills", **_due(bill), on_conflict="retry")

        attempts = [each for each in company.entries() if each.tool == company._name("update bills")]
        assert [each.outcome for each in attempts] == ["done", "refused"]
        assert len({each.vendor_key for each in attempts}) == 2

    @pytest.mark.parametrize("is_restarted", [True, False])
    def test_that_was_retried_is_answered_with_success_when_the_call_is_repeated(self, company, is_restarted):
        bill = new_bill(company)
        read(company, "bills", bill["Id"])
        interrupt(company, bill, PrivateNote="Ask Ann")

        first = company.answer("update bills", "key-1", **_due(bill), on_conflict="retry")
        after = read(company, "bills", bill["Id"])
        if is_restarted:
            forget_reads(company)
        again = company.answer("update bills", "key-1", **_due(bill), on_conflict="retry")

        assert (first.error, again.error) == (None, None)
        assert read(company, "bills", bill["Id"]) == after
        assert (after["DueDate"], after["PrivateNote"]) == ("2027-01-31", "Ask Ann")

    def test_on_a_fenced_server_has_what_somebody_else_wrote_in_fences(self, company):
        bill = new_bill(company)
        company.configure(untrusted_text="fenced")
        read(company, "bills", bill["Id"])
        interrupt(company, bill, PrivateNote="Pay the other account")

        error = company.refused("update bills", **_due(bill))

        assert isinstance(error, Conflict)
        assert error.details["changed"]["PrivateNote"] == [None, f"{BEGIN}Pay the other account{END}"]


def _due(bill: dict[str, Any]) -> dict[str, Any]:
    return {"id": bill["Id"], "SyncToken": bill["SyncToken"], "DueDate": "2027-01-31"}


def forget_reads(company: Company) -> None:
    """Forget what was read moments ago, as a process does that is started again."""
    company.calls._writes._known._accounts.clear()


class TestARepeat:
    def test_of_an_update_that_removed_a_line_is_not_refused_for_the_line_that_is_gone(self, company):
        made = new_invoice(company, 50, 60)
        given = {"id": made["Id"], "remove_lines": [goods(made)[1]["Id"]]}

        answers = [company.answer("update invoices", "key-1", **given) for _ in range(2)]

        assert [each.error for each in answers] == [None, None]
        assert len(goods(read(company, "invoices", made["Id"]))) == 1
        assert isinstance(company.refused("update invoices", **given), InvalidArguments)

    def test_does_not_claim_what_others_changed_since(self, company):
        made = new_invoice(company, 50)
        given = {"id": made["Id"], "PrivateNote": "Mine"}
        company.answer("update invoices", "key-1", **given)
        company.call("update invoices", id=made["Id"], PrivateNote="Theirs")

        again = company.answer("update invoices", "key-1", **given)

        answer = orjson.loads(again.text)
        assert answer["record"]["PrivateNote"] == "Mine"
        assert answer["warnings"] == [REPEATED]
        assert "changed" not in answer
        assert read(company, "invoices", made["Id"])["PrivateNote"] == "Theirs"

    def test_of_a_payment_says_nothing_of_the_balance_that_it_paid_itself(self, company):
        made = company.call("create invoices", **make_invoice())
        line = {"Amount": 50, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}
        given = {"CustomerRef": "1", "TotalAmt": 50, "TxnDate": "2026-11-20", "Line": [line]}

        answers = [company.answer("create payments", "key-1", **given) for _ in range(2)]

        assert answers[0].text == answers[1].text
        assert answers[0].note == answers[1].note

"""Clients that nobody here wrote: python-quickbooks with intuit-oauth, over HTTP."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException, ValidationException
from quickbooks.helpers import qb_date_format
from quickbooks.objects import (
    Account,
    Attachable,
    Bill,
    BillPayment,
    CompanyInfo,
    Customer,
    Estimate,
    Invoice,
    Item,
    JournalEntry,
    Payment,
    Preferences,
    Vendor,
)
from quickbooks.objects.base import AttachableRef, EmailAddress, Ref
from quickbooks.objects.billpayment import BillPaymentLine, CheckPayment
from quickbooks.objects.detailline import (
    AccountBasedExpenseLine,
    AccountBasedExpenseLineDetail,
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.journalentry import JournalEntryLine, JournalEntryLineDetail
from quickbooks.objects.payment import PaymentLine

from tests.simulators.quickbooks.conftest import CLIENT, REDIRECT

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def auth(address: str) -> AuthClient:
    """Return signed in through the pages, with Intuit's own client for OAuth."""
    client = AuthClient(*CLIENT, REDIRECT, f"{address}/.well-known/openid_sandbox_configuration")
    url = client.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL], state_token="s")
    asked = dict(httpx2.URL(url).params)
    form = {**asked, "realm": "9130357849126540", "decision": "connect"}
    back = httpx2.URL(httpx2.post(f"{address}/connect/oauth2", data=form).headers["location"])
    client.get_bearer_token(back.params["code"], realm_id=back.params["realmId"])
    return client


@pytest.fixture(scope="module")
def qb(auth: AuthClient, address: str) -> Iterator[QuickBooks]:
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        client = QuickBooks(
            auth_client=auth, refresh_token=auth.refresh_token, company_id=auth.realm_id, minorversion=75
        )
        client.api_url_v3 = f"{address}/v3"
        yield client


def customer(qb: QuickBooks, name: str) -> Customer:
    made = Customer()
    made.DisplayName = name
    made.PrimaryEmailAddr = EmailAddress()
    made.PrimaryEmailAddr.Address = "someone@example.com"
    return made.save(qb=qb)


def reference(kind: type, id: str) -> Ref:
    made = Ref()
    made.value, made.type = id, kind.__name__
    return made


def invoice(qb: QuickBooks, owner: Customer, value: float = 100) -> Invoice:
    line = SalesItemLine()
    line.Amount, line.SalesItemLineDetail = value, SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = reference(Item, "4")
    made = Invoice()
    made.CustomerRef = owner.to_ref()
    made.Line = [line]
    return made.save(qb=qb)


def test_tokens_are_refreshed_and_revoked(address: str, auth: AuthClient) -> None:
    before = auth.access_token
    auth.refresh()
    assert auth.access_token != before
    assert auth.get_user_info().json()["email"] == "owner@example.com"
    with pytest.raises(AuthClientError):
        auth.refresh(refresh_token="wrong")


def test_a_customer_is_made_found_changed_and_put_away(qb: QuickBooks) -> None:
    made = customer(qb, "From a Library")
    found = Customer.filter(DisplayName="From a Library", qb=qb)
    assert [one.Id for one in found] == [made.Id]
    found[0].CompanyName = "Library Ltd"
    found[0].save(qb=qb)
    again = Customer.get(made.Id, qb=qb)
    assert (again.CompanyName, again.SyncToken) == ("Library Ltd", "1")
    again.Active = False
    again.save(qb=qb)
    assert Customer.filter(DisplayName="From a Library", qb=qb) == []


def test_pages_and_counts_agree(qb: QuickBooks) -> None:
    total = Account.count(qb=qb)
    pages = [Account.all(order_by="Id", start_position=start, max_results=40, qb=qb) for start in (1, 41, 81)]
    ids = [account.Id for page in pages for account in page]
    assert len(ids) == len(set(ids)) == total == 89
    assert [
        account.Name for account in Account.where("AccountType = 'Credit Card'", order_by="Name", qb=qb)
    ] == ["Mastercard", "Visa"]
    assert len(Account.choose(["1", "2"], field="Id", qb=qb)) == 2


def test_an_invoice_is_paid_voided_sent_and_printed(qb: QuickBooks) -> None:
    owner = customer(qb, "Payer")
    made = invoice(qb, owner)
    payment = Payment()
    payment.CustomerRef, payment.TotalAmt = owner.to_ref(), 60
    line = PaymentLine()
    line.Amount, line.LinkedTxn = 60, [made.to_linked_txn()]
    payment.Line = [line]
    payment = payment.save(qb=qb)
    assert Invoice.get(made.Id, qb=qb).Balance == 40
    assert Invoice.get(made.Id, qb=qb).send(qb=qb)["Invoice"]["EmailStatus"] == "EmailSent"
    assert made.download_pdf(qb=qb).startswith(b"%PDF-")
    payment.void(qb=qb)
    now = Invoice.get(made.Id, qb=qb)
    assert now.Balance == 100
    now.void(qb=qb)
    assert Invoice.get(made.Id, qb=qb).PrivateNote == "Voided"


def test_deleting_removes_and_a_second_look_is_not_found(qb: QuickBooks) -> None:
    made = invoice(qb, customer(qb, "Short Lived"))
    made.delete(qb=qb)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(made.Id, qb=qb)


def test_a_bill_is_paid(qb: QuickBooks) -> None:
    line = AccountBasedExpenseLine()
    line.Amount, line.AccountBasedExpenseLineDetail = 75, AccountBasedExpenseLineDetail()
    line.AccountBasedExpenseLineDetail.AccountRef = reference(Account, "7")
    bill = Bill()
    bill.VendorRef, bill.Line = Vendor.get("30", qb=qb).to_ref(), [line]
    bill = bill.save(qb=qb)
    pay = BillPayment()
    pay.VendorRef, pay.PayType, pay.TotalAmt = bill.VendorRef, "Check", 75
    pay.CheckPayment = CheckPayment()
    pay.CheckPayment.BankAccountRef = reference(Account, "35")
    part = BillPaymentLine()
    part.Amount, part.LinkedTxn = 75, [bill.to_linked_txn()]
    pay.Line = [part]
    pay.save(qb=qb)
    assert Bill.get(bill.Id, qb=qb).Balance == 0


def test_a_journal_entry_goes_in(qb: QuickBooks) -> None:
    entry = JournalEntry()
    for kind, account in (("Debit", "7"), ("Credit", "35")):
        line = JournalEntryLine()
        line.Amount, line.JournalEntryLineDetail = 10, JournalEntryLineDetail()
        line.JournalEntryLineDetail.PostingType = kind
        line.JournalEntryLineDetail.AccountRef = reference(Account, account)
        entry.Line.append(line)
    assert entry.save(qb=qb).Id


def test_batches_create_update_and_delete(qb: QuickBooks) -> None:
    made = [Customer() for _ in range(35)]
    for number, one in enumerate(made):
        one.DisplayName = f"Batch {number}"
    created = batch_create(made, qb=qb)
    assert (len(created.successes), len(created.faults)) == (35, 0)
    refused = batch_create([made[0]], qb=qb)
    assert refused.faults[0].Error[0].code == "6240"
    for one in created.successes:
        one.CompanyName = "Batched"
    assert len(batch_update(created.successes, qb=qb).successes) == 35
    invoices = [invoice(qb, created.successes[0]) for _ in range(2)]
    assert len(batch_delete(invoices, qb=qb).successes) == 2


def test_changes_are_captured(qb: QuickBooks) -> None:
    made = invoice(qb, customer(qb, "Watched"))
    found = change_data_capture([Invoice, Customer], "2026-11-19T00:00:00-08:00", qb=qb)
    assert made.Id in [one.Id for one in found.Invoice]


def test_reports_are_read(qb: QuickBooks) -> None:
    report = qb.get_report("ProfitAndLoss", {"start_date": "2026-01-01", "end_date": "2026-12-31"})
    assert report["Header"]["ReportName"] == "ProfitAndLoss"


def test_notes_and_files_are_attached(qb: QuickBooks) -> None:
    made = invoice(qb, customer(qb, "Filed"))
    link = AttachableRef()
    link.EntityRef = made.to_ref()
    file = Attachable()
    file.FileName, file.ContentType, file.AttachableRef = "note.txt", "text/plain", [link]
    file._FileBytes = b"hello"
    saved = file.save(qb=qb)
    assert (saved.Size, saved.FileName) == (5, "note.txt")
    address = Attachable.get(saved.Id, qb=qb).TempDownloadUri
    assert httpx2.get(address).content == b"hello"
    note = Attachable()
    note.Note = "only text"
    assert note.save(qb=qb).Id


def test_the_company_and_its_preferences_are_read(qb: QuickBooks) -> None:
    assert CompanyInfo.get("9130357849126540", qb=qb).CompanyName == "Test Company"
    assert Preferences.get(qb=qb).CurrencyPrefs.HomeCurrency.value == "USD"


def test_refusals_become_the_exceptions_of_the_library(qb: QuickBooks) -> None:
    with pytest.raises(QuickbooksException) as refused:
        customer(qb, "Amy's Bird Sanctuary")
    assert refused.value.error_code == 6240
    with pytest.raises(ValidationException):
        qb.query("select * fromm Customer")


def test_an_estimate_retains_its_day(qb: QuickBooks) -> None:
    made: Any = Estimate()
    made.CustomerRef = customer(qb, "Curious").to_ref()
    line = SalesItemLine()
    line.Amount, line.SalesItemLineDetail = 10, SalesItemLineDetail()
    made.Line = [line]
    made.TxnDate = qb_date_format(__import__("datetime").date(2026, 11, 3))
    assert made.save(qb=qb).TxnDate == "2026-11-03"

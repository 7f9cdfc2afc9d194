"""What is known of records that were read moments ago, and what is forgotten."""

from types import SimpleNamespace

import orjson
import pytest

from runtime.operations import known_records
from runtime.operations.known_records import KnownRecords, Wanted
from runtime.upstream.client import VendorResponse
from tests.builtin import builtin_catalog
from tests.company import Company, copy_books, make_landscaper

CATALOG = builtin_catalog()
GET = CATALOG.by_name["get_single_quick_books_customer_by_id"]
UPDATE = CATALOG.by_name["update_a_quick_books_customer_by_id"]
INTEGRATION = CATALOG.integrations["quickbooks"]
BY_ID = Wanted("customers", "Id", ("1",))


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


def _call(account="a", tool=GET):
    return SimpleNamespace(
        account=SimpleNamespace(id=account),
        tool=tool,
        arguments={"id": "1"},
        integration=INTEGRATION,
        changes_data=not tool.is_read_only,
    )


def _response(version="0", size=0):
    body = {"Customer": {"Id": "1", "SyncToken": version, "DisplayName": "Ada", "Notes": "x" * size}}
    return VendorResponse(200, {}, orjson.dumps(body))


def _version(known, version, account="a"):
    return known.get_version(account, GET, {"id": "1", "DisplayName": "B"}, ("SyncToken", version))


def test_a_read_is_known_to_updates_by_its_version_and_to_look_ups_by_its_id():
    known = KnownRecords()
    known.note(_call(), _response("3"))
    assert _version(known, "3")["DisplayName"] == "Ada"
    assert _version(known, "2") is None
    assert known.get_record(_call(), BY_ID, "1")["DisplayName"] == "Ada"


def test_nothing_is_known_of_another_account():
    known = KnownRecords()
    known.note(_call("a"), _response())
    assert _version(known, "0", "b") is None
    assert known.get_record(_call("b"), BY_ID, "1") is None


def test_a_write_leaves_what_says_what_changed_since_and_nothing_that_look_ups_take():
    clock = Clock()
    known = KnownRecords(clock)
    known.note(_call(), _response())
    known.get_record(_call(), BY_ID, "1")
    clock.now += 1
    known.forget(_call(), [_call(tool=UPDATE)])
    assert _version(known, "0") is not None
    assert known.get_record(_call(), BY_ID, "1") is None


@pytest.mark.parametrize(("seconds", "is_known"), [(119, True), (121, False)])
def test_a_version_is_known_for_two_minutes(seconds, is_known):
    clock = Clock()
    known = KnownRecords(clock)
    known.note(_call(), _response())
    clock.now += seconds
    assert (_version(known, "0") is not None) == is_known


def test_answers_of_all_accounts_together_are_bounded_and_those_of_the_last_caller_stay(monkeypatch):
    monkeypatch.setattr(known_records, "MOST_BYTES", 50_000)
    known = KnownRecords()
    for account in "abcdefghij":
        known.note(_call(account), _response(size=20_000))
    assert known._bytes <= 50_000
    assert [_version(known, "0", each) is not None for each in "hij"] == [False, True, True]


def test_answers_of_one_account_are_bounded(monkeypatch):
    monkeypatch.setattr(known_records, "MOST_ANSWERS", 2)
    known = KnownRecords()
    for version in "012":
        known.note(_call(), _response(version))
    assert [_version(known, each) is not None for each in "012"] == [False, True, True]


def test_what_was_read_while_a_write_was_under_way_is_not_taken_for_what_is_there_after_it():
    company = Company(copy_books(make_landscaper()))
    known = company.calls._exchanges._known
    stored = company.call("get customers", id="1")
    seen = []

    async def read_meanwhile(request):
        if request.verb == "POST":
            company.client.before = _do_nothing
            await company.ask("get customers", id="1")
            seen.append(known._accounts["a"].answers[-1])

    company.client.before = read_meanwhile
    company.call("update customers", id="1", SyncToken=stored["SyncToken"], Notes="New")
    call = SimpleNamespace(**{**vars(_call()), "account": company.grant.account})
    assert seen
    assert known.get_record(call, BY_ID, "1") is None
    company.close()


async def _do_nothing(_request):
    pass

"""Exchange gains and losses: what a rate gained or lost between a document and what settles it.

A document stays in the books at its own rate. What settles it takes as much from the receivable or payable as that is
worth there, and the difference to the rate of the money is a realised gain or loss, booked with the payment on the
later of the two days. `post_exchange_gains` books them once a write has put its links and entries in place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from runtime.simulators.quickbooks.books import settlement
from runtime.simulators.quickbooks.books.books import Books, get_entity, get_id_series
from runtime.simulators.quickbooks.books.postings import Entry
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault
from runtime.simulators.quickbooks.money import parse_decimal, round_to_cents, share

PAYERS = ("Payment", "BillPayment")
IS_PAYER = "from_type in ('Payment', 'BillPayment')"
SUBTYPE = ("Other Expense", "ExchangeGainOrLoss")
Key = tuple[str, str]


class Settled(NamedTuple):
    """A link of a payment: its key, what it settles, its cents, and the later of the days of both ends."""

    pk: int
    target: Key
    cents: int
    day: str


def has_several(books: Books) -> bool:
    """Return whether the company books in several currencies."""
    return bool(books.get_preference("CurrencyPrefs", "MultiCurrencyEnabled"))


def get_currency(books: Books, body: Body | None) -> str:
    """Return the currency of a record; the home currency where it names none."""
    return get_reference((body or {}).get("CurrencyRef")) or books.get_home_currency()


def get_rate(body: Body) -> Decimal:
    """Return the exchange rate of a transaction; 1 where it names none."""
    return parse_decimal(body.get("ExchangeRate") or 1)


def get_gain_account(books: Books) -> str:
    """Return the account of exchange gains and losses, made when it is first needed as the service makes it."""
    found = books.find_first_account(*SUBTYPE)
    if found is not None:
        return found
    id = str(books.take_next_number(get_id_series(get_entity("Account"))))
    name = "Exchange Gain or Loss"
    body = {
        "Id": id, "Name": name, "FullyQualifiedName": name, "Active": True, "AccountType": SUBTYPE[0],
        "AccountSubType": SUBTYPE[1], "Classification": "Expense", "SubAccount": False, "CurrentBalance": 0,
        "CurrentBalanceWithSubAccounts": 0, "domain": "QBO", "sparse": False,
    }  # fmt: skip
    books.write_new("Account", body)
    return id


def measure_links(books: Books, entity: str, id: str) -> dict[int, int]:
    """Return what every link to a foreign document takes from it in home currency: {key of the link: cents}.

    Empty for a document in home currency. Rounding runs up, so that a document settled in full is gone to the cent.
    """
    body = books.find(entity, id)
    if body is None or get_currency(books, body) == books.get_home_currency():
        return {}
    rows = books.store.execute(
        "select pk, cents, from_type, from_id from links where realm = ? and to_type = ? and to_id = ?"
        f" and {IS_PAYER} order by date, cast(from_id as integer), pk",
        (books.realm, entity, id),
    ).fetchall()
    reached: dict[object, int] = {}
    values: dict[int, int] = {}
    for pk, value, payer, payer_id in rows:
        owner, foreign, home = _amounts(books, body, entity, payer, payer_id)
        before, after = reached.get(owner, 0), reached.get(owner, 0) + value
        reached[owner] = after
        values[pk] = share(home, Decimal(after), Decimal(foreign)) - share(
            home, Decimal(before), Decimal(foreign)
        )
    return values


def _amounts(books: Books, body: Body, entity: str, payer: str, payer_id: str) -> tuple[object, int, int]:
    """Return whose part of a document a payment settles, and what that is in its own and in home currency."""
    id = str(body["Id"])
    if entity == "JournalEntry":
        payment = books.read(payer, payer_id)
        owner = settlement.find_owner(books, payer, payment)
        foreign, home = settlement.sum_owed_by_journal(books, payer, payment, id)
        return (payer, owner), abs(foreign), abs(home)
    kind = settlement.CONTROLS[payer][0]
    rows = books.store.execute(
        "select account, cents from postings where realm = ? and txn_type = ? and txn_id = ? and line is null",
        (books.realm, entity, id),
    )
    home = sum(value for held, value in rows if books.get_account_type(held) == kind)
    return None, settlement.get_payable_total(body), abs(home)


def make_difference_entries(books: Books, entity: str, body: Body, control: str) -> list[Entry]:
    """Return the entries that bring what a payment takes from receivables or payables to what it settles there."""
    if "Id" not in body or get_currency(books, body) == books.get_home_currency():
        return []
    party, sign = settlement.CONTROLS[entity][1:]
    owner = get_reference(body.get(settlement.OWNER[entity]))
    rate, made = get_rate(body), list[Entry]()
    settled, used = settlement.sum_applied_and_used(books, entity, body)
    reached = round_to_cents(body.get("TotalAmt")) + used - settled
    for link in _links(books, entity, str(body["Id"])):
        value = measure_links(books, *link.target).get(link.pk, 0)
        is_owed = settlement.is_settling(books, entity, body, *link.target)
        amount, worth = (link.cents, value) if is_owed else (-link.cents, -value)
        paid = _at(rate, reached + amount) - _at(rate, reached)
        reached += amount
        if worth != paid:
            difference = Entry(control, sign * (paid - worth), is_home=True, date=link.day)
            named = (
                replace(difference, customer=owner)
                if party == "customer"
                else replace(difference, vendor=owner)
            )
            made += [named, Entry(get_gain_account(books), -named.cents, is_home=True, date=link.day)]
    return made


def _at(rate: Decimal, value: int) -> int:
    return share(value, rate, Decimal(1))


def _links(books: Books, entity: str, id: str) -> list[Settled]:
    rows = books.store.execute(
        "select links.pk, to_type, to_id, cents, max(links.date, coalesce(txn_date, links.date)) from links"
        " left join records on records.realm = links.realm and entity = to_type and id = to_id"
        " where links.realm = ? and from_type = ? and from_id = ? order by links.pk",
        (books.realm, entity, id),
    ).fetchall()
    return [Settled(pk, (to_type, to_id), value, day) for pk, to_type, to_id, value, day in rows]


def make_deposit_entries(books: Books, body: Body, found: Body, account_held: str, value: int) -> list[Entry]:
    """Return what foreign money gained or lost between its receipt and its deposit; `value` is in its own currency."""
    lost = _at(get_rate(found), value) - _at(get_rate(body), value)
    if not lost:
        return []
    return [Entry(account_held, -lost, is_home=True), Entry(get_gain_account(books), lost, is_home=True)]


def take_currency(books: Books, body: Body) -> None:
    """Give a deposit the currency of the money it brings; 6000 for money in several."""
    linked = [(line.get("LinkedTxn") or [{}])[0] for line in body.get("Line") or []]
    found = [books.find(str(link["TxnType"]), str(link["TxnId"])) for link in linked if link.get("TxnId")]
    codes = {get_currency(books, each) for each in found if each is not None}
    given = get_reference(body.get("CurrencyRef"))
    if len(codes | ({given} if given else set())) > 1:
        raise make_business_fault("A deposit can't hold money in several currencies.", "CurrencyRef")
    if codes and not given:
        body["CurrencyRef"] = {"value": codes.pop()}


def note(books: Books, keys: Iterable[Key]) -> None:
    """Note documents and payments whose amounts, rates or links have changed."""
    if has_several(books):
        books.unsettled.update(keys)


def take_unsettled(books: Books) -> list[Key]:
    """Return what has to be booked anew, and forget it: noted payments, and what pays the noted documents."""
    noted, books.unsettled = books.unsettled, set()
    payers = {key for key in noted if key[0] in PAYERS}
    for entity, id in noted - payers:
        rows = books.store.execute(
            "select distinct from_type, from_id from links where realm = ? and to_type = ? and to_id = ?"
            f" and {IS_PAYER}",
            (books.realm, entity, id),
        )
        payers.update((payer, payer_id) for payer, payer_id in rows)
    return sorted(payers)

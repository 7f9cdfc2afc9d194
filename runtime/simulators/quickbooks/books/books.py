"""The records of one company: finding, numbering, writing. Knows nothing of bookkeeping; `changes` does."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.pending import Differences, Place
from runtime.simulators.quickbooks.books.store import Body, Event, Store, json_text, reference
from runtime.simulators.quickbooks.clock import stamp
from runtime.simulators.quickbooks.faults import not_found
from runtime.simulators.quickbooks.money import cents
from runtime.simulators.quickbooks.schema import Entity, entities

BALANCES = ("Balance", "CurrentBalance", "UnappliedAmt")
"""The property that the `balance` column repeats: the first of these that a record has."""

NAME_SERIES = frozenset({"Customer", "Vendor", "Employee"})
SALES_NUMBERS = frozenset({"Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt"})

WRITE_RECORD = (
    "insert into records (realm, entity, id, num, token, active, created, updated, txn_date, due_date, total, balance,"
    " doc_number, customer, vendor, name, full_name, body)"
    " values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " on conflict (realm, entity, id) do update set token=excluded.token, active=excluded.active,"
    " created=excluded.created, updated=excluded.updated, txn_date=excluded.txn_date, due_date=excluded.due_date,"
    " total=excluded.total, balance=excluded.balance, doc_number=excluded.doc_number, customer=excluded.customer,"
    " vendor=excluded.vendor, name=excluded.name, full_name=excluded.full_name, body=excluded.body"
)


def _cents_of(body: Body, *names: str) -> int | None:
    for name in names:
        if body.get(name) is not None:
            return cents(body[name])
    return None


class Books:
    """One company in the store. Writes are made inside `store.transaction()`."""

    def __init__(self, store: Store, realm: str) -> None:
        self.store = store
        self.realm = realm
        self.clock = store.clock
        self._preferences: Body | None = None
        self._account_types: dict[str, str] = {}
        self._first_accounts: dict[tuple[str, str | None], str | None] = {}
        self.differences = Differences()
        self.unvalued: dict[str, Place] = {}
        """Items whose stock has to be valued anew, and from where on."""
        self.unsettled: set[tuple[str, str]] = set()
        """Documents and payments in other currencies whose exchange gains have to be booked anew."""
        self.is_loading = False
        """While a bulk load is on, balances are written once at its end."""

    def account_type(self, id: str) -> str:
        """AccountType of an account; it cannot change once it is known here."""
        if id not in self._account_types:
            self._account_types[id] = str((self.find("Account", id) or {}).get("AccountType"))
        return self._account_types[id]

    def find(self, entity: str, id: str | None) -> Body | None:
        """A record, or None."""
        row = self.store.execute(
            "select body from records where realm = ? and entity = ? and id = ?", (self.realm, entity, id)
        ).fetchone()
        return orjson.loads(row[0]) if row else None

    def read(self, entity: str, id: str | None) -> Body:
        """A record; 610 when there is none."""
        found = self.find(entity, id)
        if found is None:
            raise not_found()
        return found

    def name_of(self, entity: str, id: str) -> str | None:
        """What a reference to the record shows as its name: names of sub-records in full."""
        row = self.store.execute(
            "select coalesce(full_name, name) from records where realm = ? and entity = ? and id = ?",
            (self.realm, entity, id),
        ).fetchone()
        return row[0] if row else None

    def standing(self, entity: str, id: str) -> tuple[str, int] | None:
        """The name that a reference to the record shows, and whether it is active; None for no record."""
        row: tuple[str, int] | None = self.store.execute(
            "select coalesce(full_name, name), active from records where realm = ? and entity = ? and id = ?",
            (self.realm, entity, id),
        ).fetchone()
        return row

    def next_number(self, series: str) -> int:
        """Counts a series one on and says the new value."""
        row = self.store.execute(
            "insert into counters values (?, ?, 1) on conflict do update set value = value + 1 returning value",
            (self.realm, series),
        ).fetchone()
        return int(row[0])

    def raise_number(self, series: str, at_least: int) -> None:
        """Makes a series go on after `at_least`."""
        self.store.execute(
            "insert into counters values (?1, ?2, ?3) on conflict do update set value = max(value, ?3)",
            (self.realm, series, at_least),
        )

    def next_id(self, entity: Entity) -> str:
        """The next Id of a kind of record."""
        return str(self.next_number(id_series(entity)))

    def write(self, entity: str, body: Body, created: int, updated: int) -> None:
        """Stores a record as it is, with the columns that queries look for; moments in milliseconds."""
        id = str(body["Id"])
        self.store.execute(
            WRITE_RECORD,
            (
                self.realm, entity, id, int(id) if id.isascii() and id.isdigit() else None, int(body["SyncToken"]),
                int(body.get("Active", True)), created, updated, body.get("TxnDate"), body.get("DueDate"),
                _cents_of(body, "TotalAmt"), _cents_of(body, *BALANCES), body.get("DocNumber"),
                reference(body.get("CustomerRef")), reference(body.get("VendorRef")),
                body.get("DisplayName") or body.get("Name"), body.get("FullyQualifiedName"), json_text(body),
            ),
        )  # fmt: skip
        if entity == "Preferences":
            self._preferences = None
        if entity == "Account":
            self._first_accounts.clear()
            self.store.revise(self.realm)

    def write_new(self, entity: str, body: Body) -> None:
        """Stores a record for the first time, stamped now."""
        now = self.clock.milliseconds()
        body["SyncToken"] = "0"
        body["MetaData"] = {"CreateTime": stamp(now), "LastUpdatedTime": stamp(now)}
        self.write(entity, body, now, now)
        self._tell(entity, body, "Create", now)

    def write_changed(self, entity: str, body: Body, operation: str = "Update") -> None:
        """Stores a changed record: SyncToken one up, stamped now. `operation` is what webhooks are told."""
        now = self.clock.milliseconds()
        body["SyncToken"] = str(int(body["SyncToken"]) + 1)
        body["MetaData"] = {**body["MetaData"], "LastUpdatedTime": stamp(now)}
        self.write(entity, body, self._created(entity, str(body["Id"])), now)
        self._tell(entity, body, operation, now)

    def _tell(self, entity: str, body: Body, operation: str, at: int) -> None:
        if operation in entities()[entity].webhooks and not self.is_loading:
            self.store.events.append(Event(self.realm, entity, str(body["Id"]), operation, at))

    def _created(self, entity: str, id: str) -> int:
        row = self.store.execute(
            "select created from records where realm = ? and entity = ? and id = ?", (self.realm, entity, id)
        ).fetchone()
        return int(row[0])

    def write_silently(self, entity: str, body: Body) -> None:
        """Stores what the service worked out by itself (a balance, a name in a reference): no new SyncToken."""
        self.store.execute(
            "update records set body = ?, balance = ? where realm = ? and entity = ? and id = ?",
            (
                json_text(body),
                _cents_of(body, *BALANCES),
                self.realm,
                entity,
                str(body["Id"]),
            ),
        )

    def remove(self, entity: str, id: str) -> None:
        """Takes a record out and remembers that it was there."""
        self._tell(entity, {"Id": id}, "Delete", self.clock.milliseconds())
        self.store.execute(
            "delete from records where realm = ? and entity = ? and id = ?", (self.realm, entity, id)
        )
        self.store.execute(
            "insert or replace into deletions values (?, ?, ?, ?)",
            (self.realm, entity, id, self.clock.milliseconds()),
        )

    def preferences(self) -> Body:
        """The company's preferences; {} for a company without any."""
        if self._preferences is None:
            self._preferences = self.find("Preferences", "1") or {}
        return self._preferences

    def preference(self, group: str, name: str) -> Any:
        """One preference, or None."""
        return (self.preferences().get(group) or {}).get(name)

    def other_preference(self, name: str) -> str | None:
        """One of the preferences that the service keeps as names and values, or None."""
        for pair in self.preference("OtherPrefs", "NameValue") or []:
            if pair.get("Name") == name:
                return str(pair.get("Value"))
        return None

    def closing_date(self) -> str | None:
        """The day up to which the books are closed, if they are."""
        found: str | None = self.preference("AccountingInfoPrefs", "BookCloseDate")
        return found

    def home_currency(self) -> str:
        """The company's own currency."""
        return reference(self.preference("CurrencyPrefs", "HomeCurrency")) or "USD"

    def today(self) -> date:
        """The company's day."""
        return self.clock.today()

    def first_account(self, account_type: str, subtype: str | None = None) -> str | None:
        """Id of the oldest active account of a type (and subtype)."""
        wanted = (account_type, subtype)
        if wanted not in self._first_accounts:
            self._first_accounts[wanted] = self._find_first_account(account_type, subtype)
        return self._first_accounts[wanted]

    def _find_first_account(self, account_type: str, subtype: str | None) -> str | None:
        row = self.store.execute(
            "select id from records where realm = ?1 and entity = 'Account' and active = 1"
            " and body ->> '$.AccountType' = ?2 and (?3 is null or body ->> '$.AccountSubType' = ?3)"
            " order by num limit 1",
            (self.realm, account_type, subtype),
        ).fetchone()
        return row[0] if row else None


def id_series(entity: Entity) -> str:
    """Transactions share one counter, customers, vendors and employees another, every other list has its own."""
    if entity.is_transaction:
        return "transaction"
    return "name" if entity.name in NAME_SERIES else entity.name


def entity_named(name: str) -> Entity:
    """The facts about one kind of record."""
    return entities()[name]

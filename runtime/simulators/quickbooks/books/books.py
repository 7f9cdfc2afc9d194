"""The records of one company: finding, numbering, writing. Knows nothing of bookkeeping."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.pending import Differences, Place
from runtime.simulators.quickbooks.books.store import Body, Event, Store, dump_json, get_reference
from runtime.simulators.quickbooks.clock import format_stamp
from runtime.simulators.quickbooks.faults import make_not_found_fault
from runtime.simulators.quickbooks.money import round_to_cents
from runtime.simulators.quickbooks.schema import Entity, load_entities

BALANCES = ("Balance", "CurrentBalance", "UnappliedAmt")
"""The property that the `balance` column repeats: the first of these that a record has."""

NAME_SERIES = frozenset({"Customer", "Vendor", "Employee"})

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
            return round_to_cents(body[name])
    return None


class Books:
    """One company in the store. Writes are made inside `store.begin_transaction()`."""

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

    def get_account_type(self, id: str) -> str:
        """Return AccountType of an account; it cannot change once it is known here."""
        if id not in self._account_types:
            self._account_types[id] = str((self.find("Account", id) or {}).get("AccountType"))
        return self._account_types[id]

    def find(self, entity: str, id: str | None) -> Body | None:
        """Return a record, or None."""
        row = self.store.execute(
            "select body from records where realm = ? and entity = ? and id = ?", (self.realm, entity, id)
        ).fetchone()
        return orjson.loads(row[0]) if row else None

    def read(self, entity: str, id: str | None) -> Body:
        """Return a record; 610 when there is none."""
        found = self.find(entity, id)
        if found is None:
            raise make_not_found_fault()
        return found

    def get_name(self, entity: str, id: str) -> str | None:
        """Return what a reference to the record shows as its name: names of sub-records in full."""
        row = self.store.execute(
            "select coalesce(full_name, name) from records where realm = ? and entity = ? and id = ?",
            (self.realm, entity, id),
        ).fetchone()
        return row[0] if row else None

    def get_reference_state(self, entity: str, id: str) -> tuple[str, int] | None:
        """Return the name that a reference to the record shows, and whether it is active; None for no record."""
        row: tuple[str, int] | None = self.store.execute(
            "select coalesce(full_name, name), active from records where realm = ? and entity = ? and id = ?",
            (self.realm, entity, id),
        ).fetchone()
        return row

    def take_next_number(self, series: str) -> int:
        """Count a series one on and return the new value."""
        row = self.store.execute(
            "insert into counters values (?, ?, 1) on conflict do update set value = value + 1 returning value",
            (self.realm, series),
        ).fetchone()
        return int(row[0])

    def raise_number(self, series: str, at_least: int) -> None:
        """Make a series go on after `at_least`."""
        self.store.execute(
            "insert into counters values (?1, ?2, ?3) on conflict do update set value = max(value, ?3)",
            (self.realm, series, at_least),
        )

    def take_next_id(self, entity: Entity) -> str:
        """Return the next Id of a kind of record."""
        return str(self.take_next_number(get_id_series(entity)))

    def write(self, entity: str, body: Body, created: int, updated: int) -> None:
        """Store a record as it is, with the columns that queries look for; moments in milliseconds."""
        id = str(body["Id"])
        self.store.execute(
            WRITE_RECORD,
            (
                self.realm, entity, id, int(id) if id.isascii() and id.isdigit() else None, int(body["SyncToken"]),
                int(body.get("Active", True)), created, updated, body.get("TxnDate"), body.get("DueDate"),
                _cents_of(body, "TotalAmt"), _cents_of(body, *BALANCES), body.get("DocNumber"),
                get_reference(body.get("CustomerRef")), get_reference(body.get("VendorRef")),
                body.get("DisplayName") or body.get("Name"), body.get("FullyQualifiedName"), dump_json(body),
            ),
        )  # fmt: skip
        if entity == "Preferences":
            self._preferences = None
        if entity == "Account":
            self._first_accounts.clear()
            self.store.revise(self.realm)

    def write_new(self, entity: str, body: Body) -> None:
        """Store a record for the first time, stamped now."""
        now = self.clock.get_milliseconds()
        body["SyncToken"] = "0"
        body["MetaData"] = {"CreateTime": format_stamp(now), "LastUpdatedTime": format_stamp(now)}
        self.write(entity, body, now, now)
        self._queue_event(entity, body, "Create", now)

    def write_changed(self, entity: str, body: Body, operation: str = "Update") -> None:
        """Store a changed record: SyncToken one up, stamped now. `operation` is what webhooks report."""
        now = self.clock.get_milliseconds()
        body["SyncToken"] = str(int(body["SyncToken"]) + 1)
        body["MetaData"] = {**body["MetaData"], "LastUpdatedTime": format_stamp(now)}
        self.write(entity, body, self._created(entity, str(body["Id"])), now)
        self._queue_event(entity, body, operation, now)

    def _queue_event(self, entity: str, body: Body, operation: str, at: int) -> None:
        if operation in load_entities()[entity].webhooks and not self.is_loading:
            self.store.events.append(Event(self.realm, entity, str(body["Id"]), operation, at))

    def _created(self, entity: str, id: str) -> int:
        row = self.store.execute(
            "select created from records where realm = ? and entity = ? and id = ?", (self.realm, entity, id)
        ).fetchone()
        return int(row[0])

    def write_silently(self, entity: str, body: Body) -> None:
        """Store what the service worked out by itself (a balance, a name in a reference): no new SyncToken."""
        self.store.execute(
            "update records set body = ?, balance = ? where realm = ? and entity = ? and id = ?",
            (
                dump_json(body),
                _cents_of(body, *BALANCES),
                self.realm,
                entity,
                str(body["Id"]),
            ),
        )

    def remove(self, entity: str, id: str) -> None:
        """Take a record out and remember that it was there."""
        self._queue_event(entity, {"Id": id}, "Delete", self.clock.get_milliseconds())
        self.store.execute(
            "delete from records where realm = ? and entity = ? and id = ?", (self.realm, entity, id)
        )
        self.store.execute(
            "insert or replace into deletions values (?, ?, ?, ?)",
            (self.realm, entity, id, self.clock.get_milliseconds()),
        )

    def get_preferences(self) -> Body:
        """Return the company's preferences; {} for a company without any."""
        if self._preferences is None:
            self._preferences = self.find("Preferences", "1") or {}
        return self._preferences

    def get_preference(self, group: str, name: str) -> Any:
        """Return one preference, or None."""
        return (self.get_preferences().get(group) or {}).get(name)

    def get_other_preference(self, name: str) -> str | None:
        """Return one of the preferences that the service has as names and values, or None."""
        for pair in self.get_preference("OtherPrefs", "NameValue") or []:
            if pair.get("Name") == name:
                return str(pair.get("Value"))
        return None

    def get_closing_date(self) -> str | None:
        """Return the day up to which the books are closed, if they are."""
        found: str | None = self.get_preference("AccountingInfoPrefs", "BookCloseDate")
        return found

    def get_home_currency(self) -> str:
        """Return the company's own currency."""
        return get_reference(self.get_preference("CurrencyPrefs", "HomeCurrency")) or "USD"

    def read_today(self) -> date:
        """Return the company's day."""
        return self.clock.read_today()

    def find_first_account(self, account_type: str, subtype: str | None = None) -> str | None:
        """Return Id of the oldest active account of a type (and subtype)."""
        wanted = (account_type, subtype)
        if wanted not in self._first_accounts:
            self._first_accounts[wanted] = self._read_first_account(account_type, subtype)
        return self._first_accounts[wanted]

    def _read_first_account(self, account_type: str, subtype: str | None) -> str | None:
        row = self.store.execute(
            "select id from records where realm = ?1 and entity = 'Account' and active = 1"
            " and body ->> '$.AccountType' = ?2 and (?3 is null or body ->> '$.AccountSubType' = ?3)"
            " order by num limit 1",
            (self.realm, account_type, subtype),
        ).fetchone()
        return row[0] if row else None


def get_id_series(entity: Entity) -> str:
    """Return transactions share one counter, customers, vendors and employees another, every other list has its own."""
    if entity.is_transaction:
        return "transaction"
    return "name" if entity.name in NAME_SERIES else entity.name


def get_entity(name: str) -> Entity:
    """Return the facts about one kind of record."""
    return load_entities()[name]

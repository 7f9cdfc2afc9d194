"""What the service works out when a record is written: defaults, what follows from a reference, sums.

One function for each entity that has any of it; it changes the record, which nobody else has yet. Called by
`writes.changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runtime.simulators.connectwise.records.store import Body, Store
from runtime.simulators.connectwise.schema import Entity, load_entities
from runtime.simulators.connectwise.writes.references import find_target, make_reference
from runtime.simulators.connectwise.writes.values import make_invalid_value

ALWAYS_BOOLEAN = "Flag"
"""How the names of the switches end that each record shows, false where nobody set them."""


@dataclass(frozen=True, slots=True)
class Write:
    """A record that is being written, what was sent of it, and who writes it when."""

    store: Store
    entity: Entity
    record: Body
    touched: Set[str]
    is_new: bool
    member: str
    at: str

    def set_default(self, name: str, value: Any) -> None:
        """Give a field a value where it is left without one."""
        if self._is_left_open(name) and value is not None:
            self.record[name] = value

    def refer(self, name: str, target: Body | None) -> None:
        """Let a field that is left without a value refer to a record."""
        if self._is_left_open(name) and target is not None:
            self.record[name] = make_reference(self.entity.fields[name], target)

    def _is_left_open(self, name: str) -> bool:
        return self.record.get(name) is None and (self.is_new or name in self.touched)

    def find(self, field: str) -> Body | None:
        """Return the record that a field refers to."""
        target = self.entity.fields[field].target
        return find_target(self.store, target, self.record.get(field)) if target else None

    def find_default(self, name: str) -> Body | None:
        """Return the record of an entity that is the default, or else its first."""
        records = list(self.store.list_below(load_entities()[name], None))
        return next((each for each in records if each.get("defaultFlag")), records[0] if records else None)


def finish(write: Write) -> None:
    """Work out the rest of a record. Raises InvalidValue."""
    if write.is_new:
        for field in write.entity.fields.values():
            if field.type == "boolean" and field.name.endswith(ALWAYS_BOOLEAN) and not field.is_write_only:
                write.record.setdefault(field.name, False)
    step = STEPS.get(write.entity.name)
    if step:
        step(write)


def _company(write: Write) -> None:
    write.refer("status", write.find_default("companyStatus"))
    write.set_default("dateAcquired", write.at)


def _ticket(write: Write) -> None:
    record = write.record
    boards = [
        each for each in write.store.list_below(load_entities()["board"], None) if not each.get("projectFlag")
    ]
    write.refer("board", boards[0] if boards else None)
    board = write.find("board")
    if board is not None:
        statuses = list(write.store.list_below(load_entities()["boardStatus"], board["id"]))
        usual = next((each for each in statuses if each.get("defaultFlag")), None)
        write.refer("status", usual or (statuses[0] if statuses else None))
    write.refer("priority", write.find_default("priority"))
    write.set_default("recordType", "ServiceTicket")
    write.set_default("severity", "Medium")
    write.set_default("impact", "Medium")
    _close(write)
    contact = write.find("contact") if write.is_new or "contact" in write.touched else None
    if contact is not None:
        record["contactName"] = f"{contact.get('firstName', '')} {contact.get('lastName', '')}".strip()


def _close(write: Write) -> None:
    """Let a ticket be closed as its status is: what counts is the setting of the status, not its name."""
    status = write.find("status")
    if status is None or not (write.is_new or "status" in write.touched):
        return
    record = write.record
    record["closedFlag"] = bool(status.get("closedStatus"))
    if record["closedFlag"]:
        record["closedDate"], record["closedBy"] = write.at, write.member
    else:
        record.pop("closedDate", None)
        record.pop("closedBy", None)


def _time_entry(write: Write) -> None:
    record = write.record
    _charge(write)
    write.refer("member", _find_member(write))
    member = write.find("member") or {}
    write.refer("workRole", find_target(write.store, "workRole", member.get("workRole")))
    write.refer("workType", find_target(write.store, "workType", member.get("workType")))
    _measure(write)
    write.set_default("billableOption", (write.find("workType") or {}).get("billTime"))
    write.set_default("billableOption", "Billable")
    write.set_default("hourlyRate", (write.find("workRole") or {}).get("hourlyRate"))
    write.set_default("status", "Open")
    write.set_default("enteredBy", write.member)
    write.set_default("dateEntered", write.at)
    if write.is_new or write.touched & {
        "billableOption",
        "actualHours",
        "timeStart",
        "timeEnd",
        "hourlyRate",
    }:
        billed = (record.get("actualHours") or 0.0) if record.get("billableOption") == "Billable" else 0.0
        record["hoursBilled"] = record["invoiceHours"] = billed
        record["extendedInvoiceAmount"] = round(billed * (record.get("hourlyRate") or 0.0), 2)


def _charge(write: Write) -> None:
    """Let what an entry is charged to say the company and the agreement."""
    record = write.record
    if record.get("chargeToId") is None:
        return
    target = CHARGED.get(record.get("chargeToType") or "")
    if target is None:
        raise make_invalid_value("chargeToType")
    found = find_target(write.store, target, record["chargeToId"])
    if found is None:
        raise make_invalid_value("chargeToId", f"The chargeToId {record['chargeToId']} was not found.")
    if write.is_new or "chargeToId" in write.touched:
        record["company"] = found.get("company", record.get("company"))
    if target == "ticket" and "ticket" in write.entity.fields:
        record["ticket"] = make_reference(write.entity.fields["ticket"], found)
    write.set_default("agreement", found.get("agreement"))
    write.set_default("locationId", (found.get("location") or {}).get("id"))
    write.set_default("businessUnitId", (found.get("department") or {}).get("id"))


def _find_member(write: Write) -> Body | None:
    members = write.store.list_below(load_entities()["member"], None)
    return next((each for each in members if each.get("identifier") == write.member), None)


def _measure(write: Write) -> None:
    """Work out the hours from start to end, where nobody gave them."""
    record = write.record
    start, end = record.get("timeStart"), record.get("timeEnd")
    is_asked = write.touched & {"timeStart", "timeEnd", "hoursDeduct"} and "actualHours" not in write.touched
    if not start or not end:
        return
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    if seconds < 0:
        raise make_invalid_value("timeEnd", "The timeEnd field must not be before timeStart.", "OutOfRange")
    if is_asked or record.get("actualHours") is None:
        record["actualHours"] = round(seconds / 3600 - (record.get("hoursDeduct") or 0.0), 2)


def _expense_entry(write: Write) -> None:
    _charge(write)
    if write.record.get("company") is None:
        raise make_invalid_value("company", "The company field is required.", "MissingRequiredField")
    write.refer("member", _find_member(write))
    write.set_default("billableOption", "Billable")
    write.set_default("status", "Open")


def _addition(write: Write) -> None:
    record = write.record
    write.set_default("quantity", 1.0)
    write.set_default("lessIncluded", 0.0)
    product = write.find("product") or {}
    write.set_default("unitPrice", product.get("price"))
    write.set_default("unitCost", product.get("cost"))
    write.set_default("description", product.get("description"))
    billed = (record.get("quantity") or 0.0) - (record.get("lessIncluded") or 0.0)
    record["billedQuantity"] = billed
    record["extPrice"] = round(billed * (record.get("unitPrice") or 0.0), 2)
    record["extCost"] = round(billed * (record.get("unitCost") or 0.0), 2)
    record["margin"] = round(record["extPrice"] - record["extCost"], 2)


def _agreement(write: Write) -> None:
    record = write.record
    is_over = (
        bool(record.get("endDate")) and record["endDate"] < write.at and not record.get("noEndingDateFlag")
    )
    cancelled = record.get("cancelledFlag")
    record["agreementStatus"] = "Cancelled" if cancelled else "Expired" if is_over else "Active"


def _invoice(write: Write) -> None:
    write.set_default("invoiceNumber", str(write.record["id"]))
    write.set_default("date", write.at)


CHARGED = {
    "ServiceTicket": "ticket", "ProjectTicket": "ticket", "ChargeCode": "chargeCode", "Activity": "activity",
    "Company": "company",
}  # fmt: skip
STEPS: dict[str, Callable[[Write], None]] = {
    "company": _company, "ticket": _ticket, "timeEntry": _time_entry, "expenseEntry": _expense_entry,
    "addition": _addition, "agreement": _agreement, "invoice": _invoice,
}  # fmt: skip

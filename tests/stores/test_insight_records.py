"""The records of analyses, over both kinds of database: what was dismissed, and what was read before a rate limit."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from runtime.connect.sealing import seal_credentials
from runtime.insight_values import (
    MOST_READINGS,
    Dismissal,
    StoredReading,
    name_dismissal,
    name_dismissal_owner,
    name_part,
    name_part_owner,
    name_reading_owner,
)
from runtime.model import AccountId, Credentials
from runtime.operations.key_rotation import KeyRotation
from runtime.operations.transfer import export_records, import_records
from runtime.stores.insight_tables import DISMISSED_FINDING, INSIGHT_PART, INSIGHT_READING
from runtime.stores.records import Records
from tests.deployment import deploy
from tests.stores.test_records import ACCOUNT, noted

HERE, THERE, GONE = ACCOUNT.id, AccountId("a2"), AccountId("gone")
DISMISSAL = Dismissal(HERE, "dup-1", "duplicate", b"two offices", b"Rent was paid twice.", "p1", "Anna", 10.0)
READING = StoredReading("r1", HERE, "m1", b"question", 10.0, 20.0)


@pytest.fixture
def records(tmp_path: Path, database: dict[str, str]) -> Iterator[Records]:
    stores = deploy(tmp_path, **database).stores
    stores.records.add_account(ACCOUNT, noted())
    stores.records.add_account(replace(ACCOUNT, id=THERE, company="43"), noted())
    yield stores.records
    stores.close()


def count(records: Records, table: Any) -> int:
    with records._reading.begin() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_finding_is_dismissed_once_and_the_last_reason_counts(records: Records) -> None:
    later = replace(DISMISSAL, reason=b"two shops", by_person="p2", by_name="Bo", at=11.0)

    assert records.dismiss(DISMISSAL) and records.dismiss(DISMISSAL) and records.dismiss(later)

    assert records.list_dismissed(HERE) == [later]


def test_the_same_finding_of_another_company_is_another_one(records: Records) -> None:
    other = replace(DISMISSAL, account_id=THERE)
    records.dismiss(DISMISSAL)
    records.dismiss(other)

    assert records.undo_dismissal(HERE, "dup-1")

    assert (records.list_dismissed(HERE), records.list_dismissed(THERE)) == ([], [other])


def test_what_was_not_dismissed_cannot_be_undone_and_is_not_noted(records: Records) -> None:
    assert not records.undo_dismissal(HERE, "dup-1", noted(5.0, "undone"))
    assert records.list_audit("undone") == []


def test_a_dismissal_and_its_undoing_are_noted_with_it(records: Records) -> None:
    records.dismiss(DISMISSAL, noted(5.0, "finding"))
    records.undo_dismissal(HERE, "dup-1", noted(6.0, "finding"))

    assert [each.at for each in records.list_audit("finding")] == [5.0, 6.0]


def test_dismissals_are_listed_the_latest_first(records: Records) -> None:
    for number in (3, 1, 2):
        records.dismiss(replace(DISMISSAL, finding=f"dup-{number}", at=float(number)))

    assert [each.finding for each in records.list_dismissed(HERE)] == ["dup-3", "dup-2", "dup-1"]


def test_nothing_is_stored_of_a_company_that_is_gone(records: Records) -> None:
    assert not records.dismiss(replace(DISMISSAL, account_id=GONE), noted(5.0, "gone"))
    assert not records.make_reading(replace(READING, account_id=GONE))
    assert records.list_audit("gone") == []


def test_a_reading_is_found_by_its_company_until_it_expires(records: Records) -> None:
    records.make_reading(READING)

    assert records.find_reading(HERE, "r1", 19.9) == READING
    assert records.find_reading(HERE, "r1", 20.0) is None
    assert records.find_reading(THERE, "r1", 11.0) is None
    assert records.find_reading(HERE, "r2", 11.0) is None


def test_a_part_replaces_the_one_with_its_name(records: Records) -> None:
    records.make_reading(READING)
    records.make_reading(replace(READING, id="r2"))
    for name, sealed in (("invoices", b"1"), ("bills", b"2"), ("invoices", b"3")):
        assert records.add_parts("r1", {name: sealed})
    records.add_parts("r2", {"invoices": b"of another one"})

    assert records.read_parts("r1") == {"invoices": b"3", "bills": b"2"}
    assert records.read_parts("r3") == {}


def test_a_part_of_a_reading_that_is_gone_is_not_stored(records: Records) -> None:
    assert not records.add_parts("r1", {"invoices": b"1"})
    assert count(records, INSIGHT_PART) == 0


def test_the_oldest_readings_of_a_company_are_forgotten_when_there_are_too_many(records: Records) -> None:
    records.make_reading(replace(READING, id="other", account_id=THERE, created_at=1.0))
    for number in range(MOST_READINGS + 2):
        records.make_reading(replace(READING, id=f"r{number}", created_at=10.0 + number))
        records.add_parts(f"r{number}", {"invoices": b"1"})

    found = [number for number in range(MOST_READINGS + 2) if records.find_reading(HERE, f"r{number}", 11.0)]
    assert found == [2, 3, 4, 5, 6]
    assert records.find_reading(THERE, "other", 11.0) is not None
    assert (count(records, INSIGHT_READING), count(records, INSIGHT_PART)) == (
        MOST_READINGS + 1,
        MOST_READINGS,
    )


def test_readings_that_have_expired_are_purged_with_their_parts(records: Records) -> None:
    records.make_reading(READING)
    records.add_parts("r1", {"invoices": b"1"})
    records.make_reading(replace(READING, id="r2", expires_at=30.0))
    records.dismiss(DISMISSAL)

    assert (records.purge(19.9), records.purge(20.0)) == (0, 1)

    assert (count(records, INSIGHT_READING), count(records, INSIGHT_PART)) == (1, 0)
    assert count(records, DISMISSED_FINDING) == 1, "what a person said holds until it is undone"


def test_a_reading_is_forgotten_by_its_company_alone(records: Records) -> None:
    records.make_reading(READING)

    assert not records.forget_reading(THERE, "r1")
    assert records.forget_reading(HERE, "r1")
    assert records.find_reading(HERE, "r1", 11.0) is None


def test_all_of_it_goes_with_its_company(records: Records) -> None:
    records.dismiss(DISMISSAL)
    records.make_reading(READING)
    records.add_parts("r1", {"invoices": b"1"})

    records.delete_account(HERE, noted())

    assert [count(records, each) for each in (DISMISSED_FINDING, INSIGHT_READING, INSIGHT_PART)] == [0, 0, 0]


def test_what_is_sealed_of_it_is_sealed_anew_and_transferred(
    tmp_path: Path, database: dict[str, str]
) -> None:
    old_key, new_key = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    old = deploy(tmp_path, LEDGERPORT_SECRET_KEY=old_key, **database)
    seal, id_ = old.keys.seal, name_dismissal(HERE, "dup-1")
    reason, says = (seal(text, name_dismissal_owner(id_)) for text in (b"reason", b"says"))
    sealed = seal_credentials(old.keys, HERE, Credentials("access", "refresh"))
    old.stores.records.add_account(replace(ACCOUNT, sealed=sealed), noted())
    old.stores.records.dismiss(replace(DISMISSAL, reason=reason, says=says))
    old.stores.records.make_reading(replace(READING, question=seal(b"question", name_reading_owner("r1"))))
    part = seal(b"page", name_part_owner(name_part("r1", "invoices")))
    old.stores.records.add_parts("r1", {"invoices": part})
    both = {"LEDGERPORT_SECRET_KEY": new_key, "LEDGERPORT_PREVIOUS_SECRET_KEYS": old_key}
    here = deploy(tmp_path, **both, **database)

    assert KeyRotation(here.parts(), step=1).run().is_finished
    export_records(here.stores, here.keys, tmp_path / "export", lambda _done, _all: None)
    new = deploy(tmp_path / "new", LEDGERPORT_SECRET_KEY=new_key)
    import_records(new.stores, new.keys, tmp_path / "export", lambda _done, _all: None)

    [found] = new.stores.records.list_dismissed(HERE)
    reading, parts = new.stores.records.find_reading(HERE, "r1", 11.0), new.stores.records.read_parts("r1")
    assert reading is not None
    assert new.keys.open(found.reason, name_dismissal_owner(id_)) == b"reason"
    assert new.keys.open(found.says, name_dismissal_owner(id_)) == b"says"
    assert new.keys.open(reading.question, name_reading_owner("r1")) == b"question"
    assert new.keys.open(parts["invoices"], name_part_owner("r1/invoices")) == b"page"
    for each in (old, here, new):
        each.stores.close()

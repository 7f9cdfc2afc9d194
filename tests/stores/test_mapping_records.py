"""The records of company mappings, over both kinds of database: versions, the end of an account, rotation, transfer."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.connect.sealing import seal_credentials
from runtime.insight_values import StoredMapping, name_mapping, name_mapping_owner
from runtime.model import AccountId, Credentials
from runtime.operations.key_rotation import KeyRotation
from runtime.operations.transfer import export_records, import_records
from runtime.stores.records import Records
from runtime.tenancy import TenantId
from tests.deployment import deploy
from tests.stores.test_records import ACCOUNT, noted

WORK, BOOKS = AccountId("w1"), ACCOUNT.id
ID = name_mapping(WORK, BOOKS)
MAPPING = StoredMapping(ID, ACCOUNT.tenant_id, WORK, BOOKS, 1, b"links", 10.0, 10.0)


@pytest.fixture
def records(tmp_path: Path, database: dict[str, str]) -> Iterator[Records]:
    stores = deploy(tmp_path, **database).stores
    stores.records.add_account(ACCOUNT, noted())
    stores.records.add_account(replace(ACCOUNT, id=WORK, company="43"), noted())
    yield stores.records
    stores.close()


def test_a_mapping_is_stored_once_and_changed_from_the_version_that_was_seen(records: Records) -> None:
    later = replace(MAPPING, version=2, sealed=b"more", updated_at=11.0)

    assert records.save_mapping(MAPPING, noted(5.0, "mapped"))
    assert not records.save_mapping(MAPPING, noted(6.0, "mapped"))
    assert records.save_mapping(later, noted(7.0, "mapped"))
    assert not records.save_mapping(replace(later, sealed=b"of another person"), noted(8.0, "mapped"))

    assert records.find_mapping(ID) == later
    assert [each.at for each in records.list_audit("mapped")] == [5.0, 7.0]


def test_a_mapping_is_listed_by_either_of_its_accounts(records: Records) -> None:
    records.save_mapping(MAPPING, noted())

    assert records.list_mappings(WORK) == records.list_mappings(BOOKS) == [MAPPING]
    assert records.list_mappings(AccountId("gone")) == []


@pytest.mark.parametrize(
    "mapping",
    [
        replace(MAPPING, work_account_id=AccountId("gone")),
        replace(MAPPING, books_account_id=AccountId("gone")),
        replace(MAPPING, tenant_id=TenantId("another")),
    ],
)
def test_nothing_is_stored_of_accounts_that_are_gone_or_of_another_tenant(
    records: Records, mapping: StoredMapping
) -> None:
    assert not records.save_mapping(mapping, noted(5.0, "mapped"))
    assert records.list_audit("mapped") == []


@pytest.mark.parametrize("ended", [WORK, BOOKS])
def test_a_mapping_goes_with_the_connection_of_either_account(records: Records, ended: AccountId) -> None:
    records.save_mapping(MAPPING, noted())

    records.close_account(ended, noted(5.0, "ended"))

    assert records.find_mapping(ID) is None
    assert records.list_audit("ended")[0].details["company_mappings"] == 1
    assert not records.save_mapping(MAPPING, noted())


@pytest.mark.parametrize("ended", [WORK, BOOKS])
def test_a_mapping_goes_with_either_account(records: Records, ended: AccountId) -> None:
    records.save_mapping(MAPPING, noted())

    records.delete_account(ended, noted())

    assert records.find_mapping(ID) is None


def test_a_mapping_is_sealed_anew_and_transferred(tmp_path: Path, database: dict[str, str]) -> None:
    old_key, new_key = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    old = deploy(tmp_path, LEDGERPORT_SECRET_KEY=old_key, **database)
    for id_ in (WORK, BOOKS):
        sealed = seal_credentials(old.keys, id_, Credentials("access", "refresh"))
        old.stores.records.add_account(replace(ACCOUNT, id=id_, sealed=sealed), noted())
    old.stores.records.save_mapping(
        replace(MAPPING, sealed=old.keys.seal(b"links", name_mapping_owner(ID))), noted()
    )
    both = {"LEDGERPORT_SECRET_KEY": new_key, "LEDGERPORT_PREVIOUS_SECRET_KEYS": old_key}
    here = deploy(tmp_path, **both, **database)

    assert KeyRotation(here.parts(), step=1).run().is_finished
    export_records(here.stores, here.keys, tmp_path / "export", lambda _done, _all: None)
    new = deploy(tmp_path / "new", LEDGERPORT_SECRET_KEY=new_key)
    import_records(new.stores, new.keys, tmp_path / "export", lambda _done, _all: None)

    found = new.stores.records.find_mapping(ID)
    assert found is not None
    assert new.keys.open(found.sealed, name_mapping_owner(ID)) == b"links"
    for each in (old, here, new):
        each.stores.close()

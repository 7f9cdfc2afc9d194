"""The records of the firm are such as the simulator itself would store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from runtime.simulators.connectwise.app import Application
from runtime.simulators.connectwise.schema import Entity, load_entities
from runtime.simulators.connectwise.server import Options, prepare_application
from runtime.simulators.quickbooks.clock import Clock as BooksClock
from tests.simulators.connectwise.conftest import Client, Current, connect


@pytest.fixture(scope="module")
def firm() -> Application:
    return prepare_application(Options(day=date(2026, 2, 28), throttle=False))


@pytest.fixture
def client(served: tuple[Current, str], firm: Application) -> Iterator[Client]:
    served[0].application = firm
    with connect(served[1]) as found:
        yield found


def list_records(firm: Application) -> Iterator[tuple[Entity, dict[str, Any]]]:
    for collection in firm.store.collections.values():
        for record in collection.records.values():
            yield collection.entity, record


def test_a_record_has_only_fields_that_the_service_has(firm: Application) -> None:
    unknown = {
        f"{entity.name}.{name}"
        for entity, record in list_records(firm)
        for name in record
        if name not in entity.fields
    }

    assert unknown == set()


def test_each_reference_leads_to_a_record(firm: Application) -> None:
    entities = load_entities()
    dangling = set()
    for entity, record in list_records(firm):
        for name, value in record.items():
            target = entities.get(entity.fields[name].target or "")
            if not isinstance(value, dict) or target is None or "id" not in value:
                continue
            is_known = bool(firm.store.get_collection(target).records)
            if is_known and firm.store.find_named(target.name, value["id"]) is None:
                dangling.add(f"{entity.name}.{name}")

    assert dangling == set()


def test_each_record_has_what_the_service_requires_and_a_stamp(firm: Application) -> None:
    missing = {
        f"{entity.name}.{name}"
        for entity, record in list_records(firm)
        for name, field in entity.fields.items()
        if field.is_required and record.get(name) in (None, "")
    }

    assert missing == set()
    assert all("lastUpdated" in record["_info"] for _, record in list_records(firm))


def test_the_first_record_of_each_list_is_read_and_written_over_http(
    firm: Application, client: Client
) -> None:
    for entity in load_entities().values():
        record = next(iter(firm.store.get_collection(entity).records.values()), None)
        if record is None or not isinstance(record.get("name"), str) or "name" not in entity.fields:
            continue
        path = entity.path.replace("{parentId}", str(entity.read_parent(record)))
        assert record["id"] in client.list_ids(path)
        written = client.change(f"{path}/{record['id']}", name=record["name"])
        assert written.status_code == 200, (entity.name, written.text)


def test_the_same_seed_and_day_make_the_same_firm_and_a_reset_too(firm: Application) -> None:
    again = prepare_application(Options(day=date(2026, 2, 28)))
    other = prepare_application(Options(day=date(2026, 2, 28), seed=2))
    before = again.store.copy_records()
    again.store.remove(load_entities()["company"], next(iter(again.store.collections["company"].records)))
    assert again.control.fill is not None
    again.control.fill(again.store)

    assert again.store.copy_records() == before
    assert other.store.copy_records() != before


def test_both_simulators_show_the_firm_as_of_the_same_day(firm: Application) -> None:
    clock = firm.store.clock
    for seconds in (1_773_144_000.0, 1_773_124_000.0, 1_782_000_000.0):
        clock.frozen = seconds
        assert clock.read_today() == BooksClock(frozen=seconds).read_today()


def test_what_a_client_enters_without_a_member_is_of_the_member_whose_keys_it_has(client: Client) -> None:
    entry = client.create("/time/entries", timeStart="2026-02-02T15:00:00Z", timeEnd="2026-02-02T16:00:00Z")

    assert entry["member"]["identifier"] == "ApiMember"
    member = client.read(f"/system/members/{entry['member']['id']}")
    assert (member["licenseClass"], "hourlyCost" in member) == ("A", False)

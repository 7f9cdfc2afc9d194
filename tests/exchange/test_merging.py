"""Lists that overlap are merged page by page: each record once, in order, none left out; or it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.exchange.merging import Merge, OrderUnknown, Part, Place, SortField

RECORDS = st.lists(
    st.tuples(
        st.sampled_from([None, "a", "B", "c"]), st.sampled_from([None, 1, 2.5]), st.sets(st.integers(0, 2))
    ),
    max_size=14,
)
KEYS = st.sampled_from(
    [
        (SortField(("Name",)),),
        (SortField(("Name",), is_descending=True), SortField(("Size",), "number")),
        (SortField(("Size",), "number", is_descending=True),),
        (),
    ]
)
ID = SortField(("Id",), is_identifier=True)


def order(record, keys):
    """The order of the records, worked out in another way: each value as a number."""
    names = {None: 0, "a": 1, "B": 2, "c": 3}
    for key in keys:
        value = record.get(key.path[0])
        rank = names[value] if key.path[0] == "Name" else (value or 0)
        yield -rank if key.is_descending else rank
    yield int(record["Id"])


class Vendor:
    """Answers lists as a vendor does: sorted, from a position, so many."""

    def __init__(self, records, keys):
        self.lists = [
            sorted((each for each in records if at in each["of"]), key=lambda each: list(order(each, keys)))
            for at in range(3)
        ]

    def parts(self, place, probe):
        found = []
        for start, records in zip(place.starts, self.lists, strict=True):
            first = max(1, start - 1)
            page = records[first - 1 : first - 1 + probe]
            before = page[0] if first < start and page else None
            found.append(Part(page[start - first :], start, before, len(page) >= probe))
        return found


def make(made):
    records = [
        {"Id": str(at + 1), "Name": name, "Size": size, "of": of} for at, (name, size, of) in enumerate(made)
    ]
    return [{name: value for name, value in each.items() if value is not None} for each in records]


@settings(deadline=None)
@given(RECORDS, KEYS, st.integers(1, 5), st.integers(0, 4))
def test_every_page_together_holds_each_record_once_and_in_order(made, keys, limit, skip):
    records = make(made)
    vendor, merge = Vendor(records, keys), Merge((*keys, ID), "Id")
    place, found = Place((1, 1, 1), skip), []
    for _ in range(60):
        page = merge.take_page(vendor.parts(place, place.skip + limit + 2), place, limit)
        assert len(page.records) <= limit
        found += page.records
        place = page.places[-1]
        if not page.has_more:
            break

    wanted = sorted((each for each in records if each["of"]), key=lambda each: list(order(each, keys)))
    assert [each["Id"] for each in found] == [each["Id"] for each in wanted][skip:]


@settings(deadline=None)
@given(RECORDS, KEYS, st.integers(1, 5), st.integers(0, 5))
def test_a_page_that_was_cut_goes_on_behind_what_was_shown(made, keys, limit, shown):
    records = make(made)
    vendor, merge = Vendor(records, keys), Merge((*keys, ID), "Id")
    first = merge.take_page(vendor.parts(Place((1, 1, 1)), limit + 2), Place((1, 1, 1)), limit)
    shown = min(shown, len(first.records))

    place = first.places[shown]
    rest = merge.take_page(vendor.parts(place, place.skip + 20), place, 20)

    wanted = sorted((each for each in records if each["of"]), key=lambda each: list(order(each, keys)))
    found = [*first.records[:shown], *rest.records]
    assert [each["Id"] for each in found] == [each["Id"] for each in wanted]


def test_lists_in_another_order_are_refused_where_they_are_not_whole():
    records = [{"Id": "1", "Name": "b"}, {"Id": "2", "Name": "a"}]
    merge = Merge((SortField(("Name",)), ID), "Id")

    with pytest.raises(OrderUnknown):
        merge.take_page([Part(records, 1, is_cut=True), Part([], 1)], Place((1, 1)), 2)
    with pytest.raises(OrderUnknown):
        merge.take_page([Part(records[1:], 2, records[0]), Part([], 1)], Place((2, 1)), 2)
    whole = merge.take_page([Part(records, 1), Part(records[1:], 1)], Place((1, 1)), 2)
    assert [each["Id"] for each in whole.records] == ["2", "1"]


def test_nothing_is_merged_step_by_step_without_an_id_in_the_order():
    parts = [Part([{"Id": "1"}], 1, is_cut=True), Part([], 1)]

    with pytest.raises(OrderUnknown):
        Merge((SortField(("Name",)),), "Id").take_page(parts, Place((1, 1)), 1)


def test_values_with_parts_have_no_order():
    parts = [Part([{"Id": "1", "Ref": {"value": "2"}}], 1, is_cut=True), Part([], 1)]

    with pytest.raises(OrderUnknown):
        Merge((SortField(("Ref",)), ID), "Id").take_page(parts, Place((1, 1)), 1)


def test_moments_are_compared_whatever_their_offsets():
    key = SortField(("Time",), "date-time")
    one = {"Id": "1", "Time": "2026-01-01T10:00:00-08:00"}
    two = {"Id": "2", "Time": "2026-01-01T17:00:00Z"}

    merged = Merge((key, ID), "Id").take_page([Part([one], 1), Part([two], 1)], Place((1, 1)), 5)

    assert [each["Id"] for each in merged.records] == ["2", "1"]

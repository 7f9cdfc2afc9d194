"""The check of the floors itself: what is below one, or has none, does not pass."""

from __future__ import annotations

from pathlib import Path

from tests.coverage_floors import ROOT, find_shortfalls, read_floors, share_by_package


def test_statements_are_counted_by_package():
    files = [
        ("runtime/errors.py", 9, 10),
        ("runtime/api/routes.py", 1, 4),
        ("runtime/api/reading.py", 2, 2),
        ("runtime/simulators/quickbooks/books/store.py", 1, 1),
        ("runtime/api/__init__.py", 0, 0),
    ]

    assert share_by_package(files) == {"runtime": 90, "runtime.api": 50, "runtime.simulators": 100}


def test_a_package_at_its_floor_passes():
    assert find_shortfalls({"runtime.api": 80.0}, {"runtime.api": 80}) == []


def test_a_package_below_its_floor_does_not_pass():
    found = find_shortfalls(
        {"runtime.api": 79.9, "runtime.web": 90.0}, {"runtime.api": 80, "runtime.web": 80}
    )

    assert found == ["runtime.api: 79.9 % of its statements are run, and its floor is 80 %."]


def test_a_package_without_a_floor_and_a_floor_without_a_package_do_not_pass():
    found = find_shortfalls({"runtime.new": 100.0}, {"runtime.old": 80})

    assert found == [
        "runtime.new has no floor; it has 100.0 %.",
        "runtime.old has a floor and was not measured.",
    ]


def test_each_package_has_a_floor():
    packages = {
        ".".join(file.parent.relative_to(ROOT).parts[:2])
        for top in ("generator", "runtime")
        for file in Path(ROOT, top).rglob("*.py")
        if file.stat().st_size
    }

    assert packages - {"runtime.stores.migrations"} == read_floors().keys()

"""The measure itself: who knows all faults scores 1, who finds nothing 0, and who finds everything is imprecise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from runtime.insights.analysis import Analysis, Insight, Options, Wanted
from runtime.insights.books import Books
from tests.insights.measuring import Measured, compare, measure_anomalies, write_table
from tests.insights.planters.faults import KINDS, Fault, PlantedCompany
from tests.insights.planting import plant

SEEDS = (101, 102)


def make_finding(kind: str, *records: str) -> dict[str, Any]:
    """Return a finding as the tool answers it."""
    return {
        "id": "x",
        "kind": kind,
        "score": 0.5,
        "reason": "",
        "records": [{"id": each} for each in records],
    }


def make_insight(answer: Callable[[Books, Options], Iterable[dict[str, Any]]]) -> Insight:
    """Return an analysis with these findings."""

    def compute(books: Books, options: Options) -> Analysis:
        kinds = options.get("kinds", KINDS)
        found = [each for each in answer(books, options) if each["kind"] in kinds]
        shown = found[: options["limit"]]
        return Analysis({"findings": shown, "shown": len(shown), "count": len(found)})

    def plan(_options: Options, _today: date) -> Wanted:
        return Wanted()

    return Insight("find_anomalies", plan, compute)


def answer_all(books: Books, _options: Options) -> Iterable[dict[str, Any]]:
    """Yield every fault of the company whose books these are, twice: who is asked knows what was planted."""
    for company in (plant("it_services", 101), plant("landscaper", 102)):
        faults = [each for each in company.faults if each.records <= list_names(books)]
        if len(faults) == len(company.faults):
            for fault in (*faults, *faults):
                yield make_finding(fault.kind, *sorted(fault.records)[:2])


def list_names(books: Books) -> set[str]:
    """Return the names of all records."""
    names = {str(each.key) for each in (*books.transactions, *books.accounts.values())}
    return names | {str(each) for each in books.parties}


def accuse_everything(books: Books, _options: Options) -> Iterable[dict[str, Any]]:
    """Yield each transaction under each of two kinds."""
    for each in books.transactions:
        yield make_finding("weekend", str(each.key))
        yield make_finding("duplicate", str(each.key))


def make_company(*faults: Fault, **agreed: Iterable[str]) -> PlantedCompany:
    """Return a company without books."""
    day = date(2026, 11, 20)
    kinds = {f"bills:{name[1:]}": frozenset(each) for name, each in agreed.items()}
    return PlantedCompany(None, day, day, faults, kinds)  # type: ignore[arg-type]


def count(company: PlantedCompany, *findings: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Return faults, found and false of each kind that has any."""
    rows = {kind: Measured(kind) for kind in KINDS}
    compare(rows, company, findings)
    figures = {kind: (row.faults, row.found, row.false) for kind, row in rows.items()}
    return {kind: each for kind, each in figures.items() if any(each)}


TWICE = Fault("duplicate", frozenset({"bills:1", "bills:2"}), agreed=frozenset({"number_repeated"}))


def test_who_knows_all_faults_scores_one_in_each_kind():
    rows = measure_anomalies(make_insight(answer_all), SEEDS)

    assert [row.kind for row in rows] == list(KINDS)
    assert all(row.faults and row.recall == row.precision == 1 for row in rows), write_table(rows)


def test_who_finds_nothing_has_no_recall():
    rows = measure_anomalies(make_insight(lambda _books, _options: []), SEEDS)

    assert all(row.recall == 0 and row.false == 0 for row in rows)


def test_who_accuses_everything_is_imprecise_though_the_answer_shows_a_part_only():
    rows = {row.kind: row for row in measure_anomalies(make_insight(accuse_everything), SEEDS)}

    assert rows["weekend"].false > 100 and rows["duplicate"].false > 100
    assert rows["weekend"].precision < 0.1 and rows["duplicate"].precision < 0.1


def test_a_finding_about_any_record_of_a_fault_finds_it_and_a_second_one_is_not_false():
    found = count(
        make_company(TWICE), make_finding("duplicate", "bills:2"), make_finding("duplicate", "bills:1")
    )

    assert found == {"duplicate": (1, 1, 0)}


def test_a_finding_of_another_kind_does_not_find_a_fault_and_is_false():
    found = count(make_company(TWICE), make_finding("weekend", "bills:1"))

    assert found == {"duplicate": (1, 0, 0), "weekend": (0, 0, 1)}


def test_a_finding_of_another_kind_that_an_auditor_agrees_with_counts_neither_way():
    assert count(make_company(TWICE), make_finding("number_repeated", "bills:1")) == {"duplicate": (1, 0, 0)}
    assert count(make_company(b7=["weekend"]), make_finding("weekend", "bills:7")) == {}


def test_what_is_agreed_about_one_record_is_false_about_another():
    found = count(
        make_company(b7=["weekend"]), make_finding("weekend", "bills:8"), make_finding("digits", "bills:7")
    )

    assert found == {"weekend": (0, 0, 1), "digits": (0, 0, 1)}


def test_a_finding_about_everything_matches_nothing():
    names = [f"bills:{number}" for number in range(1, 12)]

    assert count(make_company(TWICE), make_finding("duplicate", *names)) == {"duplicate": (1, 0, 1)}
    assert count(make_company(TWICE), make_finding("duplicate", *names[:10])) == {"duplicate": (1, 1, 0)}
    assert count(make_company(b7=["weekend"]), make_finding("weekend", *names)) == {"weekend": (0, 0, 1)}


def test_a_finding_with_many_records_matches_when_a_third_is_of_the_fault():
    many = Fault("digits", frozenset(f"purchases:{number}" for number in range(10)))
    names = [*sorted(many.records), *(f"bills:{number}" for number in range(20))]

    assert count(make_company(many), make_finding("digits", *names)) == {"digits": (1, 1, 0)}
    assert count(make_company(many), make_finding("digits", *names, "bills:20")) == {"digits": (1, 0, 1)}


def test_precision_is_over_found_faults_not_over_findings():
    row = Measured("duplicate", faults=4, found=3, false=1)

    assert (row.recall, row.precision) == (0.75, 0.75)
    assert (Measured("digits").recall, Measured("digits").precision) == (1, 1)


def test_the_table_has_a_line_for_each_kind_and_names_what_was_missed():
    table = write_table([Measured("duplicate", 2, 1, 0, ["landscaper 102: INV-1 twice"])], with_examples=1)

    assert table.splitlines()[1].split() == ["duplicate", "2", "1", "0", "0.50", "1.00"]
    assert "missed  landscaper 102: INV-1 twice" in table

"""How well `find_anomalies` finds what was planted: recall and precision of each kind, over ten companies.

The rules:
- A finding matches a fault of its own kind when it names a record of it. One that names more than ten records has to
  have a third of them in the fault, so that a finding about everything matches nothing.
- A fault counts as found once, however many findings match it; these are no false positives.
- A finding that matches no fault of its kind is false, unless an auditor would report one of its records under that
  kind too. That is written down with each fault when it is planted (`Fault.agreed`), and for what the simulator made in
  `planters.remarkable`; such a finding counts neither for nor against. The cases:
  a bill typed in twice under one number is a number that is repeated; a round amount, or one below a limit, of three
  times the usual and more is unusual; so is the first bill of a new vendor, an amount on an account that has much
  smaller or larger ones, and an invented one.
- recall is found faults by all faults, precision is found faults by these and false findings, each over all companies.

`python -m tests.insights.measuring` prints the table of the ten companies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runtime.insights.analysis import Insight
from tests.insights.companies import compute as compute_insight
from tests.insights.companies import read_books
from tests.insights.planting import KINDS, Fault, PlantedCompany, choose_business, plant

SEEDS = tuple(range(101, 111))
MOST = 10
"""Records that a finding may name before a third of them has to be of the fault."""
LIMIT = 200
"""The most findings that the tool answers."""
Finding = Mapping[str, Any]


@dataclass(slots=True)
class Measured:
    """One kind: how many faults there were and were found, and what was found that is none."""

    kind: str
    faults: int = 0
    found: int = 0
    false: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the faults that were found; 1 where there were none."""
        return self.found / self.faults if self.faults else 1.0

    @property
    def precision(self) -> float:
        """Share of found faults among these and false findings; 1 where there were neither."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0


def measure_anomalies(
    insight: Insight, seeds: Iterable[int] = SEEDS, *, sensitivity: str = "medium"
) -> list[Measured]:
    """Return how well an analysis finds each kind of fault in the companies of some seeds."""
    rows = {kind: Measured(kind) for kind in KINDS}
    for seed in seeds:
        business = choose_business(seed)
        company = plant(business, seed)
        findings = find(insight, company, sensitivity=sensitivity)
        compare(rows, company, findings, f"{business} {seed}")
    return list(rows.values())


def find(insight: Insight, company: PlantedCompany, **options: Any) -> Sequence[Finding]:
    """Return all findings of an analysis about the period of a company: kind by kind where an answer has not all."""
    asked = {"start_date": str(company.start), "end_date": str(company.end), "limit": LIMIT, **options}
    books = read_books(company.store, insight.plan(asked, company.end).reports)
    figures = compute_insight(insight, books, asked).figures
    findings: Sequence[Finding] = figures["findings"]
    if figures.get("count", len(findings)) <= len(findings):
        return findings
    one_kind = ({**asked, "kinds": [kind]} for kind in KINDS)
    return [one for each in one_kind for one in compute_insight(insight, books, each).figures["findings"]]


def compare(
    rows: Mapping[str, Measured], company: PlantedCompany, findings: Iterable[Finding], label: str = ""
) -> None:
    """Add what was found in one company."""
    found: set[Fault] = set()
    for finding in findings:
        row, records = rows[finding["kind"]], list_records(finding)
        matched = {each for each in company.list_faults(row.kind) if _matches(each, records)}
        found |= matched
        if not matched and not _is_agreed(company, row.kind, records):
            row.false += 1
            row.wrong.append(f"{label}: {finding.get('reason', '')} {', '.join(records[:4])}")
    for kind, row in rows.items():
        faults = company.list_faults(kind)
        row.faults += len(faults)
        row.found += sum(each in found for each in faults)
        row.missed += [f"{label}: {each.what}" for each in faults if each not in found]


def list_records(finding: Finding) -> list[str]:
    """Return the records that a finding names: as records with their Ids, or as names."""
    return [str(each["id"]) if isinstance(each, Mapping) else str(each) for each in finding["records"]]


def _matches(fault: Fault, records: Sequence[str]) -> bool:
    count = sum(each in fault.records for each in records)
    return count > 0 and (len(records) <= MOST or 3 * count >= len(records))


def _is_agreed(company: PlantedCompany, kind: str, records: Sequence[str]) -> bool:
    return len(records) <= MOST and any(company.agrees(kind, each) for each in records)


def write_table(rows: Iterable[Measured], *, with_examples: int = 0) -> str:
    """Return the table, with some of what was missed or false below each kind."""
    lines = [f"{'kind':16} {'faults':>6} {'found':>6} {'false':>6} {'recall':>7} {'precision':>9}"]
    for row in rows:
        figures = f"{row.faults:6} {row.found:6} {row.false:6} {row.recall:7.2f} {row.precision:9.2f}"
        lines.append(f"{row.kind:16} {figures}")
        lines += [f"    missed  {each}" for each in row.missed[:with_examples]]
        lines += [f"    false   {each}" for each in row.wrong[:with_examples]]
    return "\n".join(lines)


def main() -> None:
    """Print the table of the analysis as it is."""
    from runtime.insights.kinds import find_insight

    print(write_table(measure_anomalies(find_insight("find_anomalies")), with_examples=5))


if __name__ == "__main__":
    main()

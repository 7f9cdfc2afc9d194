"""What the cells of a report lead to: the page of a record, or the report of the transactions behind a figure.

Called by `report_view`. Which record an Id is of is read from the catalog: from the title of the column where that
names a kind of record, and from the text of the cell where the column has kinds of transactions. An Id of which that
is not known leads nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from generator.catalog import Catalog
from runtime.operations.report_runs import Report, ReportChoice, ReportView, list_reports, write_options
from runtime.web.navigation import find_company_address

REPORTS_PATH = "/reports"
_BESIDE = re.compile(r"\s*\(.*\)$")
_ENDING, _DETAIL_ENDING = "_reports", "_detail_reports"
_LEDGER = "ledger"


class ReportLinks:
    """Finds the addresses of one page."""

    def __init__(self, catalog: Catalog, integration: str, account_id: str) -> None:
        self._base, self._kinds = find_company_address(account_id), dict[str, str]()
        self._reports = [each for group in list_reports(catalog, integration) for each in group.reports]
        readable = {
            tool.resource
            for tool in catalog.list_tools(integration)
            if tool.reads_one and tool.method == "get"
        }
        self._resources = {
            each.entity.lower(): each.resource
            for each in catalog.resources
            if each.integration == integration and each.resource in readable
        }

    def find_report_address(self, report: Report, choice: ReportChoice | None = None) -> str:
        """Return the address of a report with what is asked of it."""
        address = f"{self._base}{REPORTS_PATH}/{quote(report.resource)}"
        pairs = write_options(report, choice) if choice else []
        return f"{address}?{urlencode(pairs)}" if pairs else address

    def find_record_address(self, column: str, text: str, id_: str) -> str:
        """Return the address of the page of the record that a cell is of; empty where its kind is not known."""
        kind = self._find_kind(column, text)
        return f"{kind}{id_ if id_.isascii() and id_.isalnum() else quote(id_, safe='')}" if kind else ""

    def _find_kind(self, column: str, text: str) -> str:
        """Return where the records of a cell have their addresses; empty where that is not known."""
        name = column.lower().replace(" ", "")
        if "type" in name:
            name = text
        if name not in self._kinds:
            resource = self._resources.get(_BESIDE.sub("", name).lower().replace(" ", ""), "")
            self._kinds[name] = f"{self._base}/{quote(resource)}/" if resource else ""
        return self._kinds[name]

    def find_detail(self, view: ReportView) -> Report | None:
        """Return the report that has the transactions behind the rows of a report; None where there is none."""
        if view.report.is_detail or not view.columns:
            return None
        argument = _find_argument(view)
        stem = view.report.resource.removesuffix(_ENDING)
        found = [each for each in self._reports if each.is_detail and argument in each.arguments]
        found.sort(
            key=lambda each: (
                each.resource != f"{stem}{_DETAIL_ENDING}",
                f"by_{argument}" not in each.resource,
                _LEDGER not in each.tool.tags,
            )
        )
        return found[0] if found else None

    def find_detail_address(self, detail: Report, view: ReportView, id_: str) -> str:
        """Return the address of the transactions behind a row of a report."""
        taken = detail.arguments
        arguments: dict[str, Any] = {
            name: value
            for name, value in view.choice.arguments.items()
            if name in taken and name != "date_macro"
        }
        arguments |= {**_find_days(detail, view), _find_argument(view): [id_]}
        return self.find_report_address(detail, ReportChoice(detail.tool.name, arguments))


def _find_argument(view: ReportView) -> str:
    """Return the argument by which a report takes the records of the first column."""
    return view.columns[0].title.lower()


def _find_days(detail: Report, view: ReportView) -> Mapping[str, str]:
    days = (view.table.start or view.table.end, view.table.end)
    names = detail.period_arguments
    return (
        {name: day[:10] for name, day in zip(names, days[-len(names) :], strict=True) if day} if names else {}
    )

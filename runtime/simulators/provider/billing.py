"""The invoices in the books: agreements on the first, hours and projects at the end of the month, goods when sold.

Called by `making`; `costs` has what is spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from runtime.simulators.provider import chart
from runtime.simulators.provider.clients import Firms
from runtime.simulators.provider.contracts import Contracts, list_active
from runtime.simulators.provider.days import draw_later_day, end_month
from runtime.simulators.provider.goods import Goods
from runtime.simulators.provider.plan import Agreement, Document, Line, Parameters, Project, Sale
from runtime.simulators.provider.work import Work
from runtime.simulators.provider.workload import name_project_invoice

PROMPT, USUAL, SLOW = (3, 12), (14, 42), (60, 100)
"""Days from an invoice to its payment."""
SLOW_EVERY = 12
"""One client of so many pays slowly."""


@dataclass(frozen=True, slots=True)
class Sold:
    """What is invoiced."""

    contracts: Contracts
    projects: Sequence[Project]
    work: Work
    goods: Goods


def make_invoices(parameters: Parameters, firms: Firms, months: Sequence[date], sold: Sold) -> list[Document]:
    """Return every invoice up to the last day."""
    maker = _Maker(parameters, firms)
    signed = (*sold.contracts.agreements, sold.contracts.unknown)
    found: Iterable[Document | None] = (
        *(maker.invoice_agreement(one, month) for month in months for one in signed),
        *maker.list_fees(sold.projects),
        *maker.list_hours(sold.work, sold.projects),
        *(maker.invoice_sale(sale) for sale in sold.goods.sales),
    )
    return [one for one in found if one is not None and one.day <= parameters.last_day]


class _Maker:
    def __init__(self, parameters: Parameters, firms: Firms) -> None:
        self.last_day, self.seed = parameters.last_day, parameters.seed
        self.customers = {client.number: client.customer_id or "" for client in firms.clients}

    def _document(
        self, number: str, day: date, client: int, lines: Iterable[Line], reason: str, customer: str = ""
    ) -> Document:
        party = customer or self.customers[client]
        habit = SLOW if client % SLOW_EVERY == 5 else PROMPT if client % 4 == 0 else USUAL
        paid = draw_later_day(f"{self.seed}/{number}", day, habit, self.last_day)
        return Document(number, "invoice", day, party, tuple(lines), paid, reason=reason)  # type: ignore[arg-type]

    def invoice_agreement(self, agreement: Agreement, month: date) -> Document | None:
        """Return the invoice of an agreement on the first of a month, if it is due and not forgotten."""
        due = list_active(agreement, month)
        if not due or not agreement.is_invoiced:
            return None
        lines = [
            _sell(one.item, one.quantity, one.price, agreement.client, agreement_id=agreement.id or None)
            for one in due
        ]
        number = f"A{month:%y%m}-{agreement.id or 'X'}"
        return self._document(number, month, agreement.client, lines, "agreement")

    def list_fees(self, projects: Sequence[Project]) -> Iterator[Document]:
        """Yield the two halves of fees: when a project begins and when it ends."""
        for project in projects:
            halves = ((project.first, project.fee // 2), (project.last, project.fee - project.fee // 2))
            for turn, (day, cents) in enumerate(halves):
                if project.fee:
                    text = f"{project.name}, part {turn + 1} of 2"
                    line = _sell("SV-FEE", 1, cents, project.client, text)
                    number = f"{name_project_invoice(project, day)}-{turn + 1}"
                    yield self._document(number, day, project.client, [line], "project", project.customer_id)

    def list_hours(self, work: Work, projects: Sequence[Project]) -> Iterator[Document]:
        """Yield the invoices of hours and expenses, on the last day of the month they are of."""
        by_id = {project.id: project for project in projects}
        lines: dict[str, list[Line]] = {}
        months: dict[str, tuple[date, int, int | None]] = {}
        minutes: dict[str, int] = {}
        for entry in work.time:
            if entry.invoice and entry.client is not None:
                minutes[entry.invoice] = minutes.get(entry.invoice, 0) + entry.minutes
                months[entry.invoice] = (entry.day, entry.client, entry.project_id)
        for number, (_, client, project_id) in months.items():
            code = "SV-HOUR" if project_id is None else "SV-PROJECT"
            lines[number] = [_sell(code, minutes[number] / 60, chart.ITEMS[code].price, client)]
        for expense in work.expenses:
            if expense.invoice and expense.bill == "Billable":
                text = f"{expense.kind}, {expense.day:%d %B}"
                lines[expense.invoice].append(_sell("SV-TRAVEL", 1, expense.cents, expense.client, text))
        for number, (day, client, project_id) in months.items():
            reason = "hours" if project_id is None else "project"
            customer = "" if project_id is None else by_id[project_id].customer_id
            last = end_month(day.replace(day=1))
            yield self._document(number, last, client, lines[number], reason, customer)

    def invoice_sale(self, sale: Sale) -> Document:
        """Return the invoice of goods."""
        line = _sell(sale.item, sale.quantity, sale.price, sale.client)
        return self._document(sale.invoice, sale.day, sale.client, [line], "goods")


def _sell(
    code: str, quantity: float, price: int, client: int, text: str = "", agreement_id: int | None = None
) -> Line:
    item = chart.ITEMS[code]
    cents = round(quantity * price)
    return Line(
        item.income, cents, text or item.name, client, code, quantity, price, item.stream, agreement_id
    )

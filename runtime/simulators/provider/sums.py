"""The figures that are right: clients, books and labour by month. Called by `making`, when all else is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from runtime.simulators.provider import chart
from runtime.simulators.provider.clients import Firms
from runtime.simulators.provider.costs import sum_pay
from runtime.simulators.provider.parties import Technician
from runtime.simulators.provider.plan import Document, TimeEntry
from runtime.simulators.provider.truths import BooksMonth, ClientMonth, LabourMonth

_GROUP = {account.name: account.group for account in chart.ACCOUNTS}


def sum_clients(
    firms: Firms, months: Sequence[date], documents: Iterable[Document], time: Iterable[TimeEntry]
) -> Iterator[ClientMonth]:
    """Yield what each client is in each month; also of clients that only one system knows."""
    money: Counter[tuple[int, date, str]] = Counter()
    for document in documents:
        month = document.day.replace(day=1)
        for line in document.lines:
            if line.client is not None and _GROUP[line.account] in ("income", "direct"):
                money[line.client, month, line.stream or "product_cost"] += line.cents
    minutes, labour = _sum_time(time)
    parts = ("managed", "projects", "products", "hourly", "expenses", "product_cost")
    for client in firms.clients:
        for month in months:
            key = client.number, month
            managed, projects, products, hourly, expenses, cost = (money[(*key, part)] for part in parts)
            yield ClientMonth(
                *key, managed, projects, products, hourly, expenses, cost, minutes[key], labour[key]
            )


def _sum_time(
    time: Iterable[TimeEntry],
) -> tuple[Counter[tuple[int | None, date]], Counter[tuple[int | None, date]]]:
    minutes: Counter[tuple[int | None, date]] = Counter()
    labour: Counter[tuple[int | None, date]] = Counter()
    for entry in time:
        key = entry.client, entry.day.replace(day=1)
        minutes[key] += entry.minutes
        labour[key] += entry.minutes * entry.cost // 60
    return minutes, labour


def sum_books(months: Sequence[date], documents: Iterable[Document]) -> Iterator[BooksMonth]:
    """Yield the profit and loss of each month."""
    money: Counter[tuple[date, str]] = Counter()
    for document in documents:
        for line in document.lines:
            money[document.day.replace(day=1), _GROUP[line.account]] += line.cents
    for month in months:
        yield BooksMonth(month, *(money[month, group] for group in ("income", "direct", "overhead", "other")))


def sum_labour(
    complete: Sequence[date], technicians: Sequence[Technician], time: Iterable[TimeEntry]
) -> Iterator[LabourMonth]:
    """Yield what technicians are paid for in each complete month: for clients, inside, idle. Idle may be overtime."""
    _, labour = _sum_time(time)
    clients: Counter[date] = Counter()
    for (client, month), cents in labour.items():
        if client is not None:
            clients[month] += cents
    for month in complete:
        paid = sum(sum_pay(one, month) for one in technicians)
        inside = labour[None, month]
        yield LabourMonth(month, paid, clients[month], inside, paid - clients[month] - inside)

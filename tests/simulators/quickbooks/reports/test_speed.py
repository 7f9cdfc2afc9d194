"""Reports stay quick over a hundred thousand transactions, in processor time: another program changes little of it."""

from __future__ import annotations

import time

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.companies import seed
from tests.simulators.quickbooks.reports.reading import ask, total

TRANSACTIONS = 100_000

FILL = """
with recursive number(n) as (select 1 union all select n + 1 from number where n < ?2)
insert into postings (realm, txn_type, txn_id, line, date, account, cents, customer)
select ?1, 'Invoice', n, case side when 0 then null else 1 end, date('2024-11-21', '+' || (n % 730) || ' days'),
  case side when 0 then '84' when 1 then (45 + n % 10) else (7 + n % 10) end,
  case side when 0 then 5000 when 1 then -7000 else 2000 end, 1 + n % 29
from number, (select 0 as side union all select 1 union all select 2)
"""


def test_a_profit_and_loss_of_a_year_over_100_000_transactions_takes_less_than_300_ms(books: Books) -> None:
    books.store.execute(FILL, (seed.REALM, TRANSACTIONS))
    books.store.execute("analyze")
    times = []
    for _ in range(5):
        before = time.process_time()
        answer = ask(books.store, seed.REALM, "ProfitAndLoss", start_date="2025-11-21", end_date="2026-11-20")
        times.append(time.process_time() - before)
    in_the_year = sum(1 for number in range(1, TRANSACTIONS + 1) if number % 730 >= 365)
    assert total(answer, "NetIncome") == in_the_year * 5000
    assert min(times) < 0.3

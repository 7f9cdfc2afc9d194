"""Reports over a hundred thousand transactions cost the database little, counted in its own instructions."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.companies import seed
from tests.simulators.quickbooks.reports.reading import ask, total

TRANSACTIONS = 100_000
COUNTED = 1_000
"""Instructions of the virtual machine of SQLite between two calls of what counts them."""

FILL = """
with recursive number(n) as (select 1 union all select n + 1 from number where n < ?2)
insert into postings (realm, txn_type, txn_id, line, date, account, cents, customer)
select ?1, 'Invoice', n, case side when 0 then null else 1 end, date('2024-11-21', '+' || (n % 730) || ' days'),
  case side when 0 then '84' when 1 then (45 + n % 10) else (7 + n % 10) end,
  case side when 0 then 5000 when 1 then -7000 else 2000 end, 1 + n % 29
from number, (select 0 as side union all select 1 union all select 2)
"""


def test_a_profit_and_loss_of_a_year_takes_few_instructions_for_each_transaction(books: Books) -> None:
    books.store.execute(FILL, (seed.REALM, TRANSACTIONS))
    books.store.execute("analyze")
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += COUNTED
        return 0

    books.store.connection.set_progress_handler(count, COUNTED)
    answer = ask(books.store, seed.REALM, "ProfitAndLoss", start_date="2025-11-21", end_date="2026-11-20")
    in_the_year = sum(1 for number in range(1, TRANSACTIONS + 1) if number % 730 >= 365)
    assert total(answer, "NetIncome") == in_the_year * 5000
    assert COUNTED < steps < 40 * TRANSACTIONS  # 23 of each; a join of all with all takes thousands

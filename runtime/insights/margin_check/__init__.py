"""margin_check: is the gross margin itself right? What stands on the wrong side of it, and what is not in the books.

Each finding has its amount, what putting it right would add to the gross margin, the records that show it, and where
an entry corrects it, the call that would book it: a proposal, which nobody sends but the reader. What is labour, a tool
or hardware is said by the facts of the definition and by the roles of accounts.

- `findings`: what was found, and the checks by their names
- `ledger`: the bookings of the period and before it, and the accounts that corrections need
- `postings`: labour, tools and other costs that stand in overhead, or overhead in cost of sales
- `hardware`: hardware sold without its cost in the month
- `prices`: sales below the list price
- `clients`: who is who in the books and in the work system
- `agreements`: agreements without invoices, and invoices without agreement
- `unbilled`: time and expenses that nobody invoiced
- `checking`: the analysis
"""

from runtime.insights.margin_check.checking import INSIGHT

__all__ = ["INSIGHT"]

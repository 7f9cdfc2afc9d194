"""Whom to remind of unpaid invoices, in what tone, how much, and what to write: nothing of it is sent by itself.

- `dunning`: the list, with its totals compared with the reports of receivables
- `receivables`: what each customer owes, sub-customers with their parents
- `delays`: how late each customer usually pays
- `tones`: which invoices to remind of, in which tone, and what to do
- `cases`: a customer of the list
- `letters`: the text of a reminder
"""

from runtime.insights.collecting.dunning import INSIGHT

__all__ = ["INSIGHT"]

"""The month-end checklist: what is left to do before a month is closed, each item with its records and the call for it.

- `checklist`: what is read, and the items in their order
- `month`: the month, and what is known of it
- `items`: what an item is, and how it is answered
- `fixes`: the vendor's call that fixes an item
- `movements`: what a transaction moves on which accounts
- `settling`: money received and credits that are not used
- `accounts`: accounts that have to be empty, or above zero
- `banks`: bank and card accounts by their pattern
- `forms`: forms not sent, bills without due date, journal entries without memo
- `recurring`: what comes every month and did not
- `control`: open items and the trial balance against the reports
- `stock`: products and the closing date
"""

from runtime.insights.checklist.checklist import INSIGHT

__all__ = ["INSIGHT"]

"""The forecast of the cash flow: what the bank accounts will hold in the coming weeks, and what that rests on.

Everything is learned from the books alone: how each customer pays, when the company pays its vendors, what moves the
bank accounts regularly, and how much is usually sold and bought that is neither invoiced nor billed yet.

- `forecast`: what is read, and the answer (exports `INSIGHT`)
- `cash_moves`: opening balances, and the transactions that move bank accounts by themselves
- `settlements`: which payment settled what, and how money received reaches the bank
- `past`: all that was learned, made once for every part
- `delays`: how late each customer pays, and the company each vendor, with shrinkage
- `series`: recurring patterns in a history of days and amounts
- `rates`: what comes without a pattern, by level and season
- `open_items`: open invoices, money received and not deposited, and open bills as expected flows
- `cards`: cards that are paid regularly, and the bills that are paid with them
- `recurring`: wages, rent, tax and loans as expected flows
- `templates`: recurring transactions as they are set up
- `unrecorded`: sales not yet invoiced and purchases not yet billed as expected flows
- `flows`: expected flows, the common form of all parts
- `paths`: the balance of each day as a median and a band
- `what_if`: what a late customer or a further expense changes
- `notes`: assumptions, ties, and what is missing
- `figures`: weeks, lowest point, parts and what moves most, as plain values
"""

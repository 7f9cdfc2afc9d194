"""What plants faults in the books of a simulated company, for the proof of `find_anomalies`.

Called by `tests.insights.planting`, which has the definitions.

- `faults`: what was planted, as a value
- `habits`: how a company deals with each vendor before anything is planted
- `typing`: enters records on a day, as a person at the keyboard does
- `remarkable`: what the simulator itself plants, and what else of its books meets a definition to the letter
- `ordinary`: what looks odd at first sight and is not: entries a few days late, a shop with amounts of every size
- `duplicates`: bills, expenses and invoices typed in twice
- `amounts`: unusual and round amounts, amounts just below a limit, large ones of a new vendor
- `circumstances`: entries of weekends, back-dated ones, unusual accounts
- `people`: vendors who share details with an employee
- `made_up`: an account with amounts that somebody invented
- `numbers`: gaps and repeats in numbering
"""

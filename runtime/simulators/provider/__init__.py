"""The business that two simulators show: an IT service provider, its clients, their work and their money.

A plan (`plan.py`) is pure: made of `Parameters` (seed, last day, sizes) alone, in no vendor's shapes, with what is
planted in it as a value (`truths.py`). `make_plan` of `making.py` returns it. Books and a work system render the same
plan, so what they say about a client belongs together, and what does not is among the truths.

Money is whole cents, time is whole minutes, dates are days of the firm. Parts: `plan.py` and `parties.py` (the
records), `truths.py` (what is to be found), `chart.py` (accounts, catalogue, vendors, people), `names.py` (firms and
their other names), `days.py`, `clients.py`, `contracts.py`, `projects.py`, `workload.py` and `work.py` (tickets, time,
expenses), `goods.py`, `billing.py`, `costs.py`, `planting.py` (the errors), `sums.py` (the expected figures),
`making.py` (the order), `sizes.py` (demo or bench).
"""

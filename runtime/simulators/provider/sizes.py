"""How large the business is that a simulator shows: the same in both for the same seed, month and size.

On a later day of a month there is more of it, and nothing else is different; another month makes another business.

Called by both simulators.
"""

from __future__ import annotations

from datetime import date

from runtime.simulators.provider.plan import Parameters

DEMO_SIZE = 1_500
"""Transactions up to which the business is the one of the demo: 24 clients, 13 months, 3,000 time entries."""
TRANSACTIONS_A_CLIENT, ENTRIES_A_TRANSACTION, MONTHS = 125, 4.15, 24
"""Of larger ones: 15,000 transactions make 120 clients and 60,000 time entries, whatever is cut off the last month."""


def choose_parameters(last_day: date, seed: int = 1, size: int = DEMO_SIZE) -> Parameters:
    """Return the parameters of a business with about so many transactions in its books."""
    usual = Parameters(last_day, seed)
    if size <= DEMO_SIZE:
        return usual
    clients = max(usual.clients, round(size / TRANSACTIONS_A_CLIENT))
    return Parameters(last_day, seed, clients, MONTHS, round(size * ENTRIES_A_TRANSACTION), size)

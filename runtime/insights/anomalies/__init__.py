"""The search for transactions that look wrong: one module for each family of kinds.

- `anomaly_search`: what is read, which searches are made, what is shown
- `history`: the transactions in groups, as the searches need them
- `findings`: a finding, its id and its parts
- `duplicates`: what was entered twice
- `typing_errors`: numbers and amounts that differ by an error of typing
- `amounts`: amounts far from the habit, and large ones of new vendors
- `round_amounts`: round amounts, and those just below a limit
- `days`: days without work, and entries typed in late
- `numbering`: gaps and repeats in numbers
- `vendor_accounts`: accounts that are unusual for a vendor
- `digits`: first digits of the amounts of an account
- `shared_details`: addresses and other details that two parties have
"""

from __future__ import annotations

from runtime.insights.anomalies.anomaly_search import INSIGHT

__all__ = ["INSIGHT"]

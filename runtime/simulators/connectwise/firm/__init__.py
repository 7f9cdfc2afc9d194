"""The records of the firm that the simulator shows, made of the plan in `runtime.simulators.provider`.

`building.py` puts them together, `tables.py` has the setup tables, `companies.py` who there is, `agreements.py` what
they have, `work.py` tickets, time and expenses, `invoices.py` what was invoiced and sold, `values.py` moments and
references.
"""

from __future__ import annotations

from runtime.simulators.connectwise.firm.building import build_records

__all__ = ["build_records"]

"""valuation: what a business may be worth, by a multiple of its adjusted EBITDA. It is an estimate, and says so.

EBITDA is that of the profit and loss reports of twelve months. What is added back to it is proposed and counts only
where the caller confirms it. Multiples are those of the caller, or of the facts with their source and date.

- `earnings`: the profit and loss of twelve months, and the EBITDA in it
- `add_backs`: what may be added back, each with its records, and what was confirmed
- `series`: what is invoiced to a customer again and again, and what that is a month
- `customers`: recurring revenue, concentration, and customers lost, of the books or of agreements
- `market`: multiples and benchmarks of the facts
- `levers`: what buyers look for, and what would raise the value most
- `valuing`: the analysis
"""

from runtime.insights.valuation.valuing import INSIGHT

__all__ = ["INSIGHT"]

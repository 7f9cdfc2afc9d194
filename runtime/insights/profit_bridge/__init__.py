"""explain_change: why the profit of a month differs from that of another, as a bridge that adds up to the cent.

The figures are those of the vendor's profit and loss reports. Transactions explain what moved inside each account; what
they do not explain is a step of its own. A step above zero raises profit, one below zero lowers it.

- `months`: the two months that are compared
- `statements`: the profit and loss reports as figures of accounts
- `postings`: what each line of a transaction adds to profit
- `movements`: postings of both months by account, by customer or vendor, and by item
- `price_volume`: the change of an item as effects of price, volume and mix
- `changes`: each account as the reports show it, and what the postings explain of it
- `steps`: the steps of the bridge, and the change by cause
- `rows`: its lists by account, by customer or vendor, and by item
- `confirming`: figures of the records beside those of the reports
- `remarks`: what an answer supposes, and what it lacks
- `sentences`: what the answer says of each step
- `explaining`: the analysis
"""

from runtime.insights.profit_bridge.explaining import INSIGHT

__all__ = ["INSIGHT"]

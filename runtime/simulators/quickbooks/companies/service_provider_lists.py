"""The lists of the IT service provider whose work is recorded elsewhere, and what is planted in its books."""

from __future__ import annotations

from runtime.simulators.quickbooks.companies.planted import Planted

MORE = (
    ("Managed Services", "Income", "ServiceFeeIncome"), ("Project Services", "Income", "ServiceFeeIncome"),
    ("Hourly Support", "Income", "ServiceFeeIncome"), ("Licence Resale", "Income", "SalesOfProductIncome"),
    ("Hardware Sales", "Income", "SalesOfProductIncome"),
    ("Cost of Licences", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Cost of Backup", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Cost of Hardware", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Client Travel", "Cost of Goods Sold", "OtherCostsOfServiceCos"),
    ("Delivery Tools", "Cost of Goods Sold", "OtherCostsOfServiceCos"),
    ("Technician Wages", "Cost of Goods Sold", "CostOfLaborCos"),
    ("Technician Payroll Taxes", "Cost of Goods Sold", "CostOfLaborCos"), ("Vehicle", "Expense", "Auto"),
)  # fmt: skip
CLASSES = {
    "managed": "Managed Services", "projects": "Projects", "products": "Products", "hourly": "Hourly",
    "expenses": "Hourly",
}  # fmt: skip
"""Line of business by what money is earned with."""
PAYROLL_TAX_ACCOUNTS = frozenset({"Technician Payroll Taxes", "Payroll:Taxes"})
TAX_OFFICE = "State Tax Office"
PREPARED_MONTHS = 2
"""What the bank account has at the beginning, in costs of the first month: clients pay after up to 42 days."""

PLANTED = (
    Planted("unprofitable client", "one client's time costs more than its agreement brings"),
    Planted("labour in overhead", "the last technician's pay of the last four complete months, on Payroll"),
    Planted("tool in overhead", "Fleetwatch RMM on Software Subscriptions; other tools are cost of sales"),
    Planted("mis-posted expense", "bill CD-77002 of Corvid Distribution on Office Supplies, $1,005.00"),
    Planted("cost in a later month", "invoice of bill CD-77001 of Corvid Distribution, $5,640.00"),
    Planted("agreement never billed", "a backup plan that the work system has and no invoice names"),
    Planted(
        "invoice without agreement", "invoices A...-X: managed services without a plan in the work system"
    ),
    Planted("unbilled work", "one client's hours and an expense, three months before the last one"),
    Planted("price below list", "one client's managed seats at $62.00 instead of $89.00"),
)
"""Which clients these are follows from the seed: `runtime.simulators.provider.truths` has all of it as data."""

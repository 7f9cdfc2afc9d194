"""The lists of the consultancy, and what is planted in its books. Prices are whole cents."""

from __future__ import annotations

from runtime.simulators.quickbooks.companies.planted import Planted

PLANTED = (
    Planted(
        "duplicate bill",
        "Lark & Finch Research, LF-0931, $4,200.00: entered 58 and again 51 days ago, both unpaid",
    ),
    Planted(
        "mis-posted expense",
        "card expense of $1,348.00 at Blue Mesa Travel 40 days ago: flights on Office Supplies",
    ),
    Planted("uncategorised deposit", "deposit of $6,500.00 to Checking 12 days ago on Uncategorized Income"),
    Planted("slow payer", "Halden Foods pays after 60 to 115 days"),
    Planted("overdue customer", "Orchard Street Theatre has not paid a single invoice"),
    Planted("unpaid bill", "Marlow Legal, ML-221, $2,750.00, due more than 60 days ago"),
    Planted("unbilled travel", "expense of $890.00 for Cedar Bank 75 days ago: billable, never invoiced"),
)

MORE = (
    ("Consulting Income", "Income", "ServiceFeeIncome"), ("Consulting Income:Strategy", "Income", "ServiceFeeIncome"),
    ("Consulting Income:Research", "Income", "ServiceFeeIncome"),
    ("Consulting Income:Training", "Income", "ServiceFeeIncome"), ("Retainer Income", "Income", "ServiceFeeIncome"),
    ("Client Retainers", "Other Current Liability", "OtherCurrentLiabilities"),
    ("Subcontractors", "Cost of Goods Sold", "CostOfLaborCos"), ("Refunds", "Income", "DiscountsRefundsGiven"),
)  # fmt: skip
ITEMS = (
    ("Strategy", "Consulting Income:Strategy", 18_500), ("Research", "Consulting Income:Research", 12_000),
    ("Workshop", "Consulting Income:Training", 240_000), ("Retainer", "Client Retainers", 300_000),
    ("Travel at cost", "Billable Expense Income", 0), ("Refund", "Refunds", 0),
)  # fmt: skip
CLIENTS = (
    "Alder Credit Union", "Bexley Hospital", "Cedar Bank", "Delta Freight", "Elmwood College", "Fulton Energy",
    "Granite Insurance", "Halden Foods", "Ivory Coast Imports", "Juniper Airlines", "Kestrel Media",
    "Larkspur Retail", "Orchard Street Theatre",
)  # fmt: skip
RETAINED = ("Alder Credit Union", "Fulton Energy", "Kestrel Media")
VENDORS = (
    "Hilltop Properties", "Blue Mesa Travel", "Lark & Finch Research", "Marlow Legal", "Sable Software",
    "Quarterdeck Insurance", "Pioneer Telephone", "Corner Bistro", "Paper & Ink", "Gold Coast Bank",
)  # fmt: skip
PEOPLE = (("Ines", "Calder"), ("Tom", "Okoro"), ("Rina", "Valdez"), ("Max", "Engel"), ("Joy", "Petrov"))
WAGES, PAYROLL_TAX = 1_380_000, 110_400
"""Cents a month, of everybody together."""

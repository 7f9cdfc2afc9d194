"""The lists of the IT service provider, and what is planted in its books. Prices and costs are whole cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from runtime.simulators.quickbooks.companies.planted import Planted


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a client gets every month."""

    customer: str
    seats: int
    servers: int
    mailboxes: int
    since: date


PLANTED = (
    Planted(
        "duplicate bill",
        "Cobalt Distribution, CD-77120, $3,980.00: entered 36 and again 29 days ago, both unpaid",
    ),
    Planted(
        "mis-posted expense", "card expense of $2,160.00 at Nimbus Hosting 26 days ago: servers on Meals"
    ),
    Planted("uncategorised deposit", "deposit of $3,240.00 to Checking 9 days ago on Uncategorized Income"),
    Planted("slow payer", "Bramble Veterinary and Tanner Construction pay after 60 to 115 days"),
    Planted("overdue customer", "Velvet Room Restaurant has not paid a single invoice"),
    Planted("unpaid bill", "Fiberline, FL-5540, $1,185.00, due more than 60 days ago"),
    Planted(
        "missed agreement", "Quill Publishing was not invoiced for its agreement in the month before last"
    ),
    Planted(
        "sold below cost",
        "invoice to Osprey Dental 22 days ago: 2 firewalls at $390.00 that cost $610.00 each",
    ),
)

MORE = (
    ("Managed Services", "Income", "ServiceFeeIncome"), ("Support Hours", "Income", "ServiceFeeIncome"),
    ("Hardware Sales", "Income", "SalesOfProductIncome"), ("Licence Resale", "Income", "SalesOfProductIncome"),
    ("Refunds", "Income", "DiscountsRefundsGiven"),
    ("Cost of Hardware", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Cost of Licences", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Inventory Asset", "Other Current Asset", "Inventory"), ("Hosting", "Expense", "DuesSubscriptions"),
    ("Vehicle", "Expense", "Auto"),
)  # fmt: skip
SERVICES = (
    ("Managed seat", "Managed Services", 8_900), ("Managed server", "Managed Services", 19_500),
    ("Cloud backup", "Managed Services", 4_500), ("Mailbox licence", "Licence Resale", 1_250),
    ("Support hour", "Support Hours", 13_500), ("Project hour", "Support Hours", 15_500), ("Refund", "Refunds", 0),
)  # fmt: skip
HARDWARE = (
    ("Laptop 14", 118_000, 94_000), ("Access point", 24_500, 16_800), ("Firewall", 82_000, 61_000),
    ("Switch 24", 46_000, 33_500), ("UPS 1500", 31_000, 22_400),
)  # fmt: skip
"""Name, price and cost in cents."""

CLIENTS = (
    "Aspen Orthodontics", "Bramble Veterinary", "Cobb & Daughters Law", "Driftwood Hotel", "Evergreen Nursery School",
    "Foxglove Pharmacy", "Gable Architects", "Harbor Freight Forwarding", "Indigo Yoga", "Juno Accounting",
    "Kettle Coffee Roasters", "Linden Church", "Mercer Auto Parts", "Nettle Garden Centers", "Osprey Dental",
    "Pike Street Gallery", "Quill Publishing", "Rowan Real Estate", "Tanner Construction", "Velvet Room Restaurant",
)  # fmt: skip
VENDORS = (
    "Cobalt Distribution", "Nimbus Hosting", "Fiberline", "Keystone Offices", "Parcel Express", "Anchor Insurance",
    "Station 9 Fuel", "Sandbar Grill", "Mailhouse Licences", "State Tax Office", "Helm Payroll",
)  # fmt: skip
WAGES, PAYROLL_TAX = 1_980_000, 158_000
"""Cents a month, of everybody together."""

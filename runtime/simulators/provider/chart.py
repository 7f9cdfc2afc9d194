"""What the IT service provider works with: accounts, catalogue, vendors, people. Prices and costs are whole cents.

Called by the makers of a plan.
"""

from __future__ import annotations

from runtime.simulators.provider.plan import Account, Group, Item, Stream

NAME = "Larkfield Managed IT"

GROUPS: dict[Group, tuple[str, ...]] = {
    "income": (
        "Managed Services", "Project Services", "Hourly Support", "Licence Resale", "Hardware Sales",
        "Billable Expense Income",
    ),
    "direct": (
        "Cost of Licences", "Cost of Backup", "Cost of Hardware", "Client Travel", "Delivery Tools", "Technician Wages",
        "Technician Payroll Taxes",
    ),
    "overhead": (
        "Rent", "Telephone & Internet", "Insurance", "Advertising", "Office Supplies", "Meals", "Vehicle",
        "Legal & Professional Fees", "Software Subscriptions", "Payroll:Wages", "Payroll:Taxes",
    ),
    "other": ("Depreciation",),
}  # fmt: skip
ACCOUNTS = tuple(Account(name, group) for group, names in GROUPS.items() for name in names)

LICENCES, BACKUP, HARDWARE = "Mailhouse Licences", "Vaultline Backup", "Corvid Distribution"
FUEL, PARCELS, LUNCH = "Station 9 Fuel", "Parcel Express", "Sandbar Grill"
RMM, DOCUMENTATION, FILTER = "Fleetwatch RMM", "Runbook Docs", "Sentinel Mail Filter"
VENDORS = (
    LICENCES, BACKUP, HARDWARE, FUEL, PARCELS, LUNCH, RMM, DOCUMENTATION, FILTER, "Keystone Offices", "Fiberline",
    "Anchor Insurance", "Brightside Media", "Ellery Accountants", "Ledgerline Software", "State Tax Office",
)  # fmt: skip

_CATALOGUE: tuple[tuple[str, str, Stream, int, int, str, str, str], ...] = (
    ("MS-SEAT", "Managed seat", "managed", 8_900, 0, "Managed Services", "", ""),
    ("MS-SERVER", "Managed server", "managed", 19_500, 0, "Managed Services", "", ""),
    ("BK-CLOUD", "Cloud backup", "managed", 4_500, 2_100, "Managed Services", "Cost of Backup", BACKUP),
    ("SEC-EDR", "Endpoint security", "managed", 900, 420, "Managed Services", "Cost of Licences", LICENCES),
    ("LIC-MAIL", "Mailbox licence", "products", 1_250, 980, "Licence Resale", "Cost of Licences", LICENCES),
    (
        "LIC-OFFICE",
        "Office licence",
        "products",
        2_200,
        1_780,
        "Licence Resale",
        "Cost of Licences",
        LICENCES,
    ),
    ("HW-LAPTOP", "Laptop 14", "products", 118_000, 94_000, "Hardware Sales", "Cost of Hardware", HARDWARE),
    ("HW-AP", "Access point", "products", 24_500, 16_800, "Hardware Sales", "Cost of Hardware", HARDWARE),
    ("HW-FIREWALL", "Firewall", "products", 82_000, 61_000, "Hardware Sales", "Cost of Hardware", HARDWARE),
    ("HW-SWITCH", "Switch 24", "products", 46_000, 33_500, "Hardware Sales", "Cost of Hardware", HARDWARE),
    ("HW-UPS", "UPS 1500", "products", 31_000, 22_400, "Hardware Sales", "Cost of Hardware", HARDWARE),
    ("SV-HOUR", "Support hour", "hourly", 13_500, 0, "Hourly Support", "", ""),
    ("SV-PROJECT", "Project hour", "projects", 15_500, 0, "Project Services", "", ""),
    ("SV-FEE", "Project fee", "projects", 0, 0, "Project Services", "", ""),
    ("SV-TRAVEL", "Travel passed on", "expenses", 0, 0, "Billable Expense Income", "", ""),
)
ITEMS = {
    code: Item(550 + place, code, name, stream, price, cost, income, expense, vendor)
    for place, (code, name, stream, price, cost, income, expense, vendor) in enumerate(_CATALOGUE)
}
GOODS = tuple(code for code in ITEMS if code.startswith("HW-"))

ROLES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("Technician", (4_000, 4_240, 4_480)),
    ("Engineer", (5_400, 5_720, 6_000)),
    ("Senior Engineer", (7_000, 7_240)),
)
"""Role, and what an hour costs: multiples of four cents, so that a quarter of an hour is whole cents."""
ROLE_PATTERN = (0, 1, 0, 2, 1, 0, 1)
"""Place in `ROLES` of one technician after the other."""
GIVEN_NAMES = (
    "Ada", "Bruno", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Luca", "Mara",
    "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Sami", "Tessa", "Umar", "Vera", "Wanda", "Xavier", "Yusuf", "Zoe",
)  # fmt: skip
FAMILY_NAMES = (
    "Adeyemi", "Barlow", "Castellan", "Drummond", "Eastgate", "Fairweather", "Gallagher", "Hollis", "Iverson",
    "Jansen", "Kowalski", "Lindqvist", "Marchetti", "Novak", "Okafor", "Pemberton", "Quigley", "Rasmussen",
    "Sorensen", "Takeda", "Underhill", "Vasquez", "Whitlock",
)  # fmt: skip
OFFICE = (("Morgan Blake, office manager", 380_000), ("Robin Tate, sales", 420_000))
"""Who works for no client, and what they are paid a month."""
PAYROLL_TAX = 12
"""Percent of what somebody costs that is taxes and insurance: an invented round figure."""

OVERHEADS: tuple[tuple[str, str, int], ...] = (
    ("Keystone Offices", "Rent", 210_000), ("Fiberline", "Telephone & Internet", 58_500),
    ("Anchor Insurance", "Insurance", 64_000), ("Brightside Media", "Advertising", 90_000),
    ("Ellery Accountants", "Legal & Professional Fees", 75_000),
)  # fmt: skip
"""Vendor, account and cents of the bills of each month."""
TOOLS: tuple[tuple[str, str, int], ...] = (
    (RMM, "Software Subscriptions", 82_000),
    (DOCUMENTATION, "Delivery Tools", 29_000),
    (FILTER, "Delivery Tools", 37_500),
    ("Ledgerline Software", "Software Subscriptions", 9_500),
)
"""Vendor, account and cents by card each month. The first serves clients and stands in overhead: it is planted."""
SMALL: tuple[tuple[str, str], ...] = ((FUEL, "Vehicle"), (PARCELS, "Office Supplies"), (LUNCH, "Meals"))
SUMMARIES = (
    "Printer queue stops after update", "Cannot sign in", "Mailbox is full", "New starter", "Laptop is slow",
    "VPN drops every hour", "Backup job failed", "Shared drive is missing", "Phone does not ring", "Leaver account",
    "Wi-Fi is weak upstairs", "Suspicious message", "Server patching", "Scanner to mail fails", "Licence renewal",
)  # fmt: skip
PROJECTS = (
    "Server refresh", "Office move", "Cloud migration", "Network redesign", "Phone system", "Security baseline",
)  # fmt: skip

"""The demo companies: kinds of business with a history that ends on the company's day.

All of them have double-entry books, made through the rules of API writes, and depend on seed, day and size alone. Each
has a name of its own among the companies ("realms") and errors to be found. The first three have two years of history,
seasonal sales, customers who pay promptly, slowly or never, bills by cheque and card, a card account paid off on the
25th, journal entries for depreciation and accruals, estimates, credit memos used on invoices, refunds and classes:

landscaper (Craig's Design and Landscaping Services, realm 9130357849126540), on the lists of the familiar sample
company. Customers 12 and 20 never pay, 3, 16 and 24 pay after two to four months. INV-20388 of Diego's Road Warrior
Bodyshop ($755.00) is entered twice, 47 and 43 days ago. A truck repair ($612.40, 33 days ago, Ellis Equipment Rental)
stands on Office Expenses. A deposit of $1,875.00 (19 days ago) is on Uncategorized Income. Robertson & Associates
R-1187 ($315.00) is long overdue.

consultancy (Juniper Vale Consulting, realm 9130357849126557): hours of five people billed at the end of the month,
retainers that are owed until they are earned, workshops, travel passed on; practices are classes, offices departments.
Orchard Street Theatre never pays, Halden Foods pays slowly. LF-0931 of Lark & Finch Research ($4,200.00) is entered 58
and 51 days ago. Flights ($1,348.00, 40 days ago, Blue Mesa Travel) stand on Office Supplies. A deposit of $6,500.00 (12
days ago) is on Uncategorized Income. Marlow Legal ML-221 ($2,750.00) is long overdue. Travel for Cedar Bank ($890.00,
75 days ago) was never invoiced.

it_services (Brightwire IT Services, realm 9130357849126564): an agreement per client, with a recurring template,
invoiced on the first of the month, hours on top, hardware bought from a distributor, held in stock and sold with
sales tax. Velvet Room Restaurant never pays, Bramble Veterinary and Tanner Construction pay slowly. CD-77120 of
Cobalt Distribution ($3,980.00) is entered 36 and 29 days ago. Servers ($2,160.00, 26 days ago, Nimbus Hosting) stand
on Meals. A deposit of $3,240.00 (9 days ago) is on Uncategorized Income. Fiberline FL-5540 ($1,185.00) is long
overdue. Quill Publishing got no invoice for its agreement in the month before last. Osprey Dental was sold two
firewalls below cost 22 days ago.

provider (Larkfield Managed IT, realm 9130357849126571): the books of the business in `runtime.simulators.provider`,
whose work the simulator of a work system has. Thirteen months, or two years of a larger one: agreements, hours,
projects and goods for clients, licences and goods bought for them, payroll, tools and overheads. What is planted is in
the plan's `truths`, for it depends on the seed: an unprofitable client, labour and a tool in overhead, a bill on a
wrong account, a cost in a later month, an agreement never billed, invoices without one.

`PLANTED` has the same as data.
"""

from __future__ import annotations

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.companies import (
    consultancy_lists,
    it_services_lists,
    landscaper,
    service_provider_lists,
)
from runtime.simulators.quickbooks.companies.business import USUAL_SIZE, Business, Progress
from runtime.simulators.quickbooks.companies.consultancy import Consultancy
from runtime.simulators.quickbooks.companies.it_services import ItServices
from runtime.simulators.quickbooks.companies.landscaper import Landscaper
from runtime.simulators.quickbooks.companies.planted import Planted
from runtime.simulators.quickbooks.companies.progress import ProgressReport
from runtime.simulators.quickbooks.companies.service_provider import ServiceProvider

BUSINESSES: dict[str, type[Business]] = {
    "landscaper": Landscaper, "consultancy": Consultancy, "it_services": ItServices,
    "provider": ServiceProvider,
}  # fmt: skip
"""Kind of business by the name it is asked for."""

PLANTED: dict[str, tuple[Planted, ...]] = {
    "landscaper": landscaper.PLANTED,
    "consultancy": consultancy_lists.PLANTED,
    "it_services": it_services_lists.PLANTED,
    "provider": service_provider_lists.PLANTED,
}  # fmt: skip
"""What there is to find in each."""


def make_company(
    store: Store, name: str, seed: int = 1, size: int = USUAL_SIZE, progress: Progress | None = None
) -> str:
    """Make a company of about `size` transactions; return its realm. Raises KeyError for an unknown name."""
    business = BUSINESSES[name](store, seed, size, progress)
    business.make()
    return business.realm


__all__ = [
    "BUSINESSES",
    "PLANTED",
    "USUAL_SIZE",
    "Business",
    "Planted",
    "Progress",
    "ProgressReport",
    "make_company",
]

"""What the plan of a company allows: `/manage/entitlements/v3/{realm}`, the one answer that is XML and nothing else.

The elements and their order follow the service's schema. Which features a plan has is not among the collected facts:
names, numbers and limits here are made up.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.faults import XML, make_unsupported_fault
from runtime.simulators.quickbooks.http.messages import Answer, Request

PATH = "/manage/entitlements/v3/"
USUAL_PLAN = "QuickBooks Online Plus"
MOST_USERS = 5
"""Users of the plan that the company has, QuickBooks Online Plus."""
ON, OFF = "On", "Off"
FEATURES = (
    ("Invoicing", ON),
    ("Estimates", ON),
    ("Bills", ON),
    ("Inventory", ON),
    ("Classes", ON),
    ("Projects", OFF),
    ("Payroll", OFF),
    ("Workflow automation", OFF),
)
THRESHOLDS = (("Accounts", "Account", 250), ("Classes", "Class", 40))
"""Name, what is counted, and how many the plan allows."""


def answer(store: Store, request: Request) -> Answer:
    """Return the plan of a company with its features and limits; raises Fault for another method or a longer path."""
    if request.method != "GET" or request.segments:
        raise make_unsupported_fault(request.path)
    books = Books(store, request.realm)
    root = Element("EntitlementsResponse")
    for name, value in (
        ("QboCompany", "true"),
        ("PlanName", _plan(books)),
        ("MaxUsers", str(MOST_USERS)),
        ("CurrentUsers", "1"),
    ):
        SubElement(root, name).text = value
    _add_features(root)
    _add_thresholds(root, books)
    return Answer(200, XML, tostring(root, encoding="UTF-8", xml_declaration=True))


def _plan(books: Books) -> str:
    pairs = (books.find("CompanyInfo", "1") or {}).get("NameValue") or []
    return next((str(pair["Value"]) for pair in pairs if pair.get("Name") == "OfferingSku"), USUAL_PLAN)


def _add_features(root: Element) -> None:
    for number, (name, term) in enumerate(FEATURES, 1):
        feature = SubElement(root, "Entitlement", id=str(number))
        SubElement(feature, "name").text = name
        SubElement(feature, "term").text = term


def _add_thresholds(root: Element, books: Books) -> None:
    group = SubElement(root, "Thresholds")
    for name, entity, limit in THRESHOLDS:
        count = _count(books, entity)
        threshold = SubElement(group, "Threshold")
        for part, value in (
            ("name", name),
            ("limit", str(limit)),
            ("enforced", "false"),
            ("currentCount", str(count)),
            ("aboveThreshold", str(count > limit).lower()),
        ):
            SubElement(threshold, part).text = value


def _count(books: Books, entity: str) -> int:
    row = books.store.execute(
        "select count(*) from records where realm = ? and entity = ? and active = 1", (books.realm, entity)
    ).fetchone()
    return int(row[0])

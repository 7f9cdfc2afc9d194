"""Companies with their sites and contacts. Called by `building`."""

from __future__ import annotations

from runtime.simulators.connectwise.firm.tables import COMPANY_TYPES, MANAGER
from runtime.simulators.connectwise.firm.values import (
    COUNTRY,
    CURRENCY,
    LOCATION,
    TERMS,
    Body,
    Stamps,
    make_day,
    make_reference,
)
from runtime.simulators.provider.parties import Company, Contact

STATE: Body = {"id": 5, "identifier": "CA", "name": "California"}


class CompanyRecords:
    """The records of companies, and the references to them."""

    def __init__(self, stamps: Stamps) -> None:
        self.stamps = stamps

    def refer(self, company: Company) -> Body:
        """Return the reference to a company."""
        return make_reference(company.id, company.name, identifier=company.identifier)

    def refer_to_site(self, company: Company) -> Body:
        """Return the reference to its site."""
        return make_reference(company.site_id, "Main")

    def refer_to_contact(self, company: Company) -> Body:
        """Return the reference to whom one calls first."""
        contact = company.contacts[0]
        return make_reference(contact.id, f"{contact.first} {contact.last}")

    def make_company(self, company: Company) -> Body:
        """Return a company; what is not known of its place is left out."""
        place, type_ = company.place, make_reference(*COMPANY_TYPES[company.kind])
        known = {"phoneNumber": place.phone, "website": f"https://www.{place.domain}" if place.domain else ""}
        return {
            "id": company.id, "identifier": company.identifier, "name": company.name,
            "status": {"id": 1, "name": "Active"}, "addressLine1": place.street, "city": place.city, "state": "CA",
            "zip": place.zip, "country": COUNTRY, **{name: value for name, value in known.items() if value},
            "territory": LOCATION, "defaultContact": self.refer_to_contact(company),
            "dateAcquired": make_day(company.since), "leadFlag": company.kind == "prospect",
            "unsubscribeFlag": False, "billingTerms": TERMS, "billToCompany": self.refer(company),
            "billingSite": self.refer_to_site(company), "billingContact": self.refer_to_contact(company),
            "deletedFlag": False, "isVendorFlag": company.kind == "vendor", "types": [type_],
            "site": self.refer_to_site(company), "currency": CURRENCY, "customFields": [],
            "_info": self.stamps.enter(company.since, company.since, MANAGER),
        }  # fmt: skip

    def make_site(self, company: Company) -> Body:
        """Return the one site of a company."""
        place = company.place
        phone = {"phoneNumber": place.phone} if place.phone else {}
        return {
            "id": company.site_id, "name": "Main", "addressLine1": place.street, "city": place.city,
            "stateReference": STATE, "zip": place.zip, **phone, "primaryAddressFlag": True,
            "defaultShippingFlag": True, "defaultBillingFlag": True, "defaultMailingFlag": True,
            "inactiveFlag": False, "billSeparateFlag": False, "company": self.refer(company),
            "_info": self.stamps.stamp(company.since, MANAGER),
        }  # fmt: skip

    def list_contacts(self, company: Company) -> list[Body]:
        """Return the people of a company, the first of them its main contact."""
        return [self._contact(company, contact) for contact in company.contacts]

    def _contact(self, company: Company, contact: Contact) -> Body:
        is_first = contact == company.contacts[0]
        email = {
            "id": contact.id * 2, "type": {"id": 1, "name": "Email"}, "value": contact.email, "defaultFlag": True,
            "domain": f"@{contact.email.partition('@')[2]}", "communicationType": "Email",
        }  # fmt: skip
        phone = {
            "id": contact.id * 2 + 1, "type": {"id": 2, "name": "Direct"}, "value": company.place.phone,
            "defaultFlag": True, "communicationType": "Phone",
        }  # fmt: skip
        return {
            "id": contact.id, "firstName": contact.first, "lastName": contact.last, "company": self.refer(company),
            "site": self.refer_to_site(company), "inactiveFlag": False, "title": contact.title,
            "disablePortalLoginFlag": True, "unsubscribeFlag": False, "defaultBillingFlag": is_first,
            "defaultFlag": is_first, "communicationItems": [email, phone] if company.place.phone else [email],
            "types": [], "customFields": [], "_info": self.stamps.stamp(company.since, MANAGER),
        }  # fmt: skip

"""A small firm: a few records of each kind that is read most, few enough to be known by heart."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]
ENTERED = "2026-01-05T14:00:00Z"


def build_sample() -> dict[str, list[Body]]:
    """Return the records of the sample by path, as `Store.load` takes them."""
    records: dict[str, list[Body]] = {
        "/company/companies/types": [_named(1, "Customer", defaultFlag=True), _named(2, "Vendor")],
        "/company/companies/statuses": [_named(1, "Active", defaultFlag=True), _named(2, "Inactive")],
        "/system/members": [_member(1, "ApiMember", "Api", 0.0), _member(2, "TExample", "Testa", 55.0)],
        "/time/workRoles": [
            _named(1, "Engineer", hourlyRate=150.0),
            _named(2, "Consultant", hourlyRate=190.0),
        ],
        "/time/workTypes": [_work_type(1, "Remote", 1.0), _work_type(2, "After Hours", 1.5)],
        "/service/boards": [_named(1, "Help Desk", inactiveFlag=False, projectFlag=False)],
        "/service/boards/1/statuses": [
            _named(1, "New", defaultFlag=True, closedStatus=False),
            _named(2, "Closed", defaultFlag=False, closedStatus=True),
        ],
        "/service/priorities": [_named(1, "Priority 3 - Normal", defaultFlag=True)],
        "/finance/agreements/types": [_named(1, "Managed Services"), _named(2, "Block Time")],
        "/expense/types": [_named(1, "Mileage")],
        "/procurement/catalog": [_catalog_item(1, "MS-SEAT", "Managed seat", 85.0, 11.0)],
        "/company/companies": [
            _company(1, "Orchard", "Orchard Clinic"),
            _company(2, "Harbour", "Harbour Legal LLP"),
        ],
        "/company/companies/1/sites": [_named(1, "Main", primaryAddressFlag=True, city="Sampleville")],
        "/company/companies/2/sites": [_named(2, "Main", primaryAddressFlag=True, city="Portview")],
    }
    records |= _list_work()
    return {path: [_stamped(record) for record in listed] for path, listed in records.items()}


def _list_work() -> dict[str, list[Body]]:
    company = {"id": 1, "identifier": "Orchard", "name": "Orchard Clinic"}
    agreement = {"id": 1, "name": "Orchard Managed Plan", "type": "Managed Services"}
    status = {"id": 1, "name": "New"}
    return {
        "/company/contacts": [
            {"id": 1, "firstName": "Nora", "lastName": "Field", "company": company, "communicationItems": [
                {"id": 1, "type": {"id": 1, "name": "Email"}, "value": "nora@orchard.example", "defaultFlag": True,
                 "communicationType": "Email"},
            ]},
        ],
        "/finance/agreements": [
            {"id": 1, "name": "Orchard Managed Plan", "type": {"id": 1, "name": "Managed Services"},
             "company": company, "contact": {"id": 1, "name": "Nora Field"}, "startDate": "2026-01-01T00:00:00Z",
             "noEndingDateFlag": True, "cancelledFlag": False, "billAmount": 0.0, "agreementStatus": "Active"},
        ],
        "/finance/agreements/1/additions": [
            {"id": 1, "agreementId": 1, "product": {"id": 1, "identifier": "MS-SEAT"}, "quantity": 40.0,
             "lessIncluded": 0.0, "unitPrice": 85.0, "unitCost": 11.0, "billCustomer": "Billable",
             "effectiveDate": "2026-01-01T00:00:00Z", "extPrice": 3400.0, "extCost": 440.0, "margin": 2960.0},
        ],
        "/service/tickets": [
            {"id": number, "summary": f"Printer queue stops ({number})", "recordType": "ServiceTicket",
             "board": {"id": 1, "name": "Help Desk"}, "status": status, "company": company, "agreement": agreement,
             "closedFlag": False, "priority": {"id": 1, "name": "Priority 3 - Normal"}}
            for number in range(1, 4)
        ],
        "/time/entries": [
            {"id": number, "company": company, "chargeToId": 1, "chargeToType": "ServiceTicket",
             "member": {"id": 2, "identifier": "TExample", "name": "Testa Example"},
             "timeStart": f"2026-02-{number:02}T15:00:00Z", "timeEnd": f"2026-02-{number:02}T16:30:00Z",
             "actualHours": 1.5, "billableOption": "Billable", "hourlyRate": 150.0, "hoursBilled": 1.5,
             "agreement": agreement, "status": "Open", "workRole": {"id": 1, "name": "Engineer"},
             "workType": {"id": 1, "name": "Remote"}, "enteredBy": "TExample", "dateEntered": ENTERED}
            for number in range(1, 29)
        ],
    }  # fmt: skip


def _stamped(record: Body) -> Body:
    info = {"lastUpdated": ENTERED, "updatedBy": "zAdmin", "dateEntered": ENTERED, "enteredBy": "zAdmin"}
    return {**record, "_info": info}


def _named(id: int, name: str, **more: Any) -> Body:
    return {"id": id, "name": name, **more}


def _member(id: int, identifier: str, first_name: str, cost: float) -> Body:
    return {
        "id": id, "identifier": identifier, "firstName": first_name, "lastName": "Example", "licenseClass": "F",
        "hourlyCost": cost, "inactiveFlag": False, "defaultEmail": f"{first_name.lower()}@example.com",
    }  # fmt: skip


def _work_type(id: int, name: str, rate: float) -> Body:
    return _named(id, name, billTime="Billable", rateType="Multiplier", rate=rate, costMultiplier=1.0)


def _catalog_item(id: int, identifier: str, description: str, price: float, cost: float) -> Body:
    return {
        "id": id, "identifier": identifier, "description": description, "price": price, "cost": cost,
        "productClass": "Agreement", "customerDescription": description, "inactiveFlag": False,
    }  # fmt: skip


def _company(id: int, identifier: str, name: str) -> Body:
    return {
        "id": id, "identifier": identifier, "name": name, "status": {"id": 1, "name": "Active"},
        "types": [{"id": 1, "name": "Customer"}], "phoneNumber": f"55501{id:02}", "deletedFlag": False,
        "customFields": [
            {"id": 5, "caption": "Tier", "type": "Text", "entryMethod": "List", "numberOfDecimals": 0,
             "value": "Gold" if id == 1 else None},
        ],
    }  # fmt: skip

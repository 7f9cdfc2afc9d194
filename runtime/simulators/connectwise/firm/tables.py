"""The setup tables of the firm: types, statuses, boards, roles, members, the catalogue. Called by `building`."""

from __future__ import annotations

from datetime import date

from runtime.simulators.connectwise.firm.values import (
    DEPARTMENT,
    LOCATION,
    MONTHLY,
    Body,
    Stamps,
    make_day,
    make_reference,
    to_dollars,
)
from runtime.simulators.provider.parties import Technician
from runtime.simulators.provider.plan import Item, Plan

HELP_DESK: Body = {"id": 1, "name": "Help Desk"}
PROJECTS: Body = {"id": 7, "name": "Projects"}
CLOSED: Body = {"id": 17, "name": "Closed"}
IN_PROGRESS: Body = {"id": 16, "name": "In Progress"}
PROJECT_CLOSED: Body = {"id": 27, "name": "Closed"}
PROJECT_IN_PROGRESS: Body = {"id": 26, "name": "In Progress"}
PRIORITY: Body = {"id": 3, "name": "Priority 3 - Normal"}
REGULAR: Body = {"id": 3, "name": "Remote Regular"}
SENT: Body = {"id": 3, "name": "Sent"}
COMPANY_TYPES = {
    "client": (1, "Customer"),
    "vendor": (2, "Vendor"),
    "prospect": (3, "Prospect"),
    "own": (4, "Owner"),
}
AGREEMENT_TYPES = {"Managed Services": 1, "Backup": 2, "Licences": 3}
EXPENSE_TYPES = {"Mileage": 3, "Parking": 4, "Small parts": 5}
MANAGER = "MManager"
MEETING = 15
"""Id of the charge code of internal work."""
SET_UP = date(2021, 1, 5)
"""When the tables were filled: long before anything else."""


def make_tables(plan: Plan, stamps: Stamps) -> dict[str, list[Body]]:
    """Return the setup tables by path."""
    info = stamps.stamp(SET_UP)
    named = {path: [{**row, "_info": info} for row in rows] for path, rows in _list_simple_tables().items()}
    roles = {technician.role: make_role(technician) for technician in plan.technicians}
    own = next(company for company in plan.companies if company.kind == "own")
    return {
        **named,
        "/time/workRoles": [
            {**role, "hourlyRate": 135.0, "inactiveFlag": False, "locationIds": [2], "_info": info}
            for role in roles.values()
        ],
        "/service/boards": [_board(HELP_DESK, info, is_project=False), _board(PROJECTS, info, is_project=True)],
        "/service/boards/{parentId}/statuses": [
            _status(status, board, info, place)
            for board, statuses in (
                (HELP_DESK, (IN_PROGRESS, CLOSED)),
                (PROJECTS, (PROJECT_IN_PROGRESS, PROJECT_CLOSED)),
            )
            for place, status in enumerate(statuses)
        ],
        "/time/chargeCodes": [
            {
                "id": MEETING, "name": "Internal work",
                "company": make_reference(own.id, own.name, identifier=own.identifier),
                "location": LOCATION, "department": DEPARTMENT, "billTime": "DoNotBill", "expenseEntryFlag": False,
                "allowAllExpenseTypeFlag": False, "timeEntryFlag": True, "workType": REGULAR, "_info": info,
            }
        ],
        "/system/members": [_manager(info), *(_member(one, stamps) for one in plan.technicians)],
        "/procurement/catalog": [_catalog_item(item, info) for item in plan.items.values()],
    }  # fmt: skip


def _list_simple_tables() -> dict[str, list[Body]]:
    return {
        "/system/departments": [DEPARTMENT],
        "/system/locations": [
            {**LOCATION, "structureLevel": {"id": 1, "name": "Location"}, "locationFlag": True, "departmentIds": [10]}
        ],
        "/company/companies/types": [
            {"id": id, "name": name, "defaultFlag": id == 1, "vendorFlag": kind == "vendor", "serviceAlertFlag": False}
            for kind, (id, name) in COMPANY_TYPES.items()
        ],
        "/company/companies/statuses": [
            {"id": 1, "name": "Active", "defaultFlag": True, "inactiveFlag": False, "notifyFlag": False},
            {"id": 2, "name": "Inactive", "defaultFlag": False, "inactiveFlag": True, "notifyFlag": False},
        ],
        "/time/workTypes": [{
            **REGULAR, "billTime": "Billable", "rateType": "Multiplier", "rate": 1.0, "hoursMin": 0.25,
            "roundBillHoursTo": 0.25, "inactiveFlag": False, "overallDefaultFlag": True, "activityDefaultFlag": False,
            "utilizationFlag": True, "costMultiplier": 1.0,
        }],
        "/service/priorities": [{**PRIORITY, "color": "Yellow", "sortOrder": 3, "defaultFlag": True}],
        "/finance/agreements/types": [
            {
                "id": id, "name": name, "defaultFlag": id == 1, "inactiveFlag": False, "employeeCompRate": "Actual",
                "employeeCompNotExceed": "Billing", "invoicingCycle": "CalendarYear", "billTime": "Billable",
                "billExpenses": "Billable", "billProducts": "Billable", "billingCycle": MONTHLY,
            }
            for name, id in AGREEMENT_TYPES.items()
        ],
        "/finance/billingCycles": [
            {**MONTHLY, "identifier": "Monthly", "defaultFlag": True, "billingOptions": "Monthly"}
        ],
        "/finance/billingStatuses": [
            {"id": 1, "name": "New", "sortOrder": 1, "defaultFlag": True, "closedFlag": False, "sentFlag": False},
            {**SENT, "sortOrder": 3, "defaultFlag": False, "closedFlag": True, "sentFlag": True},
        ],
        "/finance/billingTerms": [{"id": 4, "name": "Net 30", "defaultFlag": True, "dueDays": 30}],
        "/expense/types": [
            {
                "id": id, "name": name, "amountCaption": "Amount", "billExpenses": "Billable", "inactiveFlag": False,
                "invoiceMarkupOption": "Percent", "mileageFlag": name == "Mileage", "defaultFlag": id == 3,
            }
            for name, id in EXPENSE_TYPES.items()
        ],
        "/project/statuses": [
            {"id": 1, "name": "Open", "defaultFlag": True, "noTimeFlag": False, "closedFlag": False},
            {"id": 2, "name": "Closed", "defaultFlag": False, "noTimeFlag": True, "closedFlag": True},
        ],
        "/project/projectTypes": [{"id": 2, "name": "Infrastructure", "defaultFlag": True, "inactiveFlag": False}],
        "/sales/opportunities/statuses": [
            {"id": 1, "name": "Open", "wonFlag": False, "lostFlag": False, "closedFlag": False, "defaultFlag": True},
            {"id": 2, "name": "Won", "wonFlag": True, "lostFlag": False, "closedFlag": True, "defaultFlag": False},
        ],
        "/sales/stages": [{"id": 2, "name": "Quote", "sequenceNumber": 2}],
        "/sales/opportunities/types": [{"id": 2, "description": "Project", "inactiveFlag": False}],
    }  # fmt: skip


def make_role(technician: Technician) -> Body:
    """Return the reference to the work role of a technician."""
    names = ("Technician", "Engineer", "Senior Engineer")
    return make_reference(11 + names.index(technician.role), technician.role)


def make_member_reference(technician: Technician) -> Body:
    """Return the reference to a technician."""
    return make_reference(technician.id, f"{technician.first} {technician.last}", identifier=technician.code)


def _board(board: Body, info: Body, *, is_project: bool) -> Body:
    return {
        **board, "location": LOCATION, "department": DEPARTMENT, "inactiveFlag": False, "projectFlag": is_project,
        "workType": REGULAR, "billTime": "NoDefault", "billExpense": "NoDefault", "billProduct": "NoDefault",
        "_info": info,
    }  # fmt: skip


def _status(status: Body, board: Body, info: Body, place: int) -> Body:
    is_closed = status["name"] == "Closed"
    return {
        **status, "board": board, "sortOrder": place, "displayOnBoard": not is_closed, "inactive": False,
        "closedStatus": is_closed, "timeEntryNotAllowed": False, "defaultFlag": not place,
        "escalationStatus": "Resolved" if is_closed else "NotResponded", "_info": info,
    }  # fmt: skip


def _manager(info: Body) -> Body:
    return {
        "id": 300, "identifier": MANAGER, "licenseClass": "F", "disableOnlineFlag": False, "inactiveFlag": False,
        "firstName": "Morgan", "lastName": "Blake", "hireDate": make_day(SET_UP), "defaultEmail": "Office",
        "defaultPhone": "Office", "officeEmail": "morgan.blake@larkfield.example", "title": "Office Manager",
        "securityRole": {"id": 20, "name": "Admin"}, "adminFlag": True, "hourlyCost": 0.0,
        "includeInUtilizationReportingFlag": False, "defaultLocation": LOCATION, "defaultDepartment": DEPARTMENT,
        "_info": info,
    }  # fmt: skip


def _member(technician: Technician, stamps: Stamps) -> Body:
    email = f"{technician.first}.{technician.last}@larkfield.example".lower()
    return {
        "id": technician.id, "identifier": technician.code, "licenseClass": "F", "disableOnlineFlag": False,
        "inactiveFlag": False, "firstName": technician.first, "lastName": technician.last,
        "hireDate": make_day(technician.since), "officeEmail": email, "primaryEmail": email, "defaultEmail": "Office",
        "defaultPhone": "Office", "securityRole": {"id": 21, "name": "Technician"}, "title": technician.role,
        "adminFlag": False, "defaultLocation": LOCATION, "defaultDepartment": DEPARTMENT,
        "workRole": make_role(technician), "workType": REGULAR, "billableForecast": 75.0,
        "dailyCapacity": technician.capacity / 60, "hourlyCost": to_dollars(technician.cost), "hourlyRate": None,
        "includeInUtilizationReportingFlag": True, "requireTimeSheetEntryFlag": True, "customFields": [],
        "_info": stamps.stamp(technician.since, MANAGER),
    }  # fmt: skip


def _catalog_item(item: Item, info: Body) -> Body:
    kind = (
        "Service"
        if item.code.startswith("SV-")
        else "NonInventory"
        if item.code.startswith("HW-")
        else "Agreement"
    )
    is_recurring = kind == "Agreement"
    vendor = {"vendor": {"name": item.vendor}} if item.vendor else {}
    return {
        "id": item.id, "identifier": item.code, "description": item.name, "customerDescription": item.name,
        "inactiveFlag": False, "productClass": kind, "subcategory": {"id": 14, "name": kind},
        "type": {"id": 5, "name": kind}, "category": {"id": 4, "name": kind}, "price": to_dollars(item.price),
        "cost": to_dollars(item.cost), "taxableFlag": False, "recurringFlag": is_recurring,
        "recurringRevenue": to_dollars(item.price) if is_recurring else 0.0,
        "recurringCost": to_dollars(item.cost) if is_recurring else 0.0, **vendor, "_info": info,
    }  # fmt: skip

"""The chart of accounts: types and subtypes, classification, which accounts cannot be put away."""

from __future__ import annotations

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_fault, make_missing_fault
from runtime.simulators.quickbooks.rules import currency, names, nesting
from runtime.simulators.quickbooks.schema import load_entities

CLASSIFICATIONS = {
    "Bank": "Asset", "Accounts Receivable": "Asset", "Other Current Asset": "Asset", "Fixed Asset": "Asset",
    "Other Asset": "Asset", "Accounts Payable": "Liability", "Credit Card": "Liability",
    "Other Current Liability": "Liability", "Long Term Liability": "Liability", "Equity": "Equity",
    "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense", "Non-Posting": "Asset",
}  # fmt: skip

DEFAULT_SUBTYPES = {
    "Bank": "Checking", "Accounts Receivable": "AccountsReceivable", "Other Current Asset": "OtherCurrentAssets",
    "Fixed Asset": "OtherFixedAssets", "Other Asset": "OtherLongTermAssets", "Accounts Payable": "AccountsPayable",
    "Credit Card": "CreditCard", "Other Current Liability": "OtherCurrentLiabilities",
    "Long Term Liability": "OtherLongTermLiabilities", "Equity": "OpeningBalanceEquity", "Income": "OtherPrimaryIncome",
    "Other Income": "OtherMiscellaneousIncome", "Cost of Goods Sold": "SuppliesMaterialsCogs",
    "Expense": "OtherMiscellaneousServiceCost", "Other Expense": "OtherMiscellaneousExpense",
}  # fmt: skip

TYPE_OF_SUBTYPE = {
    **{subtype: account_type for account_type, subtype in DEFAULT_SUBTYPES.items()},
    "Savings": "Bank", "CashOnHand": "Bank", "MoneyMarket": "Bank", "TrustAccounts": "Bank",
    "UndepositedFunds": "Other Current Asset", "Inventory": "Other Current Asset",
    "PrepaidExpenses": "Other Current Asset",
    "Vehicles": "Fixed Asset", "AccumulatedDepreciation": "Fixed Asset", "GlobalTaxPayable": "Other Current Liability",
    "NotesPayable": "Long Term Liability", "RetainedEarnings": "Equity", "OwnersEquity": "Equity",
    "SalesOfProductIncome": "Income", "ServiceFeeIncome": "Income", "DiscountsRefundsGiven": "Income",
    "InterestEarned": "Other Income", "AdvertisingPromotional": "Expense", "Auto": "Expense", "Insurance": "Expense",
    "Travel": "Expense", "Utilities": "Expense", "SuppliesMaterials": "Expense", "BankCharges": "Expense",
    "LegalProfessionalFees": "Expense", "RentOrLeaseOfBuildings": "Expense", "RepairMaintenance": "Expense",
    "OfficeGeneralAdministrativeExpenses": "Expense", "EquipmentRental": "Expense", "Depreciation": "Other Expense",
    "PenaltiesSettlements": "Other Expense", "ExchangeGainOrLoss": "Other Expense",
}  # fmt: skip

SPECIAL_SUBTYPES = frozenset(
    {"AccountsReceivable", "AccountsPayable", "OpeningBalanceEquity", "RetainedEarnings", "UndepositedFunds",
     "GlobalTaxPayable", "Inventory"}
)  # fmt: skip


TYPES_FOR = {
    "ARAccountRef": frozenset({"Accounts Receivable"}),
    "APAccountRef": frozenset({"Accounts Payable"}),
    "DepositToAccountRef": frozenset({"Bank", "Other Current Asset", "Credit Card"}),
}
"""Property of a transaction -> types of account that it may name."""


def check_types(books: Books, body: Body) -> None:
    """Raise 6430 for an account of a type that its property cannot take: open amounts and money would not be found
    again.
    """
    for name, types in TYPES_FOR.items():
        id = get_reference(body.get(name))
        if id is not None and books.get_account_type(id) not in types:
            raise make_fault("6430", f"Invalid account type used : {name}", name)


def prepare(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Prepare type, subtype, classification, nesting; balances come from the postings."""
    if '"' in str(body.get("Name", "")):
        raise make_fault("2040", "Invalid String : The name may not contain a double quote.", "Name")
    _types(body, old)
    if (
        old
        and old.get("Active", True)
        and body.get("Active") is False
        and body["AccountSubType"] in SPECIAL_SUBTYPES
    ):
        raise make_business_fault("This account is used by the company and can't be made inactive.")
    if len(str(body.get("AcctNum") or "")) > 7:
        raise make_fault(
            "2050",
            "String length is either shorter or longer than supported by specification. "
            f"Min:0 Max:7 supported. Supplied length:{len(body['AcctNum'])}",
            "AcctNum",
        )
    names.prepare_nested_name(books, entity, body, old, "account")
    nesting.derive_parent_flag(body, old, "SubAccount")
    currency.fill_currency(books, body, old)
    body["Classification"] = CLASSIFICATIONS[body["AccountType"]]
    for name in ("CurrentBalance", "CurrentBalanceWithSubAccounts"):
        body[name] = (old or {}).get(name, 0)
    _same_type_as_parent(books, body)


def _types(body: Body, old: Body | None) -> None:
    given, subtype = body.get("AccountType"), body.get("AccountSubType")
    known = load_entities()["Account"].fields["AccountType"].enumeration or frozenset()
    if not given and subtype in TYPE_OF_SUBTYPE:
        body["AccountType"] = TYPE_OF_SUBTYPE[str(subtype)]
    elif not given:
        raise make_missing_fault("AccountType")
    if body["AccountType"] not in known:
        raise make_fault("2170", f"Invalid Enumeration : {body['AccountType']}", "AccountType")
    if subtype and TYPE_OF_SUBTYPE.get(str(subtype), body["AccountType"]) != body["AccountType"]:
        raise make_fault(
            "6010", f"Invalid Account.AccountType && Account.SubType : {body['AccountType']}, {subtype}"
        )
    if old and old.get("AccountType") == body["AccountType"]:
        body.setdefault("AccountSubType", old["AccountSubType"])
    body.setdefault("AccountSubType", DEFAULT_SUBTYPES.get(body["AccountType"], "OtherMiscellaneousExpense"))
    if old and old.get("AccountType") != body["AccountType"]:
        raise make_business_fault("The type of an account that is in use can't be changed.", "AccountType")


def _same_type_as_parent(books: Books, body: Body) -> None:
    above = get_reference(body.get("ParentRef"))
    if above and books.get_account_type(above) != body["AccountType"]:
        raise make_business_fault(
            "A sub-account must be of the same account type as its parent account.", "ParentRef"
        )

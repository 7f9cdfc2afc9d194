"""Which writes wait, by which rules, and who may approve them then."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from runtime.approval import ApprovalRule
from runtime.operations.approvals.rules import (
    Approvers,
    Measured,
    find_approvers,
    find_hours,
    find_reasons,
    is_about_amounts,
    is_met,
    unite,
)
from tests.builtin import builtin_catalog
from tests.operations.approvals.conftest import OpenShop
from tests.operations.approvals.shop import EVERYTHING, make_lines, new_invoice

UPDATE = "update_a_quick_books_invoice_by_id"
NONE = Measured()
NOT_KNOWN = Measured(unknown="It has no amount that is known.")


def explain(*approval: ApprovalRule, tool: str = UPDATE, measured: Measured = NONE) -> list[str]:
    return [each.text for each in find_reasons(approval, builtin_catalog().by_name[tool], measured)]


def agree(*approval: ApprovalRule) -> Approvers:
    return find_approvers(find_reasons(approval, builtin_catalog().by_name[UPDATE], Measured()))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"risks": ("overwrite", "destroy")}, ["mcp_server: risk overwrite"]),
        ({"risks": ("create",)}, []),
        ({"tags": ("sales",)}, ["mcp_server: tag sales"]),
        ({"tags": ("purchases",)}, []),
        ({"tools": (UPDATE,)}, [f"mcp_server: tool {UPDATE}"]),
        ({"tools": ("update_a_quick_books_bill_by_id",)}, []),
        ({"above_amount": Decimal(500)}, ["mcp_server: above 500, it is 500.01"]),
        ({"above_amount": Decimal("500.01")}, []),
        ({"risks": ("overwrite",), "above_amount": Decimal(1)},
         ["mcp_server: risk overwrite", "mcp_server: above 1, it is 500.01"]),
    ],
)  # fmt: skip
def test_a_write_waits_by_its_risk_its_tag_its_tool_or_its_amount(
    given: Mapping[str, Any], said: list[str]
) -> None:
    assert explain(ApprovalRule(**given), measured=Measured(Decimal("500.01"))) == said


def test_an_amount_that_is_not_known_counts_as_above_any() -> None:
    rule = ApprovalRule(above_amount=Decimal(1_000_000))
    assert explain(rule, measured=NOT_KNOWN) == ["mcp_server: above 1,000,000, and the amount is not known"]


def test_a_write_without_an_amount_does_not_wait_for_one() -> None:
    assert explain(ApprovalRule(above_amount=Decimal(0))) == []


def test_amounts_are_looked_at_only_where_a_rule_is_about_them() -> None:
    assert not is_about_amounts((EVERYTHING,))
    assert is_about_amounts((EVERYTHING, ApprovalRule("tenant", above_amount=Decimal(1))))


def test_a_write_waits_when_any_of_the_rules_of_tenant_server_and_request_says_so() -> None:
    tenant = ApprovalRule("tenant", risks=("destroy",))
    server = ApprovalRule("mcp_server", tags=("sales",))
    request = ApprovalRule("request", risks=("overwrite",))
    assert explain(tenant, server, request) == ["mcp_server: tag sales", "request: risk overwrite"]
    assert explain(tenant) == []


def test_whoever_approves_has_to_meet_every_rule_the_least_hours_count_and_any_four_eyes() -> None:
    tenant = ApprovalRule(
        "tenant", risks=("overwrite",), roles=("owner",), expires_after_hours=10, four_eyes=False
    )
    server = ApprovalRule("mcp_server", risks=("overwrite",), people=("ann@shop.example",))
    reasons = find_reasons((tenant, server), builtin_catalog().by_name[UPDATE], Measured())
    assert find_approvers(reasons) == Approvers(((("owner",), ()), ((), ("ann@shop.example",))), True)
    assert find_hours(reasons) == 10
    assert find_approvers(reasons[:1]).four_eyes is False


def test_an_approval_counts_for_a_write_that_needs_no_others_than_it_had() -> None:
    owner, anybody = agree(ApprovalRule(risks=("overwrite",), roles=("owner",))), agree(EVERYTHING)
    assert is_met(anybody, anybody)
    assert is_met(Approvers(), owner)
    assert not is_met(owner, anybody)
    assert is_met(owner, unite(anybody, owner))
    assert not is_met(anybody, anybody._replace(four_eyes=False))


def test_an_invoice_above_the_amount_waits_and_one_of_it_does_not(open_shop: OpenShop) -> None:
    shop = open_shop(ApprovalRule(above_amount=Decimal(500)))
    assert shop.call("create invoices", CustomerRef={"value": "1"}, Line=make_lines(500))["TotalAmt"] == 500
    waiting = shop.propose("create invoices", CustomerRef={"value": "2"}, Line=make_lines(300, 201))
    assert waiting["rules"] == ["mcp_server: above 500, it is 501.00"]
    assert shop.find(waiting["id"]).amount == "501"


def test_a_write_whose_amount_cannot_be_known_waits(open_shop: OpenShop) -> None:
    shop = open_shop(ApprovalRule(above_amount=Decimal(500)))
    (line,) = make_lines(5)
    del line["Amount"]
    waiting = shop.propose("create invoices", CustomerRef={"value": "1"}, Line=[line])
    assert waiting["rules"] == ["mcp_server: above 500, and the amount is not known"]


def test_a_tenants_floor_holds_at_a_server_that_has_no_rule(open_shop: OpenShop) -> None:
    shop = open_shop(None, floor=ApprovalRule("tenant", risks=("overwrite",), roles=("owner",)))
    invoice = new_invoice(shop)
    waiting = shop.propose("update invoices", id=invoice["Id"], PrivateNote="later")
    assert waiting["rules"] == ["tenant: risk overwrite"]
    assert shop.read(waiting["id"]).approvers == Approvers(((("owner",), ()),), True)


def test_nothing_waits_where_there_is_no_rule(open_shop: OpenShop) -> None:
    shop = open_shop(None)
    invoice = new_invoice(shop)
    shop.call("update invoices", id=invoice["Id"], PrivateNote="now")
    assert shop.make("get invoices", id=invoice["Id"])["PrivateNote"] == "now"

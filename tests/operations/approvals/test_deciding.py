"""Who decides about a change that waits, once, about what they saw; also when several people decide at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from runtime.approval import ApprovalRule
from runtime.errors import Conflict, Forbidden, InvalidRequest, LedgerportError, NotFound
from runtime.model import AccountId
from runtime.operations.approvals.deciding import MOST_TOGETHER, Decider, Decisions, explain_not_allowed
from runtime.operations.approvals.edits import apply_edits, list_editable
from tests.deployment import deploy
from tests.operations.approvals.conftest import OpenShop
from tests.operations.approvals.shop import (
    EVERYTHING,
    Shop,
    make_decider,
    make_lines,
    new_invoice,
    refused_with,
)

REQUESTER = Decider("person-requester", "requester@shop.example", "owner", True)
HOURS = 3_600


@pytest.fixture
def shop(open_shop: OpenShop) -> Shop:
    return open_shop(EVERYTHING)


def propose(shop: Shop, name: str = "Someone") -> str:
    id_: str = shop.propose("create customers", DisplayName=name)["id"]
    return id_


def is_let(shop: Shop, id_: str, decider: Decider) -> bool:
    return not explain_not_allowed(decider, shop.decisions.open(shop.find(id_)))


def test_whose_agent_asked_does_not_approve_and_may_refuse(shop: Shop) -> None:
    id_ = propose(shop)
    assert isinstance(refused_with(lambda: shop.approve(id_, REQUESTER)), Forbidden)
    assert shop.find(id_).status == "waiting"
    assert shop.refuse(id_, REQUESTER).status == "refused"


def test_whose_agent_asked_approves_where_no_rule_wants_four_eyes(open_shop: OpenShop) -> None:
    shop = open_shop(replace(EVERYTHING, four_eyes=False))
    assert shop.approve(propose(shop), REQUESTER).status == "approved"
    both = open_shop(replace(EVERYTHING, four_eyes=False), floor=ApprovalRule(risks=("create",)))
    assert isinstance(refused_with(lambda: both.approve(propose(both), REQUESTER)), Forbidden)


@pytest.mark.parametrize(
    ("given", "decider", "is_allowed"),
    [
        ({}, make_decider(role="billing_admin"), True),
        ({}, make_decider(role="member", may_approve=False), False),
        ({"roles": ("owner", "admin")}, make_decider(role="admin"), True),
        ({"roles": ("owner",)}, make_decider(role="admin"), False),
        ({"people": ("ann@shop.example",)}, make_decider("ann", "viewer", may_approve=False), True),
        ({"people": ("ann@shop.example",)}, make_decider("bob"), False),
        ({"roles": ("owner",), "people": ("ann@shop.example",)}, make_decider("ann", "member"), True),
        ({"people": ("ann@shop.example",)}, make_decider(""), False),
    ],
)
def test_a_rule_says_which_roles_and_people_approve(
    open_shop: OpenShop, given: dict[str, Any], decider: Decider, is_allowed: bool
) -> None:
    shop = open_shop(replace(EVERYTHING, **given))
    id_ = propose(shop)
    assert is_let(shop, id_, decider) is is_allowed
    if not is_allowed:
        assert isinstance(refused_with(lambda: shop.approve(id_, decider)), Forbidden)
        assert isinstance(refused_with(lambda: shop.refuse(id_, decider)), Forbidden)
        assert shop.find(id_).version == 1


def test_whoever_approves_meets_the_rule_of_the_tenant_and_that_of_the_server(open_shop: OpenShop) -> None:
    floor = ApprovalRule(risks=("create",), roles=("owner",), expires_after_hours=5)
    shop = open_shop(replace(EVERYTHING, people=("ann@shop.example",)), floor=floor)
    id_ = propose(shop)
    assert not is_let(shop, id_, make_decider("ann", "admin"))
    assert not is_let(shop, id_, make_decider("bob", "owner"))
    assert is_let(shop, id_, make_decider("ann", "owner"))
    assert shop.find(id_).expires_at == shop.clock() + 5 * HOURS


def test_a_change_of_another_company_is_not_there(shop: Shop) -> None:
    id_ = propose(shop)
    other = replace(shop.find_account(), id=AccountId("b"))
    for work in (
        shop.decisions.find(other, id_),
        shop.decisions.approve(other, id_, 1, make_decider()),
        shop.decisions.refuse(other, id_, 1, make_decider(), ""),
    ):
        assert isinstance(refused_with(lambda work=work: shop.run(work)), NotFound)  # type: ignore[misc]


def test_a_decision_about_another_state_than_was_seen_is_none(shop: Shop) -> None:
    id_ = propose(shop)
    assert isinstance(refused_with(lambda: shop.approve(id_, version=2)), Conflict)
    assert isinstance(refused_with(lambda: shop.refuse(id_, version=2)), Conflict)
    shop.approve(id_, version=1)
    replayed = refused_with(lambda: shop.approve(id_, version=1))
    assert isinstance(replayed, Conflict) and "it is approved" in replayed.message
    assert isinstance(refused_with(lambda: shop.refuse(id_)), Conflict)


def test_what_has_expired_is_not_approved_before_its_job_ran_nor_after(shop: Shop) -> None:
    id_ = propose(shop)
    shop.clock.pass_(72 * HOURS)
    assert "has expired" in refused_with(lambda: shop.approve(id_)).message
    shop.run_jobs()
    assert shop.find(id_).status == "expired"
    assert "it is expired" in refused_with(lambda: shop.approve(id_)).message
    assert "pending_change.expired" in shop.list_events()


def test_a_refusal_says_why_to_the_agent_and_has_a_bound(shop: Shop) -> None:
    id_ = propose(shop)
    assert isinstance(refused_with(lambda: shop.refuse(id_, reason="x" * 1_001)), InvalidRequest)
    shop.refuse(id_, reason=" We have them already. ")
    assert '"refused_because":"We have them already."' in shop.use("get_pending_change", id=id_).text
    assert shop.run_jobs() == [] and shop.count_writes() == 0
    assert shop.list_audit("pending_change.refused")[0].actor == "person-approver"


def test_nothing_is_approved_for_a_company_or_a_server_that_is_not_there(shop: Shop) -> None:
    first, second = propose(shop, "One"), propose(shop, "Two")
    shop.change_account(status="needs_reauth")
    assert "not connected" in refused_with(lambda: shop.approve(first)).message
    shop.change_account(status="active")
    shop.revoke_server()
    assert "has ended" in refused_with(lambda: shop.approve(second)).message
    assert shop.refuse(second).status == "refused"


def test_several_changes_are_approved_together_each_by_itself(shop: Shop) -> None:
    ids = [propose(shop, name) for name in ("One", "Two", "Three")]
    shop.refuse(ids[1])
    chosen = [(ids[0], 1), (ids[1], 1), (ids[2], 7), ("pch_none", 1)]
    outcomes = shop.run(shop.decisions.approve_together(shop.find_account(), chosen, make_decider()))
    assert [type(each.error).__name__ for each in outcomes] == [
        "NoneType",
        "Conflict",
        "Conflict",
        "NotFound",
    ]
    too_many = shop.decisions.approve_together(
        shop.find_account(), [("x", 1)] * (MOST_TOGETHER + 1), make_decider()
    )
    assert isinstance(refused_with(lambda: shop.run(too_many)), InvalidRequest)


def test_of_people_who_decide_at_once_in_several_processes_one_does(
    open_shop: OpenShop, database: dict[str, str], tmp_path: Path
) -> None:
    shop = open_shop(EVERYTHING, variables=database)
    processes = [deploy(tmp_path / "0", shop.clock, **database) for _ in range(4)]
    account = shop.find_account()
    for round_ in range(5):
        id_, together = propose(shop, f"Round {round_}"), Barrier(8)

        def decide(number: int, id_: str = id_, together: Barrier = together) -> LedgerportError | None:
            decisions = Decisions(processes[number % 4].parts(shop.catalog))
            who, work = make_decider(str(number)), decisions.approve
            together.wait()
            try:
                if number < 4:
                    asyncio.run(work(account, id_, 1, who))
                else:
                    asyncio.run(decisions.refuse(account, id_, 1, who, "No."))
            except LedgerportError as error:
                return error
            return None

        with ThreadPoolExecutor(8) as pool:
            errors = list(pool.map(decide, range(8)))

        assert errors.count(None) == 1, errors
        assert all(isinstance(each, Conflict) for each in errors if each is not None)
        assert shop.find(id_).decided_by == f"person-{errors.index(None)}"
        assert shop.find(id_).version == 2
    for each in processes:
        each.stores.close()


def test_of_equal_calls_that_arrive_at_once_one_is_stored(
    open_shop: OpenShop, database: dict[str, str]
) -> None:
    shop = open_shop(EVERYTHING, variables=database)

    async def ask() -> list[str]:
        answers = await asyncio.gather(*(shop.ask("create customers", DisplayName="One") for _ in range(8)))
        return [each.pending_id for each in answers]

    assert len(set(shop.run(ask()))) == 1


def test_amounts_and_dates_are_edited_before_approval_and_go_out_as_they_were_edited(shop: Shop) -> None:
    id_ = shop.propose("create invoices", CustomerRef={"value": "1"}, Line=make_lines(45.67))["id"]
    edits = {"Line[0].Amount": "40.10", "Line[0].SalesItemLineDetail.UnitPrice": " 40.10 "}
    shop.approve(id_, edits=edits)
    shop.run_jobs()
    made = shop.make("get invoices", id=shop.find(id_).record_id)
    assert made["TotalAmt"] == 40.1
    (note,) = shop.read(id_).notes
    assert (note.by, note.text.count("45.67 → 40.10")) == ("person-approver", 2)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("CustomerRef.value", "2"),
        ("Line[0].Amount", "much"),
        ("Line[0].Amount", "NaN"),
        ("Line[0].Amount", "1e9999999"),
        ("Line[0].Amount", "-Infinity"),
        ("Line[9].Amount", "1"),
        ("DueDate", "2026-02-30"),
        ("DueDate", "tomorrow"),
    ],
)
def test_an_edit_of_something_else_or_of_no_value_changes_nothing(shop: Shop, path: str, text: str) -> None:
    asked = {"CustomerRef": {"value": "1"}, "Line": make_lines(5), "DueDate": "2026-12-31"}
    id_ = shop.propose("create invoices", **asked)["id"]
    assert isinstance(refused_with(lambda: shop.approve(id_, edits={path: text})), InvalidRequest)
    assert (shop.find(id_).status, shop.find(id_).version) == ("waiting", 1)


def test_what_can_be_edited_are_the_amounts_and_days_of_what_is_sent(shop: Shop) -> None:
    tool = shop.catalog.by_name["create_a_quick_books_invoice"]
    given = {"Line": make_lines(5), "DueDate": "2026-12-31", "PrivateNote": "2026", "allow_duplicate": True}
    assert [(each.path, each.kind) for each in list_editable(tool, given)] == [
        ("Line[0].Amount", "amount"),
        ("Line[0].SalesItemLineDetail.Qty", "amount"),
        ("Line[0].SalesItemLineDetail.UnitPrice", "amount"),
        ("DueDate", "day"),
    ]
    assert apply_edits(tool, given, {"DueDate": "2026-12-31"}) is None


def test_an_edit_above_what_the_approver_may_approve_goes_back_for_others(open_shop: OpenShop) -> None:
    floor = ApprovalRule(above_amount=Decimal(500), roles=("owner",))
    shop = open_shop(EVERYTHING, floor=floor)
    shop.change_account(tenant_id="default")
    shop.set_floor(floor)
    id_ = shop.propose("create invoices", CustomerRef={"value": "1"}, Line=make_lines(45.5))["id"]
    admin = make_decider("ann", "admin")
    edits = {"Line[0].Amount": "4000", "Line[0].SalesItemLineDetail.UnitPrice": "4000"}
    shop.approve(id_, admin, edits=edits)
    shop.run_jobs()
    assert (shop.find(id_).status, shop.count_writes()) == ("waiting", 0)
    assert isinstance(refused_with(lambda: shop.approve(id_, admin)), Forbidden)
    assert shop.carry_out(id_, make_decider("bob", "owner")).status == "committed"
    assert "tenant: above 500, it is 4,000.00" in shop.read(id_).rules


def test_a_field_that_a_person_edits_is_not_laid_over_what_somebody_else_wrote(open_shop: OpenShop) -> None:
    shop = open_shop()
    invoice = new_invoice(shop, DueDate="2026-12-01")
    id_ = shop.propose("update invoices", id=invoice["Id"], DueDate="2026-12-01", PrivateNote="x")["id"]
    assert shop.read(id_).fields == ("PrivateNote",)
    shop.approve(id_, edits={"DueDate": "2026-12-05"})
    shop.make("update invoices", id=invoice["Id"], DueDate="2026-12-24")
    shop.run_jobs()
    assert shop.find(id_).status == "waiting"
    assert shop.make("get invoices", id=invoice["Id"])["DueDate"] == "2026-12-24"

"""What only the service makes: the plan, tax classifications, kinds of customers."""

from __future__ import annotations

from xml.etree import ElementTree

import httpx2
import pytest

from runtime.simulators.quickbooks.books.store import Store
from tests.simulators.quickbooks.conftest import Body, Client


def plan_of(client: Client, method: str = "GET", more: str = "", **options: object) -> httpx2.Response:
    path = f"/manage/entitlements/v3/{client.realm}{more}"
    return client.request(method, path, headers={"Accept": "application/xml"}, **options)


def test_the_plan_is_xml_in_the_order_of_the_schema(client: Client) -> None:
    answer = plan_of(client)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "EntitlementsResponse"
    names = list(dict.fromkeys(child.tag for child in root))
    assert names == ["QboCompany", "PlanName", "MaxUsers", "CurrentUsers", "Entitlement", "Thresholds"]
    assert root.findtext("PlanName") == "QuickBooks Online Plus"
    assert {feature.findtext("term") for feature in root.iter("Entitlement")} == {"On", "Off"}


def test_the_plan_counts_what_the_company_has(client: Client) -> None:
    accounts = client.call("GET", "query", params={"query": "select count(*) from Account"}).json()
    root = ElementTree.fromstring(plan_of(client).content)
    counts = {each.findtext("name"): each.findtext("currentCount") for each in root.iter("Threshold")}
    assert counts["Accounts"] == str(accounts["QueryResponse"]["totalCount"])


def test_the_plan_needs_a_token_of_the_company(client: Client, address: str) -> None:
    assert httpx2.get(f"{address}/manage/entitlements/v3/{client.realm}").status_code == 401
    assert client.get("/manage/entitlements/v3/1").status_code == 403


@pytest.mark.parametrize(("method", "more"), [("POST", ""), ("GET", "/1"), ("DELETE", "")])
def test_the_plan_can_only_be_read(client: Client, method: str, more: str) -> None:
    answer = plan_of(client, method, more)
    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] == "500"


def classified(client: Client, **parameters: str) -> list[Body]:
    answer = client.call("GET", "taxclassification", params=parameters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["QueryResponse"].get("TaxClassification", []))


def test_tax_classifications_are_a_tree(client: Client) -> None:
    by_id = {each["Id"]: each for each in classified(client)}
    for each in by_id.values():
        if each["Level"] == "0":
            assert "ParentRef" not in each
        else:
            assert int(by_id[each["ParentRef"]["value"]]["Level"]) == int(each["Level"]) - 1


def test_tax_classifications_are_found_by_level_and_parent(client: Client) -> None:
    groups = classified(client, level="1")
    below = classified(client, level="2", parentId=groups[1]["Id"])
    assert {each["Level"] for each in groups} == {"1"}
    assert below
    assert {each["ParentRef"]["value"] for each in below} == {groups[1]["Id"]}
    assert classified(client, level="7") == []


def test_one_tax_classification_is_read_by_its_id(client: Client) -> None:
    leaf = classified(client, level="2")[0]
    assert client.get_one("TaxClassification", leaf["Id"]) == leaf


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "taxclassification/none", "610"),
        ("GET", "taxclassification?level=top", "2030"),
        ("POST", "taxclassification", "500"),
        ("GET", "taxclassification/a/b", "500"),
    ],
)
def test_odd_questions_for_tax_classifications_are_refused(
    client: Client, method: str, path: str, code: str
) -> None:
    answer = client.call(method, path)
    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] == code


def test_a_demo_company_has_kinds_of_customers(landscaper: Store) -> None:
    rows = landscaper.execute("select name from records where entity = 'CustomerType'").fetchall()
    assert sorted(name for (name,) in rows) == ["Business", "Household", "Public body"]

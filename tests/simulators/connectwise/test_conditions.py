from __future__ import annotations

import pytest

from runtime.simulators.connectwise.conditions.members import find_member
from runtime.simulators.connectwise.conditions.nested import compile_custom_field_condition
from runtime.simulators.connectwise.conditions.parser import parse_condition
from runtime.simulators.connectwise.conditions.predicates import compile_node
from runtime.simulators.connectwise.errors import Refusal
from runtime.simulators.connectwise.schema import load_entities
from tests.simulators.connectwise.conftest import Client

ENTITIES = load_entities()
COMPANY = {
    "id": 7, "identifier": "ORC-7", "name": 'The "Orchard" [North] 50% Clinic', "phoneNumber": "5550100",
    "status": {"id": 1, "name": "Active"}, "annualRevenue": 12.5, "leadFlag": False, "deletedFlag": True,
    "dateAcquired": "2026-02-03T00:00:00Z", "website": "a*b",
    "_info": {"lastUpdated": "2026-03-01T10:00:00Z", "updatedBy": "zAdmin"},
}  # fmt: skip


def meets(condition: str) -> bool:
    entity = ENTITIES["company"]
    return compile_node(parse_condition(condition), lambda name: find_member(entity, name))(COMPANY)


@pytest.mark.parametrize(
    "condition",
    [
        'identifier = "ORC-7"', "identifier='orc-7'", 'IDENTIFIER = "Orc-7"', "id = 7", "id != 8", "id<>8",
        "id > 6 and id >= 7 and id < 8 and id <= 7", "ID in (3, 7,9)", "id not in (3)", 'identifier in ("orc-7")',
        "annualRevenue = 12.50", "annualRevenue > 12", "annualRevenue > -1", "id = +7",
        "leadFlag = False", "leadFlag = false and deletedFlag = TRUE", "leadFlag != true",
        "dateAcquired = [2026-02-03]", "dateAcquired > [2026-02-02T23:59:59Z]",
        "dateAcquired <= [2026-02-03T00:00:00Z]", "dateAcquired < [2026-02-03T01:00:00+00:30]",
        "lastUpdated > [2026-03-01]", "LastUpdated < [2026-03-02]",
        "_info/lastUpdated = [2026-03-01T10:00:00Z]", '_info/updatedBy = "zadmin"',
        "status/id = 1", 'status/name = "active"', 'Status/Name="Active"', "status != null", "site = null",
        "city = null", "identifier != null",
        'name contains "orchard"', 'name not contains "lemon"', 'name like "The*"', 'name like "the%clinic"',
        'name like "*50%*"', 'name not like "*lemon*"', 'name = "The*Clinic"', 'identifier != "X*"',
        'name contains "\\"Orchard\\""', """name contains '"Orchard"'""", 'name like "*[[]North]*"',
        'name contains "the*north"', 'phoneNumber = "5550100"', 'website like "a*b"',
        'id = 1 or id = 2 or id = 7', 'id = 7 or id = 1 and id = 2', '(id = 7 or id = 1) and id != 2',
        'ID = 7 AND (Identifier = "ORC-7" OR Id = 3)', "not id = 8", "not (id = 8 or id = 9)", "not not id = 7",
        '  id=7  ', "((((id = 7))))",
    ],
)  # fmt: skip
def test_a_condition_that_holds_is_met(condition: str) -> None:
    assert meets(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "id = 8", "id != 7", "id not in (3, 7)", "(id = 7 or id = 1) and id = 2", "not id = 7", "city != null",
        # As in SQL, what is not there meets no comparison but that with null.
        'city = "x"', 'city != "x"', 'city not contains "x"', 'city not like "x*"', 'city not in ("x")', "city = ''",
        "numberOfEmployees < 5", "dateDeleted > [2020-01-01]", 'name = "The"', 'name like "Orchard"',
        'name like "*clinic*north*"', 'identifier = "ORC%"', "leadFlag = true",
    ],
)  # fmt: skip
def test_a_condition_that_does_not_hold_is_not_met(condition: str) -> None:
    assert not meets(condition)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("nothing = 1", "nothing is not a recognized name."),
        ("status/nothing = 1", "status/nothing is not a recognized name."),
        ("company/type/id = 1", "company/type/id is not a recognized name."),
        ("types/id = 1", "types/id is not a recognized name."),
        ("customFields = null", "customFields is not a recognized name."),
        ("_info/nothing = 1", "_info/nothing is not a recognized name."),
        ("leadFlag = 1", "it takes True or False"),
        ('leadFlag = "true"', "it takes True or False"),
        ("leadFlag > false", "it takes True or False"),
        ("name = 5", "it takes a text in quotes"),
        ('id = "7"', "it takes a number"),
        ('id like "7"', "it takes a number"),
        ('dateAcquired > "2026-01-01"', "it takes a date in square brackets"),
        ("dateAcquired > [soon]", "'soon' was not recognized as a valid DateTime."),
        ("dateAcquired > [2026-13-40]", "was not recognized"),
        ("status = 1", "it takes null"),
        ("city < null", "city < cannot be evaluated"),
        ("id", "ends too early"),
        ("id =", "ends too early"),
        ("(id = 7", "ends too early"),
        ("id = 7)", "near ')'"),
        ("id = 7 id = 8", "near 'id'"),
        ("id not = 7", "near '='"),
        ("id in 7", "near '7'"),
        ("id in ()", "near ')'"),
        ('name = "open', "near"),
        ("id = 7 && id = 8", "near"),
        ("= 7", "near '='"),
        ("and", "Syntax error"),
        ("id = (select 1)", "near '('"),
        ("(" * 5_000, "too complex"),
        ("not " * 5_000 + "id = 7", "too complex"),
        (" or ".join(["id = 7"] * 2_001), "too complex"),
    ],
)
def test_a_condition_that_cannot_be_followed_is_refused(condition: str, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        meets(condition)

    assert caught.value.status == 400
    assert caught.value.body["code"] == "ApiFindCondition"
    assert message in caught.value.body["message"]


def test_many_wildcards_in_a_long_text_are_no_burden() -> None:
    entity = ENTITIES["timeEntry"]
    node = parse_condition(f'notes like "{"*a" * 200}*b" or notes contains "{"a*" * 200}b"')

    assert not compile_node(node, lambda name: find_member(entity, name))({"notes": "a" * 20_000})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('caption="Tier" AND value="gold"', True),
        ('caption="Tier" AND value != null', True),
        ('caption="Seats" AND value > 30', True),
        ('caption="Seats" AND value="gold"', False),  # the value of another field
        ('caption="Tier" AND value="gold" AND caption="Seats" AND value=40', True),
        ('caption="Tier" AND value="gold" AND caption="Seats" AND value=41', False),
        ('caption="Tier" AND value="silver" OR caption="Seats" AND value=40', True),
        ('caption="Signed" AND value=true', True),
        ('caption="Region" AND value=null', True),
        ('caption="Region" AND value contains "x"', False),
    ],
)
def test_custom_fields_are_found_by_caption_and_value(condition: str, expected: bool) -> None:
    values = {"Tier": "Gold", "Seats": 40, "Signed": True, "Region": None}
    record = {"customFields": [{"caption": name, "value": value} for name, value in values.items()]}

    assert compile_custom_field_condition(ENTITIES["company"], condition)(record) is expected


def test_child_conditions_hold_for_one_element(client: Client) -> None:
    def find(condition: str) -> list[int]:
        return client.list_ids("/company/contacts", childConditions=condition)

    mail = 'communicationItems/value like "nora@*" and communicationItems/communicationType = "Email"'
    assert find(mail) == [1]
    assert (
        find('communicationItems/value like "nora@*" and communicationItems/communicationType = "Fax"') == []
    )
    assert client.list_ids("/company/companies", childConditions="types/id = 1") == [1, 2]


@pytest.mark.parametrize(
    "condition",
    [
        "types/id in (1)",
        "types/id = 1 and customFields/id = 5",
        "name = 'x'",
        "types/nothing = 1",
        "nothing/id = 1",
    ],
)
def test_child_conditions_that_cannot_be_followed_are_refused(client: Client, condition: str) -> None:
    answer = client.get("/company/companies", params={"childConditions": condition})

    assert (answer.status_code, answer.json()["code"]) == (400, "ApiFindCondition")


def test_custom_fields_of_what_has_none_are_refused(client: Client) -> None:
    answer = client.get("/time/workRoles", params={"customFieldConditions": 'caption="x" and value="y"'})

    assert answer.json()["message"] == "customFields is not a recognized name."


def test_a_list_is_narrowed_by_conditions_over_http(client: Client) -> None:
    found = client.list_ids(
        "/time/entries", "timeStart >= [2026-02-10] and timeStart < [2026-02-12T15:30:00Z]"
    )

    assert found == [10, 11, 12]
    counted = client.get(
        "/time/entries/count", params={"conditions": 'member/identifier="texample" and id > 20'}
    )
    assert counted.json() == {"count": 8}

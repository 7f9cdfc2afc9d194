"""The OpenAPI document, proved by requests that schemathesis makes of it against the harness in this process.

One of its checks is left out: that whatever fits the document is accepted. A document cannot say that a cursor must
be one that was answered, or that a filter must leave a tool.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from runtime.api.table import TABLE
from runtime.errors import Indeterminate, NeedsReauth, NotConnected, RateLimited, VendorRefused
from runtime.exchange.tool_answer import Answer, File
from runtime.safety.guesses import Guesses
from tests.api.harness import ApiHarness


@pytest.fixture(scope="module")
def harness() -> Iterator[ApiHarness]:
    with tempfile.TemporaryDirectory() as data:
        yield ApiHarness(
            Path(data), guesses=Guesses(most_failures=1_000_000)
        )  # schemathesis sends wrong tokens


WAYS = [
    pytest.param(operation.method, operation.path, way, id=f"{operation.handler.__name__}-{way.value}")
    for operation in TABLE
    for way in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if way is GenerationMode.POSITIVE or not operation.is_public  # there is nothing wrong to ask of /healthz
]
LIMITS = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


COMMON = {"content-length", "content-type"}
"""What any HTTP response has."""


def is_described(ctx: Any, response: Any, case: Any) -> None:
    """A check that every header field of an answer is described for its status."""
    described = case.operation.definition.raw["responses"]
    found = described.get(str(response.status_code)) or described["default"]
    names = {name.lower() for name in found["headers"]} | COMMON
    assert {name.lower() for name in response.headers} <= names


LISTS = {"methods", "tags"}
"""Parameters of an address that are lists: one text there is a list of one."""


def is_sent_whole(case: Any) -> bool:
    """Whether the address says what a case does: an empty list leaves no trace in it, and one text is a list of one."""
    query = case.query or {}
    return not any(
        _leaves_no_trace(value) or (name in LISTS and isinstance(value, str)) for name, value in query.items()
    )


def _leaves_no_trace(value: Any) -> bool:
    """Whether nothing is sent of a parameter: what is null or empty, and a list of nothing else."""
    return value in (None, [], {}) or (isinstance(value, list) and all(map(_leaves_no_trace, value)))


@pytest.mark.parametrize(("method", "path", "way"), WAYS)
def test_what_is_answered_is_what_the_document_says(
    harness: ApiHarness, method: str, path: str, way: GenerationMode
) -> None:
    operation = schemathesis.openapi.from_asgi("/openapi.json", harness.application)[path][method]
    account = harness.account()

    @given(operation.as_strategy(generation_mode=way))
    @LIMITS
    def prove(case: Any) -> None:
        assume(is_sent_whole(case))
        if "id" in case.path_parameters:
            case.path_parameters["id"] = account
        case.call_and_validate(
            headers={"Authorization": f"Bearer {harness.token}"},
            excluded_checks=[positive_data_acceptance],
            additional_checks=[is_described],
        )

    prove()


def test_every_operation_is_in_the_document(harness: ApiHarness) -> None:
    paths = harness.ask("GET", "/openapi.json", headers={"Authorization": ""}).json()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == {
        (operation.method, operation.path) for operation in TABLE
    }


def test_a_change_has_no_defaults_that_a_client_could_fill_in(harness: ApiHarness) -> None:
    document = harness.ask("GET", "/openapi.json").json()
    schemas = document["components"]["schemas"]
    change = schemas["McpServerChange"]["properties"]
    assert change["config"]["$ref"] == "#/components/schemas/ConfigChange"
    assert schemas["ConfigChange"]["properties"].keys() == schemas["Config"]["properties"].keys()
    for field in (*change.values(), *schemas["ConfigChange"]["properties"].values()):
        assert "default" not in field
    assert schemas["Config"]["properties"]["methods"]["default"] == []


def operations(harness: ApiHarness) -> list[dict[str, Any]]:
    paths = harness.ask("GET", "/openapi.json").json()["paths"]
    return [operation for methods in paths.values() for operation in methods.values()]


def test_every_answer_has_a_schema_and_its_header_fields_are_described(harness: ApiHarness) -> None:
    document = harness.ask("GET", "/openapi.json").json()
    for operation in operations(harness):
        for status, response in operation["responses"].items():
            where = (operation["operationId"], status)
            assert response["headers"], where
            for content in response["content"].values():
                assert content["schema"], where
            if operation["operationId"] == "read_metrics" and status == "200":
                assert response["content"] == {"text/plain": {"schema": {"type": "string"}}}
                continue
            reference = response["content"]["application/json"]["schema"]["$ref"]
            name = reference.removeprefix("#/components/schemas/")
            assert document["components"]["schemas"][name], where
            if not status.startswith("2") and operation["security"]:
                assert name == "ErrorShape", where
            for header in response["headers"]:
                assert document["components"]["headers"][header]["description"], where


def test_an_answer_of_a_tool_has_a_schema_for_every_success(harness: ApiHarness) -> None:
    (call,) = [each for each in operations(harness) if each["operationId"] == "call_tool"]
    for status in ("200", "201", "202"):
        assert call["responses"][status]["content"]["application/json"]["schema"] == {
            "$ref": "#/components/schemas/ToolAnswer"
        }


def test_every_operation_has_one_tag_and_every_tag_is_described(harness: ApiHarness) -> None:
    described = {
        each["name"] for each in harness.ask("GET", "/openapi.json").json()["tags"] if each["description"]
    }
    used = {tag for operation in operations(harness) for tag in operation["tags"]}
    assert used == described
    assert all(len(operation["tags"]) == 1 for operation in operations(harness))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer('{"returned":1,"records":[{"Id":"1"}],"next_cursor":"x"}'), 200),
        (Answer('{"total":6,"returned":0,"records":[]}'), 200),
        (Answer('{"returned":0,"rows_in_all":0,"rows":[],"columns":[]}'), 200),
        (Answer('{"results":[{"tool":"a","answer":{}}]}'), 200),
        (Answer('{"Id":"1","records":"of a record"}', 201), 201),
        (Answer('[{"id":1}]'), 200),
        (Answer('{"done":true}', note="Look."), 200),
        (Answer(file=File("a.pdf", "application/pdf", b"%PDF")), 200),
        (Answer(status=400, error=VendorRefused("No.", kind="duplicate")), 400),
        (Answer(status=400, error=VendorRefused("No.", kind="not_found")), 404),
        (Answer(status=401, error=VendorRefused("No.", status=401, kind="reconnect")), 409),
        (Answer(error=RateLimited("Wait.", retry_after=3)), 429),
        (Answer(error=NotConnected("Never.")), 409),
        (Answer(error=NeedsReauth("No more.")), 409),
        (Answer(error=Indeterminate("Lost.")), 502),
    ],
)
def test_what_a_tool_answers_is_what_the_document_says(
    harness: ApiHarness, answer: Answer, status: int
) -> None:
    path = "/integrated-account/{id}/tools/{tool}"
    operation = schemathesis.openapi.from_asgi("/openapi.json", harness.application)[path]["POST"]
    case = operation.Case(
        path_parameters={"id": harness.account(), "tool": "x"}, body={}, media_type="application/json"
    )
    harness.calls.answer = lambda: answer
    response = case.call(headers={"Authorization": f"Bearer {harness.token}"})
    case.validate_response(
        response,
        excluded_checks=[positive_data_acceptance, not_a_server_error],
        additional_checks=[is_described],
    )
    assert response.status_code == status


def test_what_is_made_says_where_it_can_be_read(harness: ApiHarness) -> None:
    account = harness.ask("POST", "/integrated-account", json={"name": "Shop", "integration": "books"})
    assert harness.ask("GET", account.headers["location"]).json()["id"] == account.json()["id"]
    server = harness.ask("POST", f"{account.headers['location']}/mcp", json={"name": "Agent"})
    assert harness.ask("GET", server.headers["location"]).json()["id"] == server.json()["id"]

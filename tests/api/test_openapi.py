"""The OpenAPI document, proved by requests that schemathesis makes of it against the door in this process.

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
from schemathesis.specs.openapi.checks import positive_data_acceptance

from runtime.api.table import TABLE
from runtime.safety.guesses import Guesses
from tests.api.door import ApiDoor


@pytest.fixture(scope="module")
def door() -> Iterator[ApiDoor]:
    with tempfile.TemporaryDirectory() as data:
        yield ApiDoor(Path(data), guesses=Guesses(most_failures=1_000_000))  # schemathesis sends wrong tokens


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


def is_sent_whole(case: Any) -> bool:
    """Whether the address has every parameter of a case: one that is an empty list or object leaves no trace in it."""
    return all(value not in ([], {}) for value in (case.query or {}).values())


@pytest.mark.parametrize(("method", "path", "way"), WAYS)
def test_what_is_answered_is_what_the_document_says(
    door: ApiDoor, method: str, path: str, way: GenerationMode
) -> None:
    operation = schemathesis.openapi.from_asgi("/openapi.json", door.application)[path][method]
    account = door.account()

    @given(operation.as_strategy(generation_mode=way))
    @LIMITS
    def prove(case: Any) -> None:
        assume(is_sent_whole(case))
        if "id" in case.path_parameters:
            case.path_parameters["id"] = account
        case.call_and_validate(
            headers={"Authorization": f"Bearer {door.token}"}, excluded_checks=[positive_data_acceptance]
        )

    prove()


def test_every_operation_is_in_the_document(door: ApiDoor) -> None:
    paths = door.ask("GET", "/openapi.json", headers={"Authorization": ""}).json()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == {
        (operation.method, operation.path) for operation in TABLE
    }


def test_a_change_has_no_defaults_that_a_client_could_fill_in(door: ApiDoor) -> None:
    document = door.ask("GET", "/openapi.json").json()
    schemas = document["components"]["schemas"]
    change = schemas["McpServerChange"]["properties"]
    assert change["config"]["$ref"] == "#/components/schemas/ConfigChange"
    assert schemas["ConfigChange"]["properties"].keys() == schemas["Config"]["properties"].keys()
    for field in (*change.values(), *schemas["ConfigChange"]["properties"].values()):
        assert "default" not in field
    assert schemas["Config"]["properties"]["methods"]["default"] == []

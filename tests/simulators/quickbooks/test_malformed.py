"""Whatever is sent, the answer is never a 500, and nothing is half-written."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books import ledger
from runtime.simulators.quickbooks.books.store import Store, dump_json
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.http.messages import Request
from runtime.simulators.quickbooks.schema import Field, load_entities, load_nested_types
from tests.simulators.quickbooks.conftest import CLIENT, NOON

REALM = "9130357849126540"
WEIRD: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            " ",
            "0",
            "-1",
            "1e9",
            "2026-11-20",
            "9999-12-31",
            "0001-01-01",
            "\u0000",
            "'; drop table records",
            {},
            [],
            [[]],
            [None],
        ]
    ),
)


def of_type(field: Field, depth: int) -> Any:
    """Return a value that often, but not always, fits a property."""
    return st.one_of(WEIRD, fitting(field, depth), fitting(field, depth), fitting(field, depth))


def fitting(field: Field, depth: int) -> Any:
    if field.enumeration:
        value: Any = st.sampled_from(sorted(field.enumeration))
    elif field.type == "object":
        nested = load_nested_types().get(field.nested or "", {})
        value = st.just({}) if depth > 2 or not nested else bodies(nested, depth + 1)
    elif field.type == "reference":
        value = st.fixed_dictionaries(
            {"value": st.integers(0, 90).map(str)},
            optional={"type": st.sampled_from(["Customer", "Vendor", "x"])},
        )
    else:
        value = {
            "boolean": st.booleans(),
            "decimal": st.integers(-5, 500),
            "integer": st.integers(-5, 500),
            "date": st.sampled_from(["2026-11-20", "2025-01-31", "1900-01-01"]),
            "Id": st.integers(0, 30).map(str),
        }.get(field.type, st.text(max_size=8))
    return st.lists(value, max_size=2) if field.is_array else value


def bodies(fields: Any, depth: int = 0) -> Any:
    names = sorted(fields)
    return st.lists(st.sampled_from(names), max_size=6, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({name: of_type(fields[name], depth) for name in chosen})
    )


def with_required(name: str) -> Any:
    """Return a body of an entity that has at least something for what is required."""
    entity = load_entities()[name]
    needed = {field: fitting(entity.fields[field], 0) for field in entity.required if field in entity.fields}
    return st.tuples(st.fixed_dictionaries(needed), bodies(entity.fields)).map(
        lambda pair: {**pair[0], **pair[1]}
    )


WRITABLE = sorted(
    name
    for name, entity in load_entities().items()
    if entity.operations & {"create", "full_update"} and entity.path
)
STATE: dict[str, Application] = {}


def application(template: Store) -> Application:
    if "app" not in STATE:
        store = Store(":memory:", Clock(frozen=NOON))
        template.connection.backup(store.connection)
        STATE["app"] = Application(store, dict([CLIENT]))
    return STATE["app"]


def status(app: Application, method: str, path: str, parameters: dict[str, str], body: bytes) -> int:
    """Return the status of a request to the API, past authentication."""
    segments = tuple(part for part in path.split("/") if part)
    request = Request(method, f"/v3/company/{REALM}/{path}", segments, REALM, parameters, {}, body)
    app.oauth.check = lambda *_: None  # type: ignore[assignment, method-assign, return-value]
    app.throttle.is_on = False
    return app._answer(request).status


MANY = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)


@MANY
@given(data=st.data(), name=st.sampled_from(WRITABLE))
def test_any_body_is_taken_or_refused(template: Store, data: st.DataObject, name: str) -> None:
    app = application(template)
    parameters = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "operation": st.sampled_from(["update", "delete", "void", "x", ""]),
                "include": st.just("void"),
            },
        )
    )
    body = dump_json(data.draw(with_required(name))).encode()
    assert status(app, "POST", load_entities()[name].path, parameters, body) != 500, body
    assert not app.store.connection.in_transaction
    assert sum(ledger.sum_by_account(app.store, REALM).values()) == 0


@MANY
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.lists(
        st.one_of(
            st.sampled_from(
                [
                    *(e.path for e in load_entities().values()),
                    "query",
                    "batch",
                    "cdc",
                    "upload",
                    "reports",
                    "1",
                    "pdf",
                    "send",
                    "ProfitAndLoss",
                ]
            ),
            st.text(max_size=5),
        ),
        max_size=4,
    ).map("/".join),
    parameters=st.dictionaries(
        st.sampled_from(
            [
                "query",
                "entities",
                "changedsince",
                "start_date",
                "end_date",
                "date_macro",
                "requestid",
                "sendto",
                "operation",
                "sourcecurrencycode",
                "asofdate",
            ]
        ),
        st.text(max_size=20),
        max_size=3,
    ),
    body=st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"{}",
                b"[]",
                b"null",
                b"1",
                b'"x"',
                b"{" * 600,
                b"[" * 2000,
                b'{"BatchItemRequest":[1,{},{"bId":[]}]}',
                b'{"Id":"1","SyncToken":"0"}',
                b"\xff\xfe",
            ]
        ),
    ),
)
def test_any_request_is_answered_or_refused(
    template: Store, method: str, path: str, parameters: dict[str, str], body: bytes
) -> None:
    assert status(application(template), method, path, parameters, body) != 500


def test_free_objects_nested_deeply_are_refused(template: Store) -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    body = dump_json({"DisplayName": "Deep", "CustomerEx": {"any": deep}}).encode()
    assert status(application(template), "POST", "customer", {}, body) == 400


def test_deep_nesting_is_refused(template: Store) -> None:
    line: Any = {"Amount": 1}
    for _ in range(50):
        line = {"DetailType": "GroupLineDetail", "GroupLineDetail": {"Line": [line]}}
    body = dump_json({"CustomerRef": {"value": "1"}, "Line": [line]}).encode()
    assert status(application(template), "POST", "invoice", {}, body) == 400

"""A small made-up vendor in Python values, for tests of one layer that need no YAML."""

from __future__ import annotations

import orjson

from generator.catalog import Call, Condition, Listing, Returns, Tool
from generator.vendor import (
    Advice,
    Auth,
    BatchForm,
    ErrorRules,
    Integration,
    Pagination,
    QueryLanguage,
    RateLimit,
    RateWindow,
)

LANGUAGE = QueryLanguage(
    entry=r"(?is)^\s*select\s+(?:\*|count\s*\(\s*\*\s*\)|[\w.]+(?:\s*,\s*[\w.]+)*)\s+from\s+(?P<entity>\w+)(?=\s|$)",
    statement="SELECT * FROM {entity} {where} {order_by} START {start} MAX {limit}",
    where="WHERE {conditions}",
    conjunction=" AND ",
    order_by="ORDER {field} {direction}",
    conditions={
        "equals": "{field} = {value}",
        "any_of": "{field} IN ({values})",
        "contains": "{field} LIKE '%{text}%'",
        "from": "{field} >= {value}",
        "until": "{field} <= {value}",
    },
    quote="'",
    escape={"\\": "\\\\", "'": "\\'"},
    wildcards={"%": "", "_": "\\_"},
    literals=("boolean",),
    paging="START {start} MAX {limit}",
    paging_words={"start": r"(?i)\bstart\s+(\d+)", "limit": r"(?i)\bmax\s+(\d+)"},
)

VENDOR = Integration(
    name="acme",
    tool_prefix="acme",
    title="Acme Books",
    summary="Made up.",
    docs="https://example.com",
    guidance="",
    environments={"production": "https://books.example.com/company/{company_id}"},
    auth=Auth(type="oauth2"),
    account_fields=(),
    rate_limit=RateLimit(
        statuses=(429,),
        codes=("3001",),
        windows=(RateWindow("minute", 500, 60), RateWindow("second", 10, 1)),
        reset_header="Retry-After",
        reset_default=60,
    ),
    pagination=Pagination(
        style="offset", first=1, total=("QueryResponse", "totalCount"), default=3, maximum=5
    ),
    errors=ErrorRules(
        list=(("Fault", "Error"), ("fault", "error")),
        code=("code",),
        message=("Message", "message"),
        detail=("Detail", "detail"),
        element=("element",),
        trace_header="trace-id",
        advice={
            "5010": Advice("conflict", "Read it again and use its new version."),
            "610": Advice("not_found", "No record has this Id."),
        },
    ),
    query_language=LANGUAGE,
    send_query={"minorversion": "75"},
    send_headers={"Accept": "application/json"},
    idempotency_query_param="requestid",
    batch=BatchForm(
        path="/batch",
        most=30,
        items="BatchItemRequest",
        answers="BatchItemResponse",
        id="bId",
        forms={"list": {"Query": "{statement}"}, "update": {"operation": "update", "{entity}": "{body}"}},
    ),
)

LISTING = Listing(
    entity="Invoice",
    conditions=(
        Condition("Balance_from", "Balance", "from", "number"),
        Condition("DocNumber", "DocNumber", "equals"),
        Condition("Id_any_of", "Id", "any_of"),
        Condition("Name_contains", "Name", "contains"),
        Condition("Active", "Active", "equals", "boolean"),
        Condition("CustomerRef", "CustomerRef", "equals"),
        Condition("Status", "Status", "equals"),
    ),
    sortable=("Balance", "MetaData.CreateTime"),
    columns=("Id", "Balance"),
    default_order="ORDER Id ASC",
    raw_query=True,
)


def tool(name: str, properties: dict[str, object], call: Call, returns: Returns, **more: object) -> Tool:
    """A tool with the given arguments, none of them required unless `required` says so."""
    schema = {
        "type": "object",
        "properties": properties,
        "required": more.pop("required", []),
        "additionalProperties": False,
    }
    values: dict[str, object] = {
        "title": name,
        "description": name,
        "integration": "acme",
        "resource": "invoices",
        "method": "get",
        "method_class": "read",
        "risk": "read",
        "tags": ("sales",),
        "schema": orjson.dumps(schema),
        "wire": orjson.dumps({"name": name, "inputSchema": schema}),
    }
    return Tool(name=name, call=call, returns=returns, **{**values, **more})  # type: ignore[arg-type]


TEXT, NUMBER = {"type": "string"}, {"type": "number"}

LIST = tool(
    "list_all_acme_invoices",
    {
        "Balance_from": NUMBER,
        "DocNumber": TEXT,
        "Id_any_of": {"type": "array", "items": TEXT},
        "Name_contains": TEXT,
        "Active": {"type": "boolean"},
        "CustomerRef": {"type": "string", "pattern": r"^\d+$"},
        "Status": {"type": "string", "enum": ["Open", "Paid"]},
        "order_by": {"type": "string", "enum": ["Balance", "CreateTime"]},
        "descending": {"type": "boolean"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 5},
        "next_cursor": TEXT,
        "fields": {"type": "array", "items": TEXT},
        "query": TEXT,
    },
    Call("GET", "/query", query=(("query", "{statement}"),)),
    Returns("records", ("QueryResponse", "Invoice")),
    method="list",
    listing=LISTING,
)
GET = tool(
    "get_single_acme_invoice_by_id",
    {"id": TEXT},
    Call("GET", "/invoice/{id}"),
    Returns("record", ("Invoice",)),
    required=["id"],
)
UPDATE = tool(
    "update_a_acme_invoice_by_id",
    {
        "id": TEXT,
        "SyncToken": TEXT,
        "DueDate": {"type": "string", "format": "date"},
        "Line": {"type": "array", "items": {"type": "object", "properties": {"Amount": NUMBER}}},
    },
    Call(
        "POST",
        "/invoice",
        body="record",
        body_arguments=(("id", "Id"), ("SyncToken", "SyncToken"), ("DueDate", "DueDate"), ("Line", "Line")),
    ),
    Returns("record", ("Invoice",)),
    required=["id", "SyncToken"],
    method="update",
    method_class="write",
    risk="overwrite",
    ignored_arguments=("Id", "MetaData"),
)
PDF = tool(
    "download_a_acme_invoice_pdf_by_id",
    {"id": TEXT},
    Call("GET", "/invoice/{id}/pdf", headers=(("Accept", "application/pdf"),)),
    Returns("file", media_type="application/pdf", file_name="invoice-{id}.pdf"),
    required=["id"],
)
TOOLS = {each.name: each for each in (LIST, GET, UPDATE, PDF)}

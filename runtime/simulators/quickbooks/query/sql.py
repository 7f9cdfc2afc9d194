"""A parsed query as SQL on the store: which properties may be named, how values are compared, which page is shown.

Properties that have a column of their own use its index; the others are read out of the body.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import InvalidOperation
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.clock import parse_moment
from runtime.simulators.quickbooks.money import parse_decimal
from runtime.simulators.quickbooks.query.parser import (
    MOST_RESULTS,
    Condition,
    Literal,
    Statement,
    make_invalid_fault,
    parse,
)
from runtime.simulators.quickbooks.schema import Entity, map_entities_by_lower_name

COLUMNS = {
    "Id": ("id", "text"),
    "MetaData.CreateTime": ("created", "moment"),
    "MetaData.LastUpdatedTime": ("updated", "moment"),
    "TxnDate": ("txn_date", "date"),
    "DueDate": ("due_date", "date"),
    "TotalAmt": ("total", "cents"),
    "Balance": ("balance", "cents"),
    "CurrentBalance": ("balance", "cents"),
    "DocNumber": ("doc_number", "text"),
    "CustomerRef": ("customer", "text"),
    "VendorRef": ("vendor", "text"),
    "FullyQualifiedName": ("full_name", "text"),
    "DisplayName": ("name", "text"),
    "Active": ("active", "boolean"),
}
KINDS = {"boolean": "boolean", "decimal": "number", "integer": "number", "long": "number", "date": "date"}
WRAPPED = {
    "EmailAddress": "Address",
    "TelephoneNumber": "FreeFormNumber",
    "WebSiteAddress": "URI",
    "MemoRef": "value",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found: bodies as JSON texts, or a count."""

    entity: Entity
    bodies: list[str]
    start: int
    count: int | None = None

    def to_json(self) -> bytes:
        """Return the `QueryResponse` object."""
        if self.count is not None:
            return b'{"totalCount":%d}' % self.count
        if not self.bodies:
            return b"{}"
        joined = ",".join(self.bodies)
        text = (
            f'{{"{self.entity.key}":[{joined}],"startPosition":{self.start},"maxResults":{len(self.bodies)}}}'
        )
        return text.encode()


def answer(books: Books, text: str) -> Answer:
    """Parse and runs a query; raises 4000 and 4001."""
    statement = parse(text)
    entity = map_entities_by_lower_name().get(statement.entity.lower())
    if entity is None or "query" not in entity.operations:
        raise make_invalid_fault(f"Metadata not found for Entity: {statement.entity}")
    if statement.most > MOST_RESULTS:
        raise make_invalid_fault(f"value {statement.most} is too large. Max allowed value is {MOST_RESULTS}")
    where, values = _where(books, entity, statement)
    if statement.is_count:
        row = books.store.execute(f"select count(*) from records where {where}", values).fetchone()
        return Answer(entity, [], 1, row[0])
    properties = [_spelled(entity, name) for name in statement.properties]
    sql = f"select body from records where {where} order by {_order(entity, statement)} limit ? offset ?"
    rows = books.store.execute(sql, [*values, statement.most, statement.start - 1])
    bodies = [row[0] for row in rows]
    if properties and not statement.is_whole:
        bodies = [_projected(body, properties) for body in bodies]
    return Answer(entity, bodies, statement.start)


def _where(books: Books, entity: Entity, statement: Statement) -> tuple[str, list[Any]]:
    clauses, values = ["realm = ?", "entity = ?"], [books.realm, entity.name]
    names_active = False
    for condition in statement.conditions:
        attached = _attached(entity, condition)
        if attached is not None:
            clauses.append(attached[0])
            values += attached[1]
            continue
        name = _filterable(entity, condition.property)
        names_active = names_active or name == "Active"
        clause, compared = _clause(books, entity, name, condition)
        clauses.append(clause)
        values += compared
    if entity.has_active and not names_active:
        clauses.append("active = 1")
    return " and ".join(clauses), values


def _attached(entity: Entity, condition: Condition) -> tuple[str, list[Any]] | None:
    """Return a condition on what a file hangs on: the only property inside an array that a query may name."""
    path = ATTACHED.get(condition.property.lower()) if entity.name == "Attachable" else None
    if path is None or condition.operator not in ("=", "in"):
        return None
    marks = ",".join("?" * len(condition.values))
    found = f"json_each.value ->> '{path}' collate nocase in ({marks})"
    clause = f"exists (select 1 from json_each(body, '$.AttachableRef') where {found})"
    return clause, [str(value) for value in condition.values]


ATTACHED = {
    "attachableref.entityref.type": "$.EntityRef.type",
    "attachableref.entityref.value": "$.EntityRef.value",
}


def _filterable(entity: Entity, name: str) -> str:
    """Return the property as the facts spell it; 4001 when it is unknown or has no index."""
    found = entity.filterable.get(name.lower())
    if found is not None:
        return found
    spelled = _spelled(entity, name)
    raise make_invalid_fault(f"property '{spelled}' is not queryable")


def _spelled(entity: Entity, name: str) -> str:
    head, _, rest = name.partition(".")
    for field in entity.fields:
        if field.lower() == head.lower():
            return f"{field}.{rest}" if rest else field
    raise make_invalid_fault(f"Property {name} not found for Entity {entity.name}")


def _expression(entity: Entity, name: str) -> tuple[str, str]:
    """Return SQL expression and kind of a property."""
    if name in COLUMNS and not (name == "DisplayName" and "DisplayName" not in entity.fields):
        return COLUMNS[name]
    if name == "Name" and "DisplayName" not in entity.fields:
        return "name", "text"
    if name == "Type" and entity.name == "RecurringTransaction":
        return "name", "text"  # where a template has the kind of its transaction
    head, _, rest = name.partition(".")
    field = entity.fields.get(head)
    path = name
    if field is not None and field.type == "reference" and not rest:
        path = f"{name}.value"
    elif field is not None and field.nested in WRAPPED and not rest:
        path = f"{name}.{WRAPPED[field.nested]}"
    kind = KINDS.get(field.type, "text") if field is not None and not rest else "text"
    quoted = path.replace("'", "")
    return f"(body ->> '$.{quoted}')", kind


SQL_OPERATORS = {"=": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}


def _clause(books: Books, entity: Entity, name: str, condition: Condition) -> tuple[str, list[Any]]:
    expression, kind = _expression(entity, name)
    operator = condition.operator
    if name == "Id" and operator not in ("=", "in"):
        raise make_invalid_fault(f"property 'Id' does not support the operator {operator}")
    if name == "Id" and not all(str(value).strip() for value in condition.values):
        raise make_invalid_fault("value '' is not valid for property 'Id'")
    if operator in ("=", "in") and all(value == " " for value in condition.values):
        return f"{expression} is null", []
    collation = " collate nocase" if kind == "text" and expression.startswith("(") else ""
    if operator == "like":
        return f"{_text_of(expression, kind)} like ? escape '\\'", [_pattern(condition.values[0])]
    values = [_compared(books, kind, value) for value in condition.values]
    if operator == "in":
        marks = ",".join("?" * len(values))
        return f"{expression}{collation} in ({marks})", values
    return f"{expression}{collation} {SQL_OPERATORS[operator]} ?", values


def _text_of(expression: str, kind: str) -> str:
    return f"printf('%.2f', {expression} / 100.0)" if kind == "cents" else expression


def _pattern(value: Literal) -> str:
    return str(value).replace("\\", "\\\\").replace("_", "\\_")


def _compared(books: Books, kind: str, value: Literal) -> Any:
    """Return a value of a query as the column has it; 4001 when it is not of the property's type."""
    if value == "CURRENT_DATE":
        value = books.read_today().isoformat()
    try:
        return CONVERSIONS[kind](value)
    except (ValueError, InvalidOperation) as error:
        raise make_invalid_fault(f"value {str(value)[:100]} is not valid for its property") from error


def _boolean(value: Literal) -> int:
    if isinstance(value, bool):
        return int(value)
    if value.lower() not in ("true", "false"):
        raise ValueError(value)
    return int(value.lower() == "true")


def _number(value: Literal) -> float:
    return float(parse_decimal(value))


def _cents(value: Literal) -> float:
    return float(parse_decimal(value) * 100)


def _day(value: Literal) -> str:
    parse_moment(str(value))
    return str(value)[:10]


def _text(value: Literal) -> str:
    return str(value).lower() if isinstance(value, bool) else value


CONVERSIONS = {
    "boolean": _boolean,
    "number": _number,
    "cents": _cents,
    "date": _day,
    "moment": lambda value: parse_moment(str(value)),
    "text": _text,
}


def _order(entity: Entity, statement: Statement) -> str:
    if not statement.order:
        return _usual_order(entity)
    parts: list[str] = []
    for order in statement.order:
        name = entity.sortable.get(order.property.lower()) or entity.filterable.get(order.property.lower())
        if name is None:
            raise make_invalid_fault(f"property '{_spelled(entity, order.property)}' is not sortable")
        expression, kind = ("num", "number") if name == "Id" else _expression(entity, name)
        collation = " collate nocase" if kind == "text" and expression.startswith("(") else ""
        parts.append(f"{expression}{collation}{' desc' if order.is_descending else ''}")
    return ", ".join([*parts, "num"])


def _usual_order(entity: Entity) -> str:
    if entity.is_transaction:
        return "txn_date desc, num desc"
    return "full_name, num" if "FullyQualifiedName" in entity.fields else "name, num"


def _projected(body: str, properties: Iterable[str]) -> str:
    """Return only the named properties and the Id, marked as a part."""
    whole = orjson.loads(body)
    heads = {name.partition(".")[0] for name in properties}
    shown = {name: value for name, value in whole.items() if name in heads}
    shown |= {"Id": whole.get("Id"), "domain": "QBO", "sparse": True}
    return orjson.dumps(shown).decode()

"""What a table may say: its rows as they are read, each refused with its place when it says anything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

ANY = "<any>"
"""Stands in a table for a value that is there and differs from run to run, such as a cursor or a key."""


class MalformedTable(Exception):
    """What is wrong in a table, with the file, the row and the key."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Request(Part):
    """What the vendor gets. Path, query and body are all of it; of the headers those that are named."""

    verb: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: JsonValue = None
    parts: list[str] = []
    """The parts of a multipart body, each with its own head; a line ends with a newline."""


class Response(Part):
    """What the vendor answers. In `bytes` and `raw` each character is one byte."""

    status: int = 200
    media_type: str = "application/json"
    headers: dict[str, str] = {}
    body: JsonValue = None
    bytes: str | None = None
    """A body that is not written as JSON."""
    raw: str | None = None
    """Everything, head and body; when it is empty, the connection ends without an answer."""


class ExpectedError(Part):
    code: str
    status: int | None = None
    message: str | None = None
    text: str | None = None
    """What a model reads: message, advice and codes in sentences."""
    says: list[str] = []
    """Parts of the message."""


class ExpectedFile(Part):
    name: str
    bytes: str
    media_type: str = "application/pdf"


class Result(Part):
    """What the caller gets. `status` is that of the response when not said; 0 when nothing was sent."""

    answer: JsonValue = None
    """The text, read as JSON."""
    text: str | None = None
    """The text, to the letter."""
    says: list[str] = []
    """Parts of the text."""
    error: ExpectedError | None = None
    file: ExpectedFile | None = None
    note: str | None = None
    status: int | None = None
    remaining: tuple[int, ...] | None = None
    """The calls that are left in each window of the vendor's limits."""
    limits: dict[str, str] = {}
    """Fields that say how the limits are."""

    @model_validator(mode="after")
    def expects_something(self) -> Result:
        if not {"answer", "text", "says", "error", "file"} & self.model_fields_set:
            raise ValueError("a result has an answer, a text, an error or a file")
        return self


class Row(Part):
    """One call: what it sends, what comes back, what it comes to. Without a request, nothing is sent."""

    name: str
    tool: str
    arguments: dict[str, JsonValue] = {}
    tools: list[str] | None = None
    """The tools of the MCP server; all when not said."""
    request: Request | None = None
    times: int = Field(default=1, ge=1)
    """How often the request is sent."""
    reads_first: bool = False
    """Whether the record is read by its Id before, with one GET."""
    response: Response | None = None
    responses: list[Response] = []
    """In place of `response`: each of them gives the result."""
    result: Result

    @model_validator(mode="after")
    def answers_what_is_sent(self) -> Row:
        if (self.response is not None) + bool(self.responses) != (self.request is not None):
            raise ValueError("a request has a response or several responses; nothing else has")
        return self


class Always(Part):
    """What every request of a table has."""

    query: dict[str, str] = {}
    headers: dict[str, str] = {}


class Head(Part):
    vendor: str
    always: Always = Always()
    rows: list[Any] = Field(min_length=1)


def read_head(path: Path) -> Head:
    """Return a table with its rows as they are written. Raises MalformedTable."""
    return _validated(Head, yaml.safe_load(path.read_text(encoding="utf-8")), path.name)


def read_row(table: str, number: int, row: Any) -> Row:
    """Return one row, of which `number` counts from 1. Raises MalformedTable."""
    return _validated(Row, row, f"{table}, row {number} ({name_row(row)})")


def name_row(row: Any) -> str:
    """Return the sentence of a row, also of one that is malformed."""
    return str(row.get("name", "without a name")) if isinstance(row, dict) else "not a mapping"


def _validated(form: Any, value: Any, where: str) -> Any:
    try:
        return form.model_validate(value)
    except ValidationError as error:
        raise MalformedTable(f"{where}: {'; '.join(_explain(error))}") from None


def _explain(error: ValidationError) -> Iterator[str]:
    for each in error.errors():
        place = ".".join(map(str, each["loc"]))
        yield f"{place or 'the whole'}: {each['msg']}"

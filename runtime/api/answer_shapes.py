"""What tools answer over REST, as pydantic models for the document. Part of `shapes`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, RootModel


class Open(BaseModel):
    """An object that may have further members."""

    model_config = ConfigDict(extra="allow")


class ToolPage(Open):
    """What a list tool answers. Without `next_cursor` there is nothing after it."""

    records: Annotated[list[Any], Field(description="The records, as the vendor has them.")]
    returned: Annotated[int | None, Field(description="How many they are.")] = None
    total: Annotated[
        Any, Field(description="The number that a query which only counts is answered with.")
    ] = None
    next_cursor: Annotated[str | None, Field(description="What to pass for the next page.")] = None
    note: Annotated[str | None, Field(description="What a reader should know, in sentences.")] = None


class ToolReport(Open):
    """What a report tool answers. Without `next_cursor` there is nothing after it."""

    rows: Annotated[list[Any], Field(description="The rows.")]
    returned: Annotated[int | None, Field(description="How many they are.")] = None
    rows_in_all: Annotated[int | None, Field(description="How many the report has.")] = None
    next_cursor: Annotated[str | None, Field(description="What to pass for the next rows.")] = None
    note: Annotated[str | None, Field(description="What a reader should know, in sentences.")] = None


class ToolResults(Open):
    """What a batch tool answers: for each call, in their order, its tool and its answer or error."""

    results: list[dict[str, Any]]


class ToolRecord(Open):
    """What every other tool answers: the record that it read or wrote, as the vendor has it."""


class ToolAnswer(RootModel[ToolPage | ToolReport | ToolResults | ToolRecord | list[Any]]):
    """What a tool answers."""

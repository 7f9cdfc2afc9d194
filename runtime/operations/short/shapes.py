"""Answers in the shapes of short tools: with more members, as results of a search, as one document.

The shapes of `search` and `fetch` are those that hosts fix for what they cite: JSON text `{"results": [{"id", "title",
"url"}]}` and `{"id", "title", "text", "url", "metadata"}`, and the same as structured content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from generator.filling import ABSENT, Filler
from generator.short_tools import Target
from runtime.exchange.allowance import Form
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from runtime.operations.record_urls import make_record_url
from runtime.safety.fences import close_fence, fence_value, strip_fences
from runtime.upstream import figures

LONGEST_TITLE = 200
"""Characters of a title, which a host shows on a line."""


class Shapes:
    """Shapes the answers to one grant; `public_url` is where the pages of records are."""

    def __init__(self, grant: Grant, public_url: str, form: Form, budget: int) -> None:
        self._grant, self._public_url = grant, public_url
        self._form, self._budget = form, budget
        self._is_fenced = grant.config.untrusted_text == "fenced"

    def add_members(self, answer: Answer, templates: Mapping[str, Any], scope: Mapping[str, Any]) -> Answer:
        """Return an answer with what the templates add to its text; itself where it is none, or has no space."""
        try:
            record = figures.read(answer.text.encode())
        except ValueError:
            return answer
        whole = {**scope, "record": record.get("record", record) if isinstance(record, dict) else record}
        filled = Filler(whole).fill(dict(templates))
        if not filled or not answer.text.endswith("}"):
            return answer
        value = fence_value(strip_fences(filled)) if self._is_fenced else filled
        comma = "" if answer.text == "{}" else ","
        more = figures.write_json(value).decode()
        added = answer._replace(text=f"{answer.text[:-1]}{comma}{more[1:]}")
        return added if self._form.size_of(added) <= self._budget else answer

    def write_results(self, found: Sequence[tuple[Target, Mapping[str, Any]]], beside: Answer) -> Answer:
        """Return records as results of a search, as many as fit."""
        results = [self._make_entry(target, record) for target, record in found]
        while True:
            answer = beside._replace(text=_write({"results": results}), is_structured=True)
            if not results or self._form.size_of(answer) <= self._budget:
                return answer
            results = results[: len(results) * 3 // 4]

    def write_document(self, target: Target, record: Mapping[str, Any], answer: Answer) -> Answer:
        """Return one record as a document, its text cut where it does not fit."""
        entry = self._make_entry(target, record)
        text, about = answer.text, {"type": target.resource, "company": self._grant.account.name}
        while True:
            value = {
                "id": entry["id"],
                "title": entry["title"],
                "text": text,
                "url": entry["url"],
                "metadata": about,
            }
            made = answer._replace(text=_write(value), note="", is_structured=True)
            if len(text) < 2 or self._form.size_of(made) <= self._budget:
                return made
            text = close_fence(f"{text[: len(text) * 3 // 4]}…")

    def _make_entry(self, target: Target, record: Mapping[str, Any]) -> dict[str, str]:
        id_ = str(record.get(target.identifier, ""))
        own = dict(record)
        title = Filler(strip_fences(own) if self._is_fenced else own).fill(target.title)
        named = f"{target.resource} {id_}" if title is ABSENT or not title else str(title)[:LONGEST_TITLE]
        url = make_record_url(self._public_url, self._grant.account.id, target.resource, id_)
        shown = fence_value(named) if self._is_fenced else named
        return {"id": f"{target.resource}:{id_}", "title": shown, "url": url}


def _write(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode()

"""Answers in the shapes of short tools: with more members, as results of a search, as one document.

The shapes of `search` and `fetch` are those that hosts fix for what they cite: JSON text `{"results": [{"id", "title",
"url"}]}` and `{"id", "title", "text", "url", "metadata"}`, and the same as structured content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from generator.catalog import COMPANY
from generator.filling import ABSENT, Filler
from generator.short_tools import Target
from runtime.exchange.allowance import BYTES_PER_TOKEN, LEAST_TOKENS, Form
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from runtime.operations.record_urls import make_record_url
from runtime.operations.short.merging import Gathered, Merging, Page
from runtime.safety.fences import close_fence, fence_value, strip_fences
from runtime.upstream import figures

LINES_LEFT_OUT = "Its lines do not fit and are left out: read it by its id."
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

    def write_merged(self, merging: Merging, page: Page, gathered: Gathered) -> Answer:
        """Return the rows of merged lists, as many as fit; of one that does not fit alone, what is no list in it."""
        while True:
            answer = self._write_page(merging, page, gathered)
            if self._fits(answer) or not page.rows:
                return answer
            if len(page.rows) == 1:
                (row,) = page.rows
                plain = {name: each for name, each in row.value.items() if not isinstance(each, list)}
                if plain == row.value:
                    return answer
                page = replace(page, rows=(replace(row, value=plain),), notes=(*page.notes, LINES_LEFT_OUT))
                continue
            page = merging.cut(page, len(page.rows) * 3 // 4)

    def _write_page(self, merging: Merging, page: Page, gathered: Gathered) -> Answer:
        rows = [row.value for row in page.rows]
        value = {
            "returned": len(rows),
            **({"next_cursor": merging.write_cursor(page.next)} if page.next else {}),
            merging.name: fence_value(rows) if self._is_fenced else rows,
            **({"resolved": gathered.resolved} if gathered.resolved else {}),
            **({COMPANY: gathered.company} if gathered.company else {}),
        }
        note = " ".join(dict.fromkeys([*gathered.notes, *page.notes]))
        return gathered.last._replace(text=figures.write_json(value).decode(), note=note)

    def _fits(self, answer: Answer) -> bool:
        """Return whether an answer is within the bytes of the reply and the tokens of its text."""
        tokens = self._grant.config.max_answer_tokens
        most = int(max(tokens, LEAST_TOKENS) * BYTES_PER_TOKEN) if tokens else 0
        is_short = not most or len(answer.text.encode()) <= most
        return is_short and self._form.size_of(answer) <= self._budget

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

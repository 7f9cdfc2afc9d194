"""The add-backs of a valuation are confirmed on its page one by one, and nothing is read again for that."""

from __future__ import annotations

import re
from pathlib import Path

from tests.web.analysis_answers import READING, VALUATION, make_answer
from tests.web.analysis_company import AnalysisCalls, Desk, look

LAWSUIT, RENT = "one_off.bills:31", "owner.accounts:7"
PROPOSED = [
    {**VALUATION["add_backs"][0], "id": LAWSUIT, "is_confirmed": False},
    {
        **VALUATION["add_backs"][0],
        "id": RENT,
        "label": "<b>Rent</b>",
        "amount": 2500.0,
        "is_confirmed": False,
    },
]


def answer() -> AnalysisCalls:
    return AnalysisCalls({"valuation": make_answer({**VALUATION, "add_backs": PROPOSED})})


def list_boxes(text: str) -> dict[str, bool]:
    """The add-backs that can be ticked, and whether each is."""
    found = re.findall(r'type="checkbox" name="add_backs" value="([^"]*)"( checked)?', text)
    return {value: bool(checked) for value, checked in found}


def test_each_proposed_add_back_can_be_ticked(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get("/valuation?run=1")

        assert list_boxes(page.text) == {LAWSUIT: False, RENT: False}
        assert "Lawsuit: $10,000.00" in page.text
        assert "&lt;b&gt;Rent&lt;/b&gt;: $2,500.00" in page.text

    look(tmp_path, story, answer())


def test_what_is_ticked_is_confirmed_by_what_was_read(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"/valuation?continue_from={READING}&add_backs={LAWSUIT}&add_backs={RENT}")

        assert desk.calls.runs[-1][1] == {"add_backs": [LAWSUIT, RENT], "continue_from": READING}
        assert list_boxes(page.text) == {LAWSUIT: True, RENT: True}
        page = await desk.get(f"/valuation?run=1&add_backs={LAWSUIT}, {RENT}")
        assert list_boxes(page.text) == {LAWSUIT: True, RENT: True}

    look(tmp_path, story, answer())


def test_before_there_are_figures_the_ids_are_a_text(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"/valuation?add_backs={LAWSUIT}&add_backs={RENT}")

        assert list_boxes(page.text) == {}
        assert f'value="{LAWSUIT}, {RENT}"' in page.text

    look(tmp_path, story, answer())

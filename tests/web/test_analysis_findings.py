"""Findings on the page of anomalies: dismissing one with a reason, undoing it, who may, and what is refused."""

from __future__ import annotations

from html import unescape
from pathlib import Path

from runtime.people import PersonId
from tests.web.analysis_answers import ANOMALIES, FINDING, READING, make_answer
from tests.web.analysis_company import OWNER, AnalysisCalls, Desk, look
from tests.web.visitors import read_forms

PAGE = "/find_anomalies"
REASON = "Rent of two offices <b>&</b> =cmd"


def hide(calls: AnalysisCalls) -> None:
    """Have the tool answer as it does when the finding is dismissed."""
    left = [each for each in ANOMALIES["findings"] if each["id"] != FINDING]
    calls.answers["find_anomalies"] = make_answer({**ANOMALIES, "findings": left, "dismissed": 1})


def test_a_finding_has_its_score_reason_and_records(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"{PAGE}?run=1")
        text = unescape(page.text)
        assert "Two bills of 1,200.00 USD from Norton Lumber are two days apart." in text
        assert "Void one of them." in text
        assert '<span class="num strong">93</span>' in text and "likely</span>" in text
        assert f'href="/company/{desk.company}/bills/31">Bill N-31</a>' in text
        assert "€80.00" in text
        assert "The first 2 of 5." in text

    look(tmp_path, story)


def test_dismissing_stores_the_reason_and_leads_back_without_reading_again(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"{PAGE}?run=1&sensitivity=high")
        answer = await desk.send(page, f"{PAGE}/dismiss", {"reason": REASON})
        assert answer.status_code == 303
        address = answer.headers["location"]
        assert address == (f"{desk.base}{PAGE}?sensitivity=high&continue_from={READING}&dismissed={FINDING}")
        hide(desk.calls)
        back = await desk.follow(answer)
        assert desk.calls.runs[-1][1] == {"sensitivity": "high", "continue_from": READING}
        text = unescape(back.text)
        assert "The finding is dismissed. It is not found again." in text
        assert "Rent of two offices" in text and "<b>&</b>" not in back.text
        assert f'<td class="c-wide">{OWNER}' in back.text
        assert "Two bills of 1,200.00 USD from Norton Lumber" in text
        [stored] = await desk.dismissals.list_all(desk.company)  # type: ignore[arg-type]
        assert (stored["finding"], stored["reason"], stored["by"]) == (FINDING, REASON, OWNER)

    look(tmp_path, story)


def test_it_can_be_undone_at_once_and_from_the_list(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"{PAGE}?run=1")
        done = await desk.follow(await desk.send(page, f"{PAGE}/dismiss", {"reason": "Right."}))
        undone = await desk.send(done, f"{PAGE}/restore", {})
        assert await desk.dismissals.list_all(desk.company) == []  # type: ignore[arg-type]
        assert "It is found again." in (await desk.follow(undone)).text
        await desk.dismiss(FINDING, "Right.")
        listed = await desk.get(PAGE)
        assert "Dismissed findings" in listed.text
        await desk.send(listed, f"{PAGE}/restore", {})
        assert await desk.dismissals.list_all(desk.company) == []  # type: ignore[arg-type]

    look(tmp_path, story)


def test_a_bad_reason_is_said_beside_its_field_with_what_was_entered(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"{PAGE}?run=1")
        refused = await desk.send(page, f"{PAGE}/dismiss", {"reason": "x" * 501})
        assert refused.status_code == 400
        assert "A reason has 1 to 500 characters." in refused.text
        assert 'aria-invalid="true"' in refused.text and "x" * 501 in refused.text
        empty = await desk.send(page, f"{PAGE}/dismiss", {"reason": "  "})
        assert empty.status_code == 400
        assert await desk.dismissals.list_all(desk.company) == []  # type: ignore[arg-type]
        assert desk.calls.runs[-1][1] == {"continue_from": READING}

    look(tmp_path, story)


def test_a_form_without_its_proof_is_refused(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.dismiss(FINDING, "Right.")
        page = await desk.get(f"{PAGE}?run=1")
        proofs = {action: hidden["proof"] for action, hidden in read_forms(page) if "proof" in hidden}
        values = {"finding": "day-aaaa0000bbbb", "reason": "Right."}
        others = (None, "a" * 64, proofs[f"{desk.base}{PAGE}/restore"])
        for proof in others:
            sent = values | ({"proof": proof} if proof else {})
            assert (await desk.post(f"{PAGE}/dismiss", sent)).status_code == 403
        assert (await desk.post(f"{PAGE}/restore", {"finding": FINDING})).status_code == 403
        assert len(await desk.dismissals.list_all(desk.company)) == 1  # type: ignore[arg-type]

    look(tmp_path, story)


def test_what_is_no_finding_is_refused(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"{PAGE}?run=1")
        for finding in ("", "../x", "<script>", "dup-" + "0" * 80):
            answer = await desk.send(page, f"{PAGE}/dismiss", {"reason": "Right.", "finding": finding})
            assert answer.status_code == 400, finding
            assert "This is no id of a finding." in answer.text
        await desk.dismiss(FINDING, "Right.")
        listed = await desk.get(PAGE)
        twice = {"finding": "dup-000000000000"}
        assert (await desk.send(listed, f"{PAGE}/restore", twice)).status_code == 404
        other = await desk.send(
            page, f"{PAGE}/dismiss", {"reason": "Right.", "back": "a=1&run=1&continue_from=x"}
        )
        assert other.headers["location"].startswith(f"{desk.base}{PAGE}?continue_from=x&")

    look(tmp_path, story)


def test_only_the_analysis_of_anomalies_has_findings(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"{PAGE}?run=1")
        proof = next(hidden["proof"] for action, hidden in read_forms(page) if action.endswith("/dismiss"))
        values = {"proof": proof, "finding": FINDING, "reason": "Right."}
        assert (await desk.post("/spend_by_vendor/dismiss", values)).status_code == 404

    look(tmp_path, story)


def test_what_an_address_says_was_done_is_only_shown_where_it_was(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        page = await desk.get(f"{PAGE}?run=1&dismissed={FINDING}")
        assert "The finding is dismissed" not in page.text
        await desk.dismiss(FINDING, "Right.")
        assert "The finding is dismissed" in (await desk.get(f"{PAGE}?run=1&dismissed={FINDING}")).text
        assert "found again." not in (await desk.get(f"{PAGE}?run=1&restored={FINDING}")).text

    look(tmp_path, story)


def test_whoever_may_not_decide_about_changes_dismisses_nothing_even_with_a_proof(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.dismiss("day-aaaa0000bbbb", "Right.")
        page = await desk.get(f"{PAGE}?run=1")
        desk.here.change_role(PersonId(desk.who), "member")
        assert (await desk.send(page, f"{PAGE}/dismiss", {"reason": "Right."})).status_code == 403
        assert (await desk.send(page, f"{PAGE}/restore", {})).status_code == 403
        assert len(await desk.dismissals.list_all(desk.company)) == 1  # type: ignore[arg-type]

    look(tmp_path, story)

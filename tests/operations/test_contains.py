"""A text that a field contains is a text: what the vendor's own search finds beyond it is sorted out, page by page."""

from __future__ import annotations

import json

import orjson

from tests.made_up import LIST
from tests.made_up_calls import run, statement
from tests.vendor_server import http

NAMES = ["10% Rebate", "10 Hour Rebate", "About 10% rebate", "100 Roses", "10 Rakes", "The 10% R"]


def pages(line, headers, body):
    """A vendor whose search finds each of NAMES, and that answers the page asked for."""
    start, limit = (int(part) for part in line.split("START%20")[1].split(" ")[0].split("%20MAX%20"))
    found = [{"Id": str(at), "Name": name, "Note": "n" * 5_000} for at, name in enumerate(NAMES)]
    return http(200, orjson.dumps({"QueryResponse": {"Invoice": found[start - 1 :][:limit]}}))


def read_on(arguments, **options):
    """Every answer of a list, from the first page to the last."""
    answers, cursor = [], {}
    while True:
        [answer], _ = run(pages, (LIST.name, {**arguments, **cursor}), **options)
        answers.append(json.loads(answer.text))
        if "next_cursor" not in answers[-1]:
            return answers
        cursor = {"next_cursor": answers[-1]["next_cursor"]}


def ids(answers):
    return [record["Id"] for answer in answers for record in answer["records"]]


def test_a_percent_sign_finds_itself_alone_on_pages_of_any_size():
    for limit in range(1, 6):
        answers = read_on({"Name_contains": "10% R", "limit": limit})
        assert ids(answers) == ["0", "2", "5"], limit
        assert all(answer["returned"] == len(answer["records"]) for answer in answers)


def test_records_that_were_sorted_out_are_counted_in_a_note():
    first, *_ = read_on({"Name_contains": "10% R", "limit": 4})
    assert first["returned"] == 2
    assert first["note"] == (
        "Every character of Name_contains means itself; similar records left out: 2. "
        "Pass next_cursor to read on."
    )


def test_an_answer_cut_by_its_size_leads_on_to_the_next_record_that_was_meant():
    answers = read_on({"Name_contains": "10% R", "limit": 5, "fields": ["*"]}, budget=8_000)
    assert ids(answers) == ["0", "2", "5"]
    assert [answer["returned"] for answer in answers] == [1, 1, 1]


def test_a_text_without_such_a_character_is_left_to_the_vendor():
    [answer], server = run(pages, (LIST.name, {"Name_contains": "zebra", "limit": 2}))
    assert json.loads(answer.text)["returned"] == 2
    assert "LIKE '%zebra%'" in statement(server)


def test_a_cursor_stands_before_the_records_so_that_no_cut_takes_it():
    [answer], _ = run(pages, (LIST.name, {"limit": 2}))
    assert list(json.loads(answer.text)) == ["returned", "next_cursor", "records"]

"""YAML read as JSON would be, and every hostile file a plain error, quickly."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import MOST_BYTES, load


def read(tmp_path, text):
    path = tmp_path / "book.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    diagnostics = Diagnostics()
    return load(path, diagnostics), [each.message for each in diagnostics]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("null", None),
        ("", None),
        ("12", 12),
        ("-0.5", -0.5),
        ("2026-12-31", "2026-12-31"),
        ("on", "on"),
        ("no", "no"),
        ("~", "~"),
        ("012", "012"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("1e9", "1e9"),
        (".inf", ".inf"),
        ("12:30", "12:30"),
        ('"12"', "12"),
        ("9" * 400, "9" * 400),
    ],
)
def test_a_value_means_what_json_would_mean(tmp_path, written, meant):
    document, errors = read(tmp_path, f"it: {written}\n")

    assert errors == []
    assert document.value == {"it": meant}
    assert type(document.value["it"]) is type(meant)


def test_keys_retain_their_letters(tmp_path):
    document, _ = read(tmp_path, "120: a\ntrue: b\non: c\n")

    assert document.value == {"120": "a", "true": "b", "on": "c"}


def test_every_place_knows_its_line(tmp_path):
    document, _ = read(tmp_path, "a:\n  b:\n    - c: 1\n    - d: 2\n")

    assert document.find_line(("a", "b")) == 2
    assert document.find_line(("a", "b", 1, "d")) == 4
    assert document.find_line(("a", "b", 1, "missing", "deeper")) == 4


HOSTILE = {
    "an alias bomb": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "an alias that holds itself": "a: &a [*a]\n",
    "a deep list": "a: " + "[" * 100_000,
    "a deep mapping": "a: " + "{a: " * 50_000,
    "deep dashes": "- " * 100_000,
    "an object of Python": "a: !!python/object/apply:os.system [ls]\n",
    "a key that is a list": "? [a, b]\n: c\n",
    "a key that is a mapping": "{a: b}: c\n",
    "an open quote": 'a: "never closed\n',
    "a zero byte": b"a: b\0c\n",
    "a byte order mark in the middle": "a: b\n\ufeffc: d: e\n".encode(),
    "no UTF-8": b"a: \xff\xfe\n",
    "nothing": b"",
    "a list": "- a\n- b\n",
    "a word": "hello\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "a merge key with an alias": "a: &a {b: 1}\nc:\n  <<: *a\n",
    "a directive": "%YAML 9.9\n---\na: 1\n",
    "an undefined alias": "a: *nobody\n",
    "more than the limit": b"a: " + b"x" * (MOST_BYTES + 10),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_one_plain_error(tmp_path, text):
    document, errors = read(tmp_path, text)

    assert document is None
    assert len(errors) == 1
    assert errors[0].endswith(".")


NOT_YAML = {
    "a colon in a text": ("a: 1\nb: Find it: by name\n", 2, 'Put the text in quotes ("…")'),
    "a key without a space behind its colon": ("a:1\nb: 2\n", 2, "a key a space behind its colon"),
    "a percent sign first": ("a: %d\n", 1, "Put the text in quotes"),
    "a backtick first": ("a: `x`\n", 1, "Put the text in quotes"),
    "an asterisk first": ("a: *all of it\n", 1, "Put the text in quotes"),
    "an exclamation mark first": ("a: !not this\n", 1, "Put the text in quotes"),
    "a comma first": ("a: , then\n", 1, "Put the text in quotes"),
    "a dash first": ("a: - b\n", 1, "A list begins on the next line"),
    "a word behind quotes": ('a: "x" y\n', 1, "needs quotes around all of it"),
    "an apostrophe in single quotes": ("a: 'it's'\n", 1, "a quote in it is doubled"),
    "a word behind brackets": ("a: [x] y\n", 1, "needs quotes around all of it"),
    "quotes that stay open": ('a: 1\nb: "x\nc: 1\n', 2, "The quotes that begin on this line are not closed."),
    "a list that stays open": ("a: [x\nb: 1\n", 1, 'not closed by "]"'),
    "a mapping that stays open": ("a: { b: c\nd: 1\n", 1, 'not closed by "}"'),
    "a colon in a mapping of one line": ("a: { b: c: d }\n", 1, "Put the text in quotes"),
    "a line between two levels": ("a:\n  b: 1\n c: 2\n", 3, "Indent the line"),
    "a key among the entries of a list": ("a:\n  - x\n  b: 1\n", 3, "Indent the line"),
    "a key without a colon": ("a: 1\nb\nc: 2\n", 3, "A key needs a colon"),
    "a text behind a bar": ("a: | text\n", 1, "begins on the next line"),
    "a backslash in double quotes": ('a: "\\d"\n', 1, "use single quotes"),
}


@pytest.mark.parametrize("case", NOT_YAML.values(), ids=NOT_YAML)
def test_what_is_not_yaml_is_reported_with_its_line_and_what_to_do(tmp_path, case):
    text, line, advice = case
    (tmp_path / "book.yaml").write_text(text)
    diagnostics = Diagnostics()

    assert load(tmp_path / "book.yaml", diagnostics) is None

    (error,) = diagnostics
    assert error.line == line
    assert advice in error.message


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path):
    diagnostics = Diagnostics()

    assert load(tmp_path / "nowhere.yaml", diagnostics) is None
    assert [each.message for each in diagnostics] == ["The file cannot be read: No such file or directory."]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:- []{}&*!|>'\"#\n,?%@`\\0", max_size=60))
def test_no_text_makes_the_loader_fail(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp()

    document, errors = read(Path(folder), text)

    assert document is not None or errors

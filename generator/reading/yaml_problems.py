"""What to do about a file that is not YAML. Part of `yaml_events`.

The parser says what it did not find; its own sentences stay, and behind each stands what its writer most likely has
to change. The texts of the problems are those of libyaml 0.2 and of PyYAML's own parser.
"""

from __future__ import annotations

import yaml

QUOTES = 'Put the text in quotes ("…"), or begin it on the next line after "|".'
_INDENTED = "Indent the line exactly like the one that it belongs beside, with two spaces for each level."
_ADVICE = {
    "mapping values are not allowed": f'A text with ": " in it needs quotes, a key a space behind its colon. {QUOTES}',
    "cannot start any token": f"A text cannot begin with this character. {QUOTES}",
    "did not find expected node content": f"A text cannot begin with this character. {QUOTES}",
    "block sequence entries are not allowed": f'A list begins on the next line, a text not with "- ". {QUOTES}',
    "mapping keys are not allowed": f'A text cannot begin with "? ". {QUOTES}',
    "did not find expected comment or line break": 'The text begins on the next line after "|" or ">".',
    "unknown escape character": "In double quotes write \\\\ for a backslash, or use single quotes.",
    "could not find expected ':'": f"A key needs a colon and a space; a text of more lines is indented. {QUOTES}",
    "did not find expected '-' indicator": _INDENTED,
}
_IN_CONTEXT = {
    "quoted scalar": "The quotes that begin on this line are not closed.",
    "flow sequence": f'The list that begins here is not closed by "]", or a text in it has , : [ or ]. {QUOTES}',
    "flow mapping": f'The mapping that begins here is not closed by "}}", or a text in it has , : {{ or }}. {QUOTES}',
}
_AFTER_VALUE = (
    "A text that begins with quotes, [ or { needs quotes around all of it, and a quote in it is doubled."
)


def explain_problem(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """Return the line (from 1) where a person has to look, and a sentence with what to do there."""
    problem = str(error.problem or error.context or "it cannot be read")
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    context = next((name for name in _IN_CONTEXT if name in str(error.context)), "")
    if "escape" not in problem and context and error.context_mark:
        return error.context_mark.line + 1, _sentence(problem, _IN_CONTEXT[context])
    advice = next((each for words, each in _ADVICE.items() if words in problem), "")
    if not advice and "did not find expected key" in problem:
        advice = _AFTER_VALUE if mark and _stands_behind_a_value(text, mark.line, mark.column) else _INDENTED
    return line, _sentence(problem, advice)


def _sentence(problem: str, advice: str) -> str:
    return f"This is not YAML: {problem}. {advice}".strip()


def _stands_behind_a_value(text: str, line: int, column: int) -> bool:
    lines = text.split("\n")
    return line < len(lines) and bool(lines[line][:column].strip())

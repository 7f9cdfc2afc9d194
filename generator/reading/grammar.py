"""Whether a file is written by the grammar of the format, said in plain sentences.

Called by `documents`. The JSON Schemas in definitions/schema/ are the grammar, the same that editors complete from. A
right file is passed by a fast validator; only a wrong one is read again by jsonschema, whose errors know their place,
and each becomes a sentence with the nearest known name.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from typing import Any, Literal

import jsonschema_rs

from generator.diagnostics import Diagnostics, Path
from generator.reading.files import list_schema_files
from generator.reading.renamed_keys import find_new_key
from generator.reading.yaml_events import Document
from generator.suggestions import did_you_mean

Kind = Literal["integration", "types", "resource", "coverage", "overlay", "short", "short_overlay"]
TYPES = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
MOST_REPORTED = 100
"""How many errors of one file are reported; whoever has more has one error many times."""
UNWRITTEN = "TODO"
"""What stands in a new file where a sentence is still to be written."""
VALUES = frozenset({"enum", "default", "examples", "fixed"})
"""Words under which the vendor's own values stand, where it means nothing."""
UNKNOWN_KEY = "unknown key"
HARMLESS = frozenset({UNKNOWN_KEY, "pattern", "minLength", "maxLength", "uniqueItems"})
"""Rules whose breach leaves a document that the later stages can still read."""


def check_grammar(document: Document, kind: Kind, diagnostics: Diagnostics) -> bool:
    """Whether the document can be compiled further, so that the errors of later stages are reported in the same run.

    Unknown words are reported and removed; text that is too long or badly written stays.
    """
    if _is_unfinished(document.value):
        unwritten = [path for path, text in _texts(document.value) if text == UNWRITTEN]
        for path in unwritten:
            diagnostics.report(document.make_diagnostic(path, "unwritten", "This is still to be written."))
        _check_remainder(document, kind, set(unwritten), diagnostics)
        return False
    if _fast(kind).is_valid(document.value):
        return True
    errors = list(islice(_errors(kind, document.value), MOST_REPORTED + 1)) or list(
        _errors_of_fast(kind, document.value)
    )
    has_more = len(errors) > MOST_REPORTED
    del errors[MOST_REPORTED:]
    for path, rule, message, suggestion in errors:
        diagnostics.report(document.make_diagnostic(path, rule, message, suggestion))
        if rule == UNKNOWN_KEY:
            _remove(document.value, path)
    if has_more:
        message = f"There are more errors in this file than the first {MOST_REPORTED}."
        diagnostics.report(document.make_diagnostic((), "errors", message))
        return False
    harmless = HARMLESS - {"pattern"} if kind == "integration" else HARMLESS
    return all(rule in harmless for _, rule, _, _ in errors)


def _check_remainder(document: Document, kind: Kind, known: set[Path], diagnostics: Diagnostics) -> None:
    """Check a new file beside the sentences that are still to be written."""
    for path, rule, message, suggestion in islice(_errors(kind, document.value), MOST_REPORTED):
        if path not in known:
            diagnostics.report(document.make_diagnostic(path, rule, message, suggestion))


def _is_unfinished(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(_is_unfinished(each) for _, each in _parts(value))
    return bool(value == UNWRITTEN)


def _texts(value: Any) -> Iterator[tuple[Path, str]]:
    """Yield every sentence in a value, with its place; the value is as deep as the loader lets it be."""
    if isinstance(value, str):
        yield (), value
    for place, each in _parts(value):
        yield from (((*place, *path), text) for path, text in _texts(each))


def _parts(value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield what may hold a sentence inside a value, with its place: of the examples of a method, their prompts."""
    if isinstance(value, list):
        yield from (((at,), each) for at, each in enumerate(value))
    for word, each in value.items() if isinstance(value, dict) else ():
        if word not in VALUES:
            yield (word,), each
        elif word == "examples" and isinstance(each, list):
            prompts = ((at, one.get("prompt")) for at, one in enumerate(each) if isinstance(one, dict))
            yield from (((word, at, "prompt"), prompt) for at, prompt in prompts)


@cache
def bundle(kind: Kind) -> dict[str, Any]:
    """Return the schema of one kind of file, with the files it refers to inside it."""
    definitions = {
        path.name: _bundled(json.loads(path.read_bytes()), path.name) for path in list_schema_files()
    }
    return {"$ref": f"#/definitions/{kind}.schema.json", "definitions": definitions}


def _bundled(node: Any, file: str) -> Any:
    if isinstance(node, list):
        return [_bundled(each, file) for each in node]
    if not isinstance(node, dict):
        return node
    out = {key: _bundled(value, file) for key, value in node.items() if key != "$schema"}
    if isinstance(reference := node.get("$ref"), str):
        name, _, rest = reference.partition("#")
        out["$ref"] = f"#/definitions/{name or file}{rest}"
    return out


@cache
def _fast(kind: Kind) -> Any:
    return jsonschema_rs.Draft7Validator(bundle(kind), validate_formats=True)


def _errors(kind: Kind, value: Any) -> Iterator[tuple[Path, str, str, str]]:
    from jsonschema import Draft7Validator, FormatChecker  # slow to import, and wanted for wrong files only

    validator = Draft7Validator(bundle(kind), format_checker=FormatChecker())
    for error in validator.iter_errors(value):
        yield from _explain(error)


def _errors_of_fast(kind: Kind, value: Any) -> Iterator[tuple[Path, str, str, str]]:
    """Yield what only the fast validator finds wrong, in its own sentence."""
    for error in _fast(kind).iter_errors(value):
        yield tuple(error.instance_path), "grammar", shorten(str(error.message)), ""


def _explain(error: Any) -> Iterator[tuple[Path, str, str, str]]:
    """Yield one error of the validator as (place, rule, sentence, suggestion)."""
    path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        yield ((*path, error.instance), "name", *_wrong_name(error))
        return
    if error.validator in ("oneOf", "anyOf") and error.context and "errorMessage" not in error.schema:
        yield from _nearest_branch(error)
        return
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", {}))
        for key in sorted(error.instance.keys() - set(known)):
            noun = error.schema.get("title", "this")
            yield (
                (*path, key),
                UNKNOWN_KEY,
                f'"{key}" is an unknown key for {noun}.',
                _suggest_key(key, known),
            )
        return
    yield (path, str(error.validator), *_write_sentence(error))


def _suggest_key(key: str, known: list[str]) -> str:
    new = find_new_key(key, known)
    if new:
        return f'It is called "{new}" now.'
    return did_you_mean(key, known) or (f"Known keys: {', '.join(sorted(known))}." if known else "")


def _wrong_name(error: Any) -> tuple[str, str]:
    said = error.schema.get("patternErrorMessage") or f"must match {error.schema.get('pattern')}."
    return f'The name "{error.instance}" {said}', ""


def _nearest_branch(error: Any) -> Iterator[tuple[Path, str, str, str]]:
    """Of several shapes a value may have, the complaints of the one that it comes nearest to."""
    branches: dict[Any, list[Any]] = {}
    for each in error.context:
        branches.setdefault(each.schema_path[0], []).append(each)
    if choice := _choice(list(branches.values())):
        yield choice
        return
    best = min(branches.values(), key=lambda found: (_is_other_kind(found), len(found)))
    for each in best:
        yield from _explain(each)


def _choice(branches: list[list[Any]]) -> tuple[Path, str, str, str] | None:
    """Return the place where every shape wants another value, with all the values."""
    found = [each for errors in branches for each in errors if each.validator == "const"]
    if len(found) < len(branches) or len({tuple(each.absolute_path) for each in found}) > 1:
        return None
    words = [str(each.validator_value) for each in found]
    message = f"{_quote_value(found[0].instance)} is not one of {', '.join(words)}."
    return tuple(found[0].absolute_path), "enum", message, did_you_mean(str(found[0].instance), words)


def _is_other_kind(errors: list[Any]) -> bool:
    return any(each.validator in ("type", "const") and len(each.relative_path) <= 1 for each in errors)


def _write_sentence(error: Any) -> tuple[str, str]:
    """Return what is wrong as a sentence, and the hint at what is right."""
    if said := error.schema.get("errorMessage"):
        return str(said), ""
    write = SENTENCES.get(error.validator)
    return (
        write(error.validator, error.validator_value, error) if write else (shorten(str(error.message)), "")
    )


def _write_missing(_rule: str, wanted: Any, error: Any) -> tuple[str, str]:
    missing = [name for name in wanted if name not in error.instance]
    return f"{' and '.join(_quote_names(missing))} {'is' if len(missing) == 1 else 'are'} missing.", ""


def _write_choice(_rule: str, wanted: Any, error: Any) -> tuple[str, str]:
    choices, value = list(map(str, wanted)), error.instance
    return f"{_quote_value(value)} is not one of {', '.join(choices)}.", did_you_mean(str(value), choices)


def _write_type(_rule: str, wanted: Any, error: Any) -> tuple[str, str]:
    kinds = [wanted] if isinstance(wanted, str) else wanted
    return (
        f"This must be {' or '.join(TYPES[kind] for kind in kinds)}, but is {_quote_value(error.instance)}.",
        "",
    )


def _write_length(rule: str, wanted: Any, error: Any) -> tuple[str, str]:
    least = "at most" if rule == "maxLength" else "at least"
    return f"This is {len(error.instance):,} characters long; it may have {least} {wanted:,}.", ""


def _write_entries(rule: str, wanted: Any, error: Any) -> tuple[str, str]:
    bound = "may have at most" if rule.startswith("max") else "must have at least"
    return f"This has {_entries(error.instance)}; it {bound} {wanted:,}.", ""


def _write_constant(_rule: str, wanted: Any, error: Any) -> tuple[str, str]:
    value = error.instance
    hint = "Leave the key out otherwise." if wanted is True else did_you_mean(str(value), [str(wanted)])
    return f"This must be {_quote_value(wanted)}, but is {_quote_value(value)}.", hint


def _write_bound(rule: str, wanted: Any, error: Any) -> tuple[str, str]:
    bound = "least" if rule == "minimum" else "most"
    return f"This must be at {bound} {wanted}, but is {_quote_value(error.instance)}.", ""


def _write_repeated(_rule: str, _wanted: Any, error: Any) -> tuple[str, str]:
    (most, _), *_ = Counter(map(_quote_value, error.instance)).most_common(1)
    return f"{most} is given twice.", ""


def _write_pattern(_rule: str, wanted: Any, error: Any) -> tuple[str, str]:
    said = error.schema.get("patternErrorMessage") or f"must match {wanted}."
    return f"{_quote_value(error.instance)} {said}", ""


SENTENCES: dict[str, Callable[[str, Any, Any], tuple[str, str]]] = {
    "required": _write_missing,
    "enum": _write_choice,
    "type": _write_type,
    "maxLength": _write_length,
    "minLength": _write_length,
    "maxProperties": _write_entries,
    "maxItems": _write_entries,
    "minProperties": _write_entries,
    "minItems": _write_entries,
    "const": _write_constant,
    "minimum": _write_bound,
    "maximum": _write_bound,
    "uniqueItems": _write_repeated,
    "pattern": _write_pattern,
}
"""Who writes the sentence for a value that breaks a rule of JSON Schema."""


def _entries(value: Any) -> str:
    return f"{len(value):,} {'entry' if len(value) == 1 else 'entries'}"


def _quote_names(names: list[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _quote_value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f'{text[:56]}…"'


def shorten(message: str) -> str:
    """Return a sentence of another's making, not longer than a line and with its full stop."""
    return (message if len(message) <= 160 else f"{message[:157]}…").rstrip(".") + "."


def _remove(value: Any, path: Path) -> None:
    for step in path[:-1]:
        value = value[step]
    value.pop(path[-1], None)

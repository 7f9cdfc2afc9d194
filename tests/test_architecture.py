"""What retains the house in order: whose words appear where, and which name has its home where."""

from __future__ import annotations

import ast
import re
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.compile import compile_catalog

ROOT = Path(__file__).resolve().parents[1]
CODE = [path for folder in ("generator", "runtime") for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path: Path) -> str:
    """Return the path of a module from the root, as the lists here name it."""
    return path.relative_to(ROOT).as_posix()


SIMULATOR = ROOT / "runtime" / "simulators"
VENDOR_WORDS = re.compile(
    r"quickbooks|intuit|\brealm(?!=)|synctoken|\bqbo\b|\bnetsuite|\bconnectwise", re.IGNORECASE
)
MAY_SAY_THEM = {
    "runtime/upstream/behaviours/quickbooks.py": "what data cannot say",
    "runtime/upstream/behaviours/__init__.py": "finds it by name",
    "runtime/commands/demo.py": "starts the simulator and names the vendor whose company it shows",
    "runtime/commands/demo_work.py": "starts the simulator of the work system beside it",
    "runtime/commands/demo_output.py": "says how to use the demo",
    "runtime/commands/cli.py": "offers the demo and the simulator",
    "runtime/api/session_endpoints.py": "the shapes of an interface that callers know already",
}


def test_the_vendors_words_stay_in_the_definitions():
    for path in CODE:
        name = name_of(path)
        if SIMULATOR in path.parents or name in MAY_SAY_THEM:
            continue
        found = VENDOR_WORDS.findall(path.read_text(encoding="utf-8"))
        assert not found, f"{name} says {sorted(set(found))}"


OF_OUR_OWN = {"Entity", "Key", "Value"}
"""A column of a report of ours, and two variables of types."""


def fields_of(schema: dict[str, Any]) -> Iterator[str]:
    """Every name of a field that a schema has, however deep."""
    for name, given in schema.get("properties", {}).items():
        yield name
        yield from fields_of(given)
    if "items" in schema:
        yield from fields_of(schema["items"])


def test_no_field_of_the_vendors_records_stands_in_the_engine():
    catalog = compile_catalog(ROOT / "definitions")
    fields = {
        name for tool in catalog.tools for name in (*fields_of(tool.input_schema), *tool.ignored_arguments)
    }
    own = {name for name in fields if not name.islower()}  # `limit` or `id` are everybody's
    said = {}
    for path in CODE:
        if SIMULATOR in path.parents or "behaviours" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = {each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)}
        if found := own & texts - OF_OUR_OWN:
            said[name_of(path)] = found

    assert len(own) > 200
    assert said == {}


HOMES = {
    "mcp": ("tests/", "runtime/mcp_server/", "runtime/commands/stdio.py"),
    "aiohttp": ("runtime/upstream/", "runtime/connect/"),
    "alembic": ("runtime/stores/",),
    "psycopg": ("runtime/stores/",),
    "psycopg_pool": ("runtime/stores/",),
    "sqlalchemy": ("runtime/stores/",),
    "redis": ("runtime/stores/",),
    "dbos": ("runtime/jobs/durable.py",),
    "itsdangerous": ("runtime/keys/crypto.py",),
    "cryptography": ("runtime/keys/crypto.py",),
}


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library):
    imports = re.compile(rf"^\s*(?:from|import) {library}(?:\.|\s|$)", re.MULTILINE)
    for path in CODE:
        name = name_of(path)
        if imports.search(path.read_text(encoding="utf-8")):
            assert name.startswith(HOMES[library]), f"{name} imports {library}"


def test_the_endpoint_does_not_import_the_sdk():
    code = (
        "import sys\n"
        "import runtime.server.app, runtime.server.serve\n"
        "libraries = ('mcp', 'aiohttp', 'sqlalchemy', 'alembic', 'psycopg', 'pydantic', 'starlette', 'dbos')\n"
        "libraries += ('httpx2',)\n"
        "late = [name for name in libraries if name in sys.modules]\n"
        "print(' '.join(late))"
    )
    done = subprocess.run(
        [".venv/bin/python", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


MOST_LINES = 300
LONGER = {
    "generator/catalog.py": "what compiling comes to, which is read as a whole",
    "runtime/model.py": "the values that every layer hands on, which are read as a whole",
    "runtime/server/app.py": "where the parts are put together: one line for each",
    "runtime/error_codes.py": "one entry for each code of an error",
    "runtime/errors.py": "every error in one tree, which is read as a whole",
    "generator/vendor.py": "what is true of a vendor, which is read as a whole",
    "generator/reading/grammar.py": "one sentence for each way in which a file breaks the grammar",
    "generator/stages/compact_schema.py": "one measure of bytes that each step of it lowers",
    "generator/stages/lint.py": "one function for each rule",
    "runtime/api/handlers.py": "one function for each endpoint of the API",
    "runtime/api/shapes.py": "one class for each body of the API",
    "runtime/api/table.py": "one entry for each operation of the API",
    "runtime/operations/webhooks.py": "one method for each thing that is done with a webhook",
    "runtime/connect/tokens.py": "the states of one refresh, which are explained where they change",
    "runtime/mcp_server/discovery.py": "the four tools that find tools, which answer in one form",
    "runtime/mcp_server/endpoint.py": "the one path from a request to its response, and who may take it",
    "runtime/server/bounded_protocol.py": "the states of one connection, which each byte and each second may change",
    "runtime/simulators/quickbooks/books/settlement.py": "what is owed and what settles it, which is one sum",
    "runtime/simulators/quickbooks/companies/consultancy.py": "the story of one company, event by event",
    "runtime/simulators/quickbooks/companies/it_services.py": "the story of one company, event by event",
    "runtime/simulators/quickbooks/rules/entries.py": "one function for each kind of transaction",
    "runtime/upstream/rows.py": "two readers of the same records, which have to answer the same",
    "runtime/upstream/answer.py": "one response of a vendor, its records or its error, within the same bounds",
}
"""Modules that are longer, each with the reason why it is one."""
MOST_LINES_WITH_A_REASON = 430


def test_modules_fit_in_a_head():
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    longer = {name: lines for name, lines in lengths.items() if lines > MOST_LINES}
    assert longer.keys() - LONGER.keys() == set(), longer
    assert LONGER.keys() - longer.keys() == set(), "these are no longer too long"
    assert [name for name, lines in longer.items() if lines > MOST_LINES_WITH_A_REASON] == []


def find_numbers_without_reason(source: str) -> list[str]:
    """Return the numeric constants of a module, but for 0 and 1, that no docstring or comment explains."""
    body, lines, found = ast.parse(source).body, source.splitlines(), []
    for at, statement in enumerate(body):
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        following = body[at + 1].value if at + 1 < len(body) and isinstance(body[at + 1], ast.Expr) else None
        is_explained = (
            isinstance(following, ast.Constant)
            or "  # " in lines[statement.end_lineno - 1]
            or lines[statement.lineno - 2].startswith("# ")
        )
        if ast.unparse(target).isupper() and is_tuned(statement.value) and not is_explained:
            found.append(lines[statement.lineno - 1])
    return found


def is_tuned(value: ast.expr) -> bool:
    """Return whether an expression is a number other than 0 and 1, or some numbers with one that is."""
    match value:
        case ast.Constant(value=number):
            return type(number) in (int, float) and number not in (0, 1)
        case ast.UnaryOp(operand=inner):
            return is_tuned(inner)
        case ast.BinOp(left=left, right=right):
            return is_tuned(left) and is_tuned(right)
        case ast.Tuple(elts=parts):
            return all(isinstance(part, ast.Constant) for part in parts) and any(map(is_tuned, parts))
    return False


def test_every_tuned_number_has_its_origin():
    offenders = [
        f"{name_of(path)}: {line}"
        for path in CODE
        for line in find_numbers_without_reason(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []


def test_a_number_without_its_origin_is_found():
    bare = ["MOST = 5", "SECONDS = 60 * 60", "LEAST, LONGEST = 1, 80", "SHARE: float = -0.5"]
    explained = ["TWO = 2", '"""Both hands."""', "ONE = 1", "SIZE = 8  # bits of a byte", "lower = 5"]

    assert find_numbers_without_reason("\n".join(["import os", *bare, *explained])) == bare


DIGITS_OF_EVERY_SCRIPT = re.compile(r"\.is(?:digit|decimal|numeric)\(|\\d")
MAY_ASK_SO = {
    "runtime/server/fast_path.py": "asks bytes, which know ASCII digits only",
    "runtime/api/reading.py": "asks bytes, which know ASCII digits only",
    "runtime/stores/serving_lock.py": "asks bytes, which know ASCII digits only",
    "runtime/mcp_server/request.py": "asks bytes, which know ASCII digits only",
    "runtime/safety/masking.py": "hides dates in any script",
    "runtime/logs.py": "hides what looks like a secret in any script",
    "runtime/operations/arguments.py": "compares with a pattern of a JSON Schema, where it means ASCII",
}


def test_only_ascii_digits_are_digits():
    offenders = []
    for path in CODE:
        name = name_of(path)
        if not name.startswith("runtime/") or name in MAY_ASK_SO:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            is_ascii = "isascii()" in line or "re.ASCII" in line
            if DIGITS_OF_EVERY_SCRIPT.search(line) and not is_ascii:
                offenders.append(f"{name}:{number}: {line.strip()}")
    assert offenders == []


def test_a_warning_is_an_error():
    with pytest.raises(DeprecationWarning):
        warnings.warn("This will be taken away.", DeprecationWarning, stacklevel=1)

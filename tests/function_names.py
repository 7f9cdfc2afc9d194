"""Public functions begin with a verb, held by `scripts/check`; a conversion begins with `as_`, `to_` or `from_`.

`python -m tests.function_names` prints each function of a module, and each method of a class, that begins otherwise. A
verb that is missing here is added; a noun or a participle is renamed. Not looked at are private functions and classes,
which have no caller elsewhere, properties, what a framework calls by a name of its own (`HOOKS`), and the simulators.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_WORDS = """
accept acknowledge add admit adopt answer append apply approve ask assemble attempt authorize begin bind blank bring
build bundle call cancel carry change check choose claim clean close collect compact compare compile complete compress
compute configure confirm connect count cover create cut decide decode delete derive descend describe destroy diagnose
diff disconnect dismiss dispatch dispose download draft drain draw drop edit embed emit encode end enqueue exchange
execute exit expire explain export extend extract fail fence fetch fill filter find finish fit flush fold follow forget
format get go group grow guard hash hide hold identify import interpret invalidate invite issue join judge know lay
lead limit link list listen load lock look make map mark mask match measure merge migrate name narrow negotiate note open
parse pause peek pick plan post prepare preview print probe project purge put quote raise read record redact refresh
refuse register release reload remark remove rename render renew repeat replace reply report require reseal resend
reserve reset resolve respond restore restrict resume reverse revert revoke rotate run save seal search select send
serve set settle shorten show sign sort spend split start stop store strip submit subtract suggest sum switch take test
undo unite use validate verify wait wake warm write
"""
VERBS = frozenset(_WORDS.split())
PREDICATES = frozenset(
    {"are", "asks", "can", "fits", "has", "holds", "is", "may", "meets", "needs", "takes", "wants"}
)
CONVERSIONS = frozenset({"as", "to", "from"})
EXCEPTIONS = {
    "main": "what Python calls the start of a program",
    "did_you_mean": "the question that it asks",
    "health": "its name is the operationId of the management API",
    "upgrade": "Alembic calls it in each revision",
    "changes": "a behaviour; its name is the one that definitions give it",
}
HOOKS = {
    "footer": "fpdf2 calls it",
    "executemany": "the drivers of databases",
    "fetchone": "the drivers of databases",
    "connection_made": "asyncio.Protocol",
    "connection_lost": "asyncio.Protocol",
    "data_received": "asyncio.Protocol",
    "resume_writing": "asyncio.Protocol",
    "shutdown": "uvicorn calls it",
    "matches": "starlette.routing.Route",
    "commit": "sqlite3.Connection",
    "rollback": "sqlite3.Connection",
    "handle_async_request": "httpx2",
    "aclose": "httpx2",
    "on_message_begin": "httptools",
    "on_url": "httptools",
    "on_header": "httptools",
    "on_headers_complete": "httptools",
    "on_body": "httptools",
    "on_message_complete": "httptools",
    "on_response_complete": "uvicorn calls it",
}
"""Methods that are named by what calls them, and by what that is."""


def misnamed_in(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each public function and method that does not begin with a verb.

    A command is called as people type it.
    """
    for function, owner in _list_functions(ast.parse(source).body):
        exceptions = HOOKS if owner else EXCEPTIONS
        if not _is_verb(function.name) and function.name not in exceptions and not _is_exempt(function):
            yield function.lineno, f"{owner}{function.name}"


def _list_functions(
    body: Sequence[ast.stmt], owner: str = ""
) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    """Yield the public functions of a module and of its public classes, each with the class and a dot before it."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _list_functions(node.body, f"{owner}{node.name}.")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node, owner


def _is_verb(name: str) -> bool:
    return name.partition("_")[0] in VERBS | PREDICATES | CONVERSIONS


def _is_exempt(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a function is a command of the command line or is read like an attribute."""
    made = [ast.unparse(each) for each in function.decorator_list]
    return any(
        ".command(" in each or ".group(" in each or each.endswith(("property", ".setter")) for each in made
    )


def main() -> int:
    """Print every place; return 1 when there is one."""
    listed = subprocess.run(
        ["git", "ls-files", "generator/*.py", "runtime/*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    count = 0
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if name.startswith("runtime/simulators/") or not path.is_file():
            continue
        for line, function in misnamed_in(path.read_text(encoding="utf-8")):
            print(f"{name}:{line}: {function}: begin with a verb")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())

"""Public functions begin with a verb, held by `scripts/check`; a conversion begins with `as_`, `to_` or `from_`.

`python -m tests.function_names` prints each function of a module that begins otherwise. A verb that is missing here is
added; a noun or a participle is renamed. Methods and private functions are not looked at, nor is a simulator.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_WORDS = """
acknowledge add answer append apply ask assemble authorize begin blank bring build bundle call change
check choose clean compact compare compile complete compute configure confirm connect count cover create
cut decode delete derive describe diff draft drop embed encode exit explain extract fill find fit fold
follow format get grow hash hide hold identify interpret join judge know link list listen load look make mask
match measure merge name negotiate note open parse prepare print probe project raise read record redact
refuse remark render reply report reset resolve revoke run save seal select send serve set shorten sign show
split store strip suggest validate wait warm write
"""
VERBS = frozenset(_WORDS.split())
PREDICATES = frozenset({"is", "has", "can", "may", "holds", "needs", "takes", "wants"})
CONVERSIONS = frozenset({"as", "to", "from"})
EXCEPTIONS = {
    "main": "what Python calls the start of a program",
    "did_you_mean": "the question that it asks",
    "health": "its name is the operationId of the management API",
    "changes": "a behaviour; its name is the one that definitions give it",
}


def misnamed_in(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each public function of a module that does not begin with a verb.

    A command is called as people type it.
    """
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if any(
            ".command(" in (made := ast.unparse(each)) or ".group(" in made for each in node.decorator_list
        ):
            continue
        first = node.name.partition("_")[0]
        if first not in VERBS | PREDICATES | CONVERSIONS and node.name not in EXCEPTIONS:
            yield node.lineno, node.name


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

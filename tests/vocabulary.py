"""The vocabulary of the project, held by `scripts/check`: words that have a standard term, and the term.

`python -m tests.vocabulary` prints each place of such a word in code, definitions, pages and documents. What a vendor
says, recorded facts and golden files are not ours to word.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TERMS = {
    "door": "endpoint",
    "wall": "check, layer",
    "room": "package, space",
    "stand-in": "simulator",
    "tell": "say, report",
    "tells": "says, reports",
    "told": "said, reported",
    "keep": "store, cache, retain",
    "keeps": "stores, caches, retains",
    "kept": "stored, cached, retained",
    "mend": "fix",
    "mended": "fixed",
    "deed": "action",
    "mistake": "error, diagnostic",
    "mistakes": "errors, diagnostics",
    "slip": "error",
    "dear": "expensive",
    "dearest": "most expensive",
    "trouble": "fault",
}
READ = {".py", ".yaml", ".yml", ".md", ".html", ".toml", ".css", ".mjs", ""}
NOT_OURS = (
    "tests/golden/",
    "runtime/simulators/quickbooks/facts/",
    "runtime/simulators/connectwise/facts/",
    "tests/vocabulary.py",
)
STANDARD = re.compile(
    r"wall[-_ ]clock|keep[-_ ]alive|keep_blank_values|Velvet Room|[`']stand-in[`']|--stand-in-port",
    re.IGNORECASE,
)
"""Terms of others that have such a word in them, proper names, and former names that still work."""
IN_DEFINITIONS = frozenset({"keep", "keeps", "kept", "tell", "tells", "mistake"})
"""Words of bookkeepers: a record is kept in the books, and something is deleted that was made by mistake."""
PLURAL = frozenset({"door", "wall", "room", "stand-in", "deed", "slip", "trouble"})
_WORD = re.compile(
    rf"(?<![A-Za-z-])(?:({'|'.join(TERMS)})|({'|'.join(PLURAL)})s)(?![A-Za-z-])", re.IGNORECASE
)
_NAME = re.compile(r"[A-Za-z]+")


def found_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the word for each word of a text that has another term; parts of names count as words."""
    for number, written in enumerate(text.splitlines(), 1):
        line = STANDARD.sub("", written)
        for match in _WORD.finditer(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", line)):
            yield number, (match[1] or match[2]).lower()


def main() -> int:
    """Print every place; return 1 when there is one."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    count = 0
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix not in READ or name.startswith(NOT_OURS) or not path.is_file():
            continue
        is_bookkeeping = name.startswith("definitions/quickbooks/")
        for line, word in found_in(path.read_text(encoding="utf-8", errors="replace")):
            if is_bookkeeping and word in IN_DEFINITIONS:
                continue
            print(f'{name}:{line}: "{word}": write {TERMS[word]}')
            count += 1
    if count:
        print(f"{count} words have another term in this project.")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())

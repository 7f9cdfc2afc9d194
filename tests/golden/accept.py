"""Write the golden files anew from the definitions as they are. Run by scripts/golden."""

from pathlib import Path

from generator.compile import compile_catalog
from generator.reports.show import format_tool

HERE = Path(__file__).resolve().parent
DEFINITIONS = HERE.parent.parent / "definitions"


def main() -> None:
    wanted = {f"{tool.name}.json": format_tool(tool) for tool in compile_catalog(DEFINITIONS).tools}
    gone = [path for path in HERE.glob("*.json") if path.name not in wanted]
    for path in gone:
        path.unlink()
    changed = [name for name, text in wanted.items() if not _is(HERE / name, text)]
    for name in changed:
        (HERE / name).write_text(wanted[name], encoding="utf-8")
    print(f"{len(wanted)} tools: {len(changed)} written, {len(gone)} removed.")


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    main()

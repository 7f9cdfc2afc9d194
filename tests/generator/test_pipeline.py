"""The one list of the compiler's stages is what the pipeline does, and no module of a stage is missing from it."""

import ast
import re
from pathlib import Path

import generator
import generator.pipeline as pipeline

GENERATOR = Path(generator.__file__).parent
LISTED = re.findall(r"^(\d+)\. (\w+): \w", str(pipeline.__doc__), re.MULTILINE)
STAGES = [name for _, name in LISTED]
OTHER_NUMBERING = re.compile(
    r"\b(first|second|third|fourth|fifth|sixth|seventh|eighth) stage\b|\*\*\w+\*\* →", re.IGNORECASE
)


class Walk(ast.NodeVisitor):
    """Follows the pipeline as it runs, from `assemble`, and remembers the module of each stage's function."""

    def __init__(self, tree):
        self.own = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.stage_of = {
            name.name: node.module.rpartition(".")[2]
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            and str(node.module).startswith(("generator.stages", "generator.reading"))
            for name in node.names
        }
        self.called = []

    def visit_ListComp(self, node):
        for each in (*node.generators, node.elt):
            self.visit(each)

    def visit_Call(self, node):
        for each in (*node.args, *node.keywords):
            self.visit(each)
        if not isinstance(node.func, ast.Name):
            return
        name = node.func.id
        if name in self.own:
            for statement in self.own[name].body:
                self.visit(statement)
        elif name.islower() and self.stage_of.get(name) in STAGES:
            self.called.append(self.stage_of[name])


def docstring(path):
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def test_the_list_of_stages_is_the_order_in_which_the_pipeline_calls_them():
    tree = ast.parse(Path(str(pipeline.__file__)).read_text(encoding="utf-8"))
    walk = Walk(tree)

    for statement in walk.own["assemble"].body:
        walk.visit(statement)

    assert list(dict.fromkeys(walk.called)) == STAGES
    assert [int(number) for number, _ in LISTED] == list(range(1, len(STAGES) + 1))


def test_every_module_of_the_stages_is_a_stage_or_part_of_one_that_imports_it():
    modules = {path.stem: path for path in (GENERATOR / "stages").glob("*.py") if path.stem != "__init__"}
    unplaced = []
    for name in modules.keys() - set(STAGES):
        found = re.search(r"Part of `?(\w+)`?\.", docstring(modules[name]))
        stage = modules.get(found.group(1)) if found else None
        if stage is None or f"generator.stages.{name} import" not in stage.read_text(encoding="utf-8"):
            unplaced.append(name)

    assert unplaced == []
    assert set(STAGES) - modules.keys() == {"documents"}


def test_no_other_module_numbers_the_stages():
    others = [path for path in GENERATOR.rglob("*.py") if path.name != "pipeline.py"]

    assert [path.name for path in others if OTHER_NUMBERING.search(docstring(path))] == []

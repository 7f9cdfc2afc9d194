"""What a definition may name as a behaviour is what the runtime has, so that no call finds nothing under the name."""

import json
from pathlib import Path

from runtime.upstream.behaviours import BEHAVIOURS

SCHEMA = Path(__file__).resolve().parents[2] / "definitions" / "schema" / "method.schema.json"


def test_the_grammar_names_every_behaviour_and_no_other():
    shapes = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"]["returns"]["oneOf"]
    (named,) = [
        shape["properties"]["behaviour"]["enum"] for shape in shapes if "behaviour" in shape["properties"]
    ]

    assert named == sorted(BEHAVIOURS)

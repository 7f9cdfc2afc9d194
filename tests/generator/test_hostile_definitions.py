"""No definition, however wrong, makes the checker fail: it answers mistakes, or nothing is wrong."""

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.compile import check
from generator.load import load

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
ODD = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "{x}", "[[x.y]]", [], ["x"], {}, {"x": 1}, [[]], "GET /{x}"]
)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from places(each, (*path, key))


def changed(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


def plain(name):
    mistakes = []
    document = load(DEFINITIONS / "quickbooks" / f"{name}.yaml", mistakes)
    assert document is not None
    return document.value


ORIGINALS = {name: plain(name) for name in ("integration", "types", "class")}
PLACES = [(name, path) for name, value in ORIGINALS.items() for path in places(value)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=3))
def test_a_value_changed_to_anything_never_makes_the_checker_fail(tmp_path_factory, changes):
    folder = tmp_path_factory.mktemp("odd")
    values = dict(ORIGINALS)
    for (name, path), new in changes:
        try:
            values[name] = changed(values[name], path, new)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    (folder / "vendor").mkdir()
    for name, value in values.items():
        (folder / "vendor" / f"{name}.yaml").write_text(json.dumps(value), encoding="utf-8")

    for mistake in check([folder]):
        assert mistake.line >= 1
        assert mistake.message

"""No definition, however wrong, makes the checker fail: it answers errors, or nothing is wrong."""

import json
import shutil
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.compile import check
from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import load

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
ODD = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "(", "{x}", "[[x.y]]", [], ["x"], {}, {"x": 1}, [[]], "GET /{x}"]
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
    diagnostics = Diagnostics()
    document = load(DEFINITIONS / "quickbooks" / f"{name}.yaml", diagnostics)
    assert document is not None
    return document.value


OF_OTHERS = (
    "clients",
    "company",
    "dashboard",
    "default_tools",
    "effects",
    "insights",
    "mapping",
    "policy_facts",
    "preflight",
)
"""Keys that name resources which are not written here."""
ORIGINALS = {name: plain(name) for name in ("integration", "types", "class")}
PLACES = [(name, path) for name, value in ORIGINALS.items() for path in places(value)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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

    for error in check([folder]):
        assert error.line >= 1
        assert error.message


def write(tmp_path, types="types: {}\n", **resource):
    folder = tmp_path / "vendor"
    folder.mkdir()
    shutil.copy(DEFINITIONS / "quickbooks" / "query.lark", folder)
    integration = {key: each for key, each in ORIGINALS["integration"].items() if key not in OF_OTHERS}
    (folder / "integration.yaml").write_text(json.dumps(integration), encoding="utf-8")
    (folder / "types.yaml").write_text(types, encoding="utf-8")
    (folder / "thing.yaml").write_text(json.dumps({**THING, **resource}), encoding="utf-8")


THING = {
    "resource": "things",
    "entity": "Thing",
    "singular": "thing",
    "summary": "A thing.",
    "description": "A thing.",
    "docs": "https://vendor.example",
    "tags": ["company"],
    "fields": {"all": {"$ref": "types.yaml#/types/T0", "description": "All of it."}},
    "methods": {"create": {"description": "Make a thing of all that there is."}},
}


def rules(tmp_path):
    return {error.rule for error in check([tmp_path])}


def test_types_that_double_again_and_again_are_an_error_and_not_a_hang(tmp_path):
    two = "type: object, properties: {{ a: {{ $ref: '#/types/T{0}' }}, b: {{ $ref: '#/types/T{0}' }} }}"
    lines = [f"  T{at}: {{ {two.format(at + 1)} }}" for at in range(12)]
    write(tmp_path, "\n".join(["types:", *lines, "  T12: { type: string }"]))

    assert rules(tmp_path) == {"size"}


def test_a_chain_of_ten_thousand_types_is_an_error(tmp_path):
    lines = [f"  T{at}: {{ $ref: '#/types/T{at + 1}' }}" for at in range(10_000)]
    write(tmp_path, "\n".join(["types:", *lines, "  T10000: { type: string }"]))

    assert "loop" in rules(tmp_path)


def test_ten_thousand_wrong_words_are_said_a_hundred_times(tmp_path):
    write(tmp_path, "types:\n" + "\n".join(f"  T{at}: {{ typ{at}: string }}" for at in range(10_000)))

    said = check([tmp_path])

    assert len([error for error in said if error.file.endswith("types.yaml")]) <= 202


def test_ten_thousand_fields_are_an_error(tmp_path):
    write(tmp_path, fields={f"f{at}": {"type": "string", "description": "One."} for at in range(10_000)})

    assert rules(tmp_path) == {"maxProperties"}


def test_ten_thousand_dead_links_are_said_before_long(tmp_path):
    text = " ".join(f"[[things.x{'a' * (at % 40)}{'b' * (at // 40)}]]" for at in range(10_000)) + "."
    write(tmp_path, methods={"create": {"description": text}}, fields={})

    assert "dead link" in rules(tmp_path)


def test_a_file_of_fifty_megabytes_is_an_error_and_is_not_read_to_its_end(tmp_path):
    write(tmp_path)
    with (tmp_path / "vendor" / "big.yaml").open("wb") as file:
        file.truncate(50_000_000)

    said = [error for error in check([tmp_path]) if error.file.endswith("big.yaml")]

    assert [(error.rule, error.line) for error in said] == [("size", 1)]


def test_a_bomb_of_aliases_is_an_error_with_its_line(tmp_path):
    write(tmp_path)
    lines = ["a0: &a0 [x, x]", *(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 30))]
    (tmp_path / "vendor" / "bomb.yaml").write_text("\n".join(lines), encoding="utf-8")

    (said,) = [error for error in check([tmp_path]) if error.file.endswith("bomb.yaml")]

    assert (said.rule, said.line) == ("anchors", 1)


def test_a_file_that_extends_in_circles_or_itself_is_an_error(tmp_path):
    write(tmp_path, extends="things")

    said = [error for error in check([tmp_path]) if error.file.endswith("thing.yaml")]

    assert said
    assert all(error.line >= 1 for error in said)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "extends",
                "summary",
                "description",
                "docs",
                "tags",
                "add_tags",
                "include",
                "fields",
                "methods",
                "guidance",
            ]
        ),
        ODD | st.dictionaries(st.sampled_from(["list", "get", "x"]), ODD, max_size=2),
        max_size=4,
    ),
    st.sampled_from(["things", "quickbooks"]),
)
def test_an_operators_file_of_anything_never_makes_the_checker_fail(tmp_path_factory, change, name):
    folder, own = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("own")
    write(folder)
    (own / "vendor").mkdir()
    (own / "vendor" / "change.yaml").write_text(json.dumps({"extends": name, **change}), encoding="utf-8")

    for error in check([folder, own]):
        assert error.line >= 1
        assert error.message

"""The check of function names finds what it is for, and nothing else."""

from __future__ import annotations

import pytest

from tests.function_names import main, misnamed_in


def test_every_public_function_begins_with_a_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", ["secrets_of", "refused", "too_many", "new_secret", "text_in"])
def test_a_noun_or_a_participle_is_found(name: str) -> None:
    assert list(misnamed_in(f"x = 1\ndef {name}(): ...")) == [(2, name)]


@pytest.mark.parametrize("name", ["read_secret", "is_open", "has_links", "as_text", "_secrets_of", "main"])
def test_a_verb_a_predicate_a_conversion_and_a_private_function_pass(name: str) -> None:
    assert list(misnamed_in(f"async def {name}(): ...")) == []


def test_a_command_is_called_as_it_is_typed() -> None:
    assert list(misnamed_in("@main.command()\ndef demo(): ...")) == []


@pytest.mark.parametrize("name", ["secrets_of", "health", "fresh"])
def test_a_method_is_looked_at_too(name: str) -> None:
    source = f"class Secrets:\n    class Inner:\n        async def {name}(self): ..."
    assert list(misnamed_in(source)) == [(3, f"Secrets.Inner.{name}")]


@pytest.mark.parametrize(
    "method",
    [
        "def read(self): ...",
        "@property\n    def size(self): ...",
        "@cached_property\n    def size(self): ...",
        "def __len__(self): ...",
        "def data_received(self, data): ...",
    ],
)
def test_a_verb_a_property_and_what_a_framework_calls_pass_as_methods(method: str) -> None:
    assert list(misnamed_in(f"class Secrets:\n    {method}")) == []


def test_a_private_class_is_not_looked_at() -> None:
    assert list(misnamed_in("class _Secrets:\n    def size(self): ...")) == []


def test_a_hook_is_none_outside_a_class() -> None:
    assert list(misnamed_in("def data_received(): ...")) == [(1, "data_received")]

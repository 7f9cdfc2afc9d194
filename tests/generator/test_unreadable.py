"""A folder that cannot be read is no folder without definitions: it is said, and ends a command with 2 or 1."""

import os

import pytest
from click.testing import CliRunner

from generator.compile import compile_catalog
from runtime.commands.definitions import check, cost


@pytest.fixture
def locked(shelf, monkeypatch):
    """The made-up vendor in a folder that may not be opened, whoever runs the test."""
    scan = os.scandir

    def refuse(path="."):
        if os.fspath(path).endswith("shelf"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return shelf.folder


def test_it_is_not_taken_for_an_empty_one(locked):
    with pytest.raises(PermissionError):
        compile_catalog(locked)


def test_check_ends_with_2(locked):
    done = CliRunner().invoke(check, [str(locked)])

    assert done.exit_code == 2
    assert done.stderr == f"ledgerport: {locked}/shelf: Permission denied.\n"


def test_another_command_ends_with_1_and_the_same_sentence(locked):
    done = CliRunner().invoke(cost, ["--definitions", str(locked)])

    assert done.exit_code == 1
    assert done.stderr == f"ledgerport: {locked}/shelf: Permission denied.\n"

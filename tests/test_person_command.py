"""`ledgerport person`: how the first owner of an installation gets in, and what else the operator may do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runtime.commands.cli import main


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGERPORT_DATA", str(tmp_path))


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["person", *words])


def accept(link: str) -> None:
    """Use a link as its page does."""
    import asyncio
    import os

    from runtime.identity.people import People
    from tests.deployment import deploy

    here = deploy(Path(os.environ["LEDGERPORT_DATA"]))
    found = here.keys.hash_token(link.rpartition("/")[2])
    invitation = here.stores.records.find_invitation(found)
    assert invitation is not None
    here.clock.now = invitation.created_at + 1
    asyncio.run(People(here.parts()).accept(link.rpartition("/")[2], None))
    here.stores.close()


def test_the_operator_invites_and_the_person_is_listed_when_the_link_is_used() -> None:
    made = run("invite", "Anna@Example.com", "--role", "owner")
    assert made.exit_code == 0 and made.stdout.startswith("http://127.0.0.1:8000/invitation/lpi_")
    assert "Nobody yet" in run("list").stdout
    accept(made.stdout.split()[0])
    assert run("list").stdout == "anna@example.com  owner  anna\n"
    assert [each["role"] for each in json.loads(run("list", "--json").stdout)] == ["owner"]


def test_the_operator_changes_roles_and_removes_but_not_the_last_owner() -> None:
    for email, role in (("anna@example.com", "owner"), ("bo@example.com", "member")):
        accept(run("invite", email, "--role", role).stdout.split()[0])
    assert run("role", "bo@example.com", "admin").stdout == "bo@example.com is admin of default.\n"
    assert run("remove", "bo@example.com").stdout == "bo@example.com is removed from default.\n"
    for words in (("remove", "anna@example.com"), ("role", "anna@example.com", "admin")):
        refused = run(*words)
        assert refused.exit_code == 1 and "last owner" in refused.stderr
    assert run("list").stdout == "anna@example.com  owner  anna\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("invite", "no address"), "no email address"),
        (("role", "cy@example.com", "owner"), "Nobody with the address cy@example.com"),
        (("remove", "cy@example.com", "--tenant", "acme"), "belongs to the tenant acme"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], says: str) -> None:
    refused = run(*words)
    assert refused.exit_code == 1 and says in refused.stderr

"""Operating a deployment from the command line: accounts, URLs, API tokens, its state, and what is wrong with it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.commands import run_command

ROOT = Path(__file__).resolve().parents[1]
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of a deployment with a vendor that is signed in to with a key, and with no company yet."""
    shutil.copytree(ROOT / "tests" / "portability" / "definitions" / "quay", tmp_path / "mine" / "quay")
    return {
        **os.environ,
        "LEDGERPORT_DATA": str(tmp_path / "data"),
        "LEDGERPORT_DEFINITIONS": str(tmp_path / "mine"),
        "LEDGERPORT_QUAY_ENVIRONMENT": "live",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Runs a command in it, with no exit status but the one that is expected."""

    def run(*arguments: str, status: int = 0, **more: str) -> CompletedProcess[str]:
        done = run_command(*arguments, environment={**environment, **more})
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


def connect(run: Run, name: str = "Main quay") -> str:
    made = run("account", "connect", "quay", "--name", name, "--field", "api_key=k3y", "--json")
    found: str = json.loads(made.stdout)["id"]
    return found


def test_accounts_are_connected_and_listed(run):
    assert "Connect one: ledgerport account connect" in run("account", "list").stderr
    first, second = connect(run), connect(run, "Second quay")

    listed = json.loads(run("account", "list", "--json").stdout)
    assert [(each["id"], each["status"]) for each in listed] == [(first, "active"), (second, "active")]
    assert "k3y" not in json.dumps(listed)
    assert f"{second}  active  quay" in run("account", "list", "--integration", "quay").stdout
    assert json.loads(run("account", "list", "--status", "pending", "--json").stdout) == []


def test_a_url_is_made_listed_and_revoked(run):
    account = connect(run)
    made = json.loads(run("url", "create", "Agent", "--method", "read", "--json").stdout)
    bare = run("url", "create", "Other", "--account", account, "--bare", "--config", '{"max_rows": 7}').stdout

    assert made["url"].endswith(f"/mcp/{made['token']}")
    assert made["config"]["methods"] == ["read"]
    assert bare.startswith("http://127.0.0.1:8000/mcp/lpm_")
    listed = run("url", "list").stdout
    assert f"{made['id']}  {account}  -  read  -  Agent" in listed
    assert made["token"] not in listed
    assert json.loads(run("url", "list", "--account", account, "--json").stdout)[1]["config"]["max_rows"] == 7
    assert run("url", "revoke", made["id"]).stdout == f"Revoked {made['id']}.\n"
    assert "There is no such URL." in run("url", "revoke", made["id"], status=1).stderr
    assert len(json.loads(run("url", "list", "--json").stdout)) == 1


def test_an_account_may_be_left_out_where_there_is_only_one(run):
    assert "There is no integrated account yet." in run("url", "create", "Agent", status=1).stderr
    connect(run)
    run("url", "create", "Agent")
    connect(run, "Second quay")
    assert "There are several integrated accounts." in run("url", "create", "Agent", status=1).stderr


@pytest.mark.parametrize("config", ["{", "[]", "7"])
def test_a_config_that_is_no_object_is_a_sentence(run, config):
    connect(run)
    assert "--config is no JSON object." in run("url", "create", "Agent", "--config", config, status=1).stderr
    assert "There is no such integrated account." in run("url", "list", "--account", "a1", status=1).stderr


def test_api_tokens_are_managed_in_json(run):
    made = json.loads(run("token", "create", "platform", "--json").stdout)
    assert made["token"].startswith("lpa_")
    (listed,) = json.loads(run("token", "list", "--json").stdout)
    assert (listed["id"], listed["name"], "token" in listed) == (made["id"], "platform", False)
    assert json.loads(run("token", "revoke", made["id"], "--json").stdout) == {"id": made["id"]}
    assert json.loads(run("token", "list", "--json").stdout) == []


@pytest.mark.parametrize("arguments", ["{", "[]", '"x"'])
def test_arguments_of_a_call_that_are_no_object_are_a_sentence(run, arguments):
    assert "The arguments are not" in run("call", "list_all_quay_boats", arguments, status=1).stderr

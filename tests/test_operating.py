"""Operating a deployment from the command line: accounts, URLs, API tokens, its state, and what is wrong with it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest

from runtime.commands.checkup import Finding, check_all
from tests.commands import run_command
from tests.deployment import NOON

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
    }


@pytest.fixture(autouse=True)
def _space(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the disk of this machine had space."""
    monkeypatch.setattr("shutil.disk_usage", lambda _place: SimpleNamespace(free=2 * 1024**3))


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
    assert json.loads(run("account", "list", "--status", "connecting", "--json").stdout) == []


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


def test_a_url_is_made_that_lists_other_tools(run):
    connect(run)
    made = json.loads(run("url", "create", "Agent", "--exposure", "discovery", "--json").stdout)

    assert made["config"]["tool_exposure"] == "discovery"
    assert "has no short tools" in run("url", "create", "Agent", "--exposure", "short", status=1).stderr


def test_a_url_is_replaced_and_the_former_one_works_on_for_as_long_as_is_said(run):
    connect(run)
    made = json.loads(run("url", "create", "Agent", "--json").stdout)
    other = json.loads(run("url", "rotate", made["id"], "--overlap", "3600", "--json").stdout)
    assert (other["id"], other["name"]) == (made["id"], "Agent")
    assert other["url"].endswith(other["token"]) and other["token"] != made["token"]
    assert other["previous_token_expires_at"] > other["updated_at"]

    last = run("url", "rotate", made["id"]).stdout
    assert "/mcp/lpm_" in last and made["token"] not in last and other["token"] not in last
    assert json.loads(run("url", "list", "--json").stdout)[0]["previous_token_expires_at"] is None
    assert (
        "overlap_seconds is 0 to" in run("url", "rotate", made["id"], "--overlap", "9999999", status=1).stderr
    )
    assert "There is no such URL." in run("url", "rotate", "gone", status=1).stderr


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


def checked(run: Run, status: int = 0, **more: str) -> dict[str, dict[str, str]]:
    """What the doctor finds, by the name of the check; the last of a name."""
    done = run("doctor", "--json", status=status, **more)
    return {each["name"]: each for each in json.loads(done.stdout)}


def test_the_doctor_finds_all_well_but_what_a_first_start_makes_and_makes_nothing(run, tmp_path):
    found = checked(run)
    assert {each["state"] for each in found.values()} <= {"ok", "warn"}
    assert "a start makes them" in found["keys"]["message"]
    assert "nothing is stored yet" in found["database"]["message"]
    assert "No server answers at http://127.0.0.1:8000/readyz" in found["server"]["message"]
    assert not (tmp_path / "data").exists()


def test_the_doctor_reads_a_deployment_that_is_there(run, tmp_path):
    connect(run)
    found = checked(run)
    assert found["database"]["message"].endswith("and it takes changes.")
    assert found["keys"]["message"].endswith("a copy of the directory opens it.")
    assert "LEDGERPORT_SECRET_KEY_FILE" in found["keys"]["advice"]
    moved = tmp_path / "key"
    (tmp_path / "data" / "secret.key").rename(moved)
    found = checked(run, LEDGERPORT_SECRET_KEY_FILE=str(moved))
    assert (found["keys"]["state"], found["keys"]["message"]) == ("ok", f"The secret key is in {moved}.")
    (tmp_path / "data").chmod(0o755)
    assert checked(run, LEDGERPORT_SECRET_KEY_FILE=str(moved))["keys"]["advice"].startswith("Run: chmod 700 ")


def test_the_doctor_names_a_setting_that_cannot_be_right(run):
    found = checked(run, 1, LEDGERPORT_PROT="1")
    assert (found["settings"]["state"], found["settings"]["advice"]) == (
        "fail",
        'Did you mean "LEDGERPORT_PORT"?',
    )
    assert checked(run, 1, LEDGERPORT_PORT="x")["settings"]["message"].startswith("LEDGERPORT_PORT is 'x'")


def test_the_doctor_says_why_a_database_cannot_be_used(run, tmp_path):
    connect(run)
    key = tmp_path / "data" / "secret.key"
    stored = key.read_bytes()
    key.write_text("A" * 44)
    assert "belongs to another secret key" in checked(run, 1)["database"]["message"]
    key.write_bytes(stored)
    database = tmp_path / "data" / "ledgerport.sqlite3"
    with sqlite3.connect(database) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in checked(run, 1)["database"]["message"]
        other.rollback()
    assert checked(run)["database"]["state"] == "ok"
    database.write_bytes(b"")
    assert "is empty" in checked(run, 1)["database"]["message"]


def test_the_doctor_finds_an_error_in_definitions(run, tmp_path):
    (tmp_path / "mine" / "quay" / "crate.yaml").write_text("resource: crates\n")
    found = checked(run, 1)
    assert (found["definitions"]["state"], found["definitions"]["advice"]) == (
        "fail",
        "Run: ledgerport check",
    )


@pytest.mark.parametrize(("skew", "state"), [(-10, "ok"), (60, "warn"), (-4000, "fail")])
def test_the_doctor_compares_the_clock_with_the_vendors(tmp_path, skew, state):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(404)
            self.send_header("Date", formatdate(NOON, usegmt=True))
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    vendor = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=vendor.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{vendor.server_port}"
    environ = {"LEDGERPORT_DATA": str(tmp_path), "LEDGERPORT_QUICKBOOKS_ORIGIN": origin}

    async def find() -> list[Finding]:
        return [each async for each in check_all(environ, lambda: NOON + skew)]

    found = {each.name: each for each in asyncio.run(find())}
    vendor.shutdown()
    vendor.server_close()
    assert found["vendor"].message.endswith(f"answers at {origin}/.")
    assert found["clock"].state == state
    assert found["clock"].message.startswith("It agrees" if state == "ok" else f"It is {abs(skew)} seconds")


def test_the_doctor_says_that_a_vendor_cannot_be_reached(run):
    found = checked(run, 1, LEDGERPORT_QUICKBOOKS_ORIGIN="http://127.0.0.1:1")
    assert found["vendor"]["state"] == "fail"
    assert "cannot be reached at http://127.0.0.1:1/" in found["vendor"]["message"]


def test_the_doctor_says_when_the_disk_is_full(run, monkeypatch):
    for free, state in ((50 * 1024**2, "fail"), (500 * 1024**2, "warn"), (2 * 1024**3, "ok")):
        monkeypatch.setattr("shutil.disk_usage", lambda _place, free=free: SimpleNamespace(free=free))
        assert checked(run, 1 if state == "fail" else 0)["disk"]["state"] == state


def test_the_doctor_says_that_redis_does_not_answer(run):
    found = checked(run, 1, LEDGERPORT_REDIS_URL="redis://127.0.0.1:1")
    assert found["redis"]["state"] == "fail"
    assert "Redis at 127.0.0.1:1 does not answer" in found["redis"]["message"]


def test_the_status_counts_what_is_there(run):
    connect(run)
    run("url", "create", "Agent")
    run("token", "create", "platform")
    found = json.loads(run("status", "--json", status=1).stdout)  # no server runs
    assert (found["accounts"], found["mcp_servers"], found["api_tokens"]) == ({"active": 1}, 1, 1)
    assert found["server"]["state"] == "warn"
    assert "accounts:    1 active\n" in run("status", status=1).stdout

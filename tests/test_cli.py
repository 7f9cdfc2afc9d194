"""The command, as a person at a terminal meets it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from runtime.commands.demo import SIMULATOR_SECRET, Demo, _simulator_command
from runtime.commands.demo_http import sign_in
from runtime.commands.demo_processes import run_process
from tests.builtin import store_builtin_catalog
from tests.commands import run_command
from tests.deployment import deploy
from tests.signals import as_at_a_terminal
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120
"""Seconds after which a program hangs; one that is only slow, on a machine with other work, is given them."""


def ledgerport(*arguments: str, data: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    return run_command(*arguments, environment=_environment(data, more))


def ledgerport_process(
    *arguments: str, data: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, for what serves, sets signal handlers or becomes another program."""
    return subprocess.run(
        [sys.executable, "-m", "runtime", *arguments],
        cwd=ROOT,
        env=_environment(data, more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _environment(data: Path | None, more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **more} | ({"LEDGERPORT_DATA": str(data)} if data else {})


@pytest.fixture
def port():
    return _free_port()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_definitions_are_checked():
    done = ledgerport("check")
    assert (done.returncode, done.stdout) == (0, "The definitions are in order.\n")


def test_an_error_is_found_with_its_file_and_line(tmp_path):
    folder = tmp_path / "definitions" / "acme"
    folder.mkdir(parents=True)
    (folder / "integration.yaml").write_text("integration: acme\ntitel: Acme\n")
    done = ledgerport("check", str(tmp_path / "definitions"))
    assert done.returncode == 1
    assert 'integration.yaml:2: titel: "titel" is an unknown key' in done.stdout
    assert 'Did you mean "title"?' in done.stdout


def test_a_tool_is_shown_as_a_client_sees_it():
    done = ledgerport("show", "get_single_quick_books_invoice_by_id")
    assert done.returncode == 0
    assert '"readOnlyHint": true' in done.stdout


def test_an_unknown_tool_is_answered_with_the_nearest():
    done = ledgerport("show", "get_single_quick_books_invoise_by_id")
    assert done.returncode == 1
    assert 'Did you mean "get_single_quick_books_invoice_by_id"?' in done.stderr


def test_api_tokens_are_made_listed_and_revoked(tmp_path):
    secret = ledgerport("token", "create", "platform", "--bare", data=tmp_path).stdout.strip()
    assert secret.startswith("lpa_")
    listed = ledgerport("token", "list", data=tmp_path).stdout
    assert "platform" in listed
    assert secret not in listed
    token_id = listed.split()[0]
    assert ledgerport("token", "revoke", token_id, data=tmp_path).returncode == 0
    again = ledgerport("token", "revoke", token_id, data=tmp_path)
    assert again.returncode == 1
    assert "There is no such API token." in again.stderr
    assert "Make one with" in ledgerport("token", "list", data=tmp_path).stdout
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_an_api_token_is_made_for_the_tools_of_one_account(tmp_path):
    ledgerport("token", "create", "agent", data=tmp_path)
    for refused in (
        ("--scope", "tools:call"),
        ("--account", "a1"),
        ("--scope", "tools:call", "--account", "a1"),
    ):
        done = ledgerport("token", "create", "agent", "--replace", *refused, data=tmp_path)
        assert done.returncode == 1, refused
        assert "integrated account" in done.stderr
    assert ledgerport("token", "create", "agent", "--scope", "tools:all", data=tmp_path).returncode == 2
    assert "agent  admin" in ledgerport("token", "list", data=tmp_path).stdout
    account = deploy(tmp_path).add_desk()["id"]
    made = ledgerport(
        "token", "create", "agent", "--scope", "tools:call", "--account", account, data=tmp_path
    )
    assert made.stdout.startswith("lpa_")
    assert f"agent  tools:call ({account})" in ledgerport("token", "list", data=tmp_path).stdout


def test_an_api_token_is_made_for_one_tenant_and_for_a_while(tmp_path):
    token = "token", "create", "platform", "--tenant", "customer-42"
    scopes = "--scope", "accounts:read", "--scope", "mcp:write"
    assert ledgerport(*token, *scopes, "--expires", "90d", data=tmp_path).stdout.startswith("lpa_")
    listed = ledgerport("token", "list", data=tmp_path).stdout
    assert "platform  accounts:read, mcp:write (tenant customer-42)  until 2" in listed
    assert listed.endswith("  never used\n")
    for wrong in ("yesterday", "2001-01-01T00:00:00Z", "0d"):
        done = ledgerport(*token, *scopes, "--expires", wrong, data=tmp_path)
        assert done.returncode == 1
        assert "expires_at must be" in done.stderr
    assert ledgerport(*token[:-1], "a b", *scopes, data=tmp_path).returncode == 1


def test_a_taken_port_is_a_clear_sentence(tmp_path, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        served = ledgerport_process("serve", "--port", str(port), data=tmp_path)
        demo = ledgerport_process("demo", "--port", str(port), "--data", str(tmp_path))
    assert served.returncode == demo.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in served.stderr
    assert f"Port {port} is taken. Stop what uses it, or choose another with --port NUMBER." in demo.stderr


def test_a_demo_retains_to_its_own_data_and_shows_no_secret_to_who_lists_processes(tmp_path):
    ports = [_free_port(), _free_port()]
    store_builtin_catalog(tmp_path / "demo")
    environment = {
        **os.environ,
        "LEDGERPORT_DATA": str(tmp_path),
        "LEDGERPORT_PORT": str(ports[0]),
        "LEDGERPORT_DATABASE_URL": f"sqlite:///{tmp_path}/real.sqlite3",
    }
    command = [sys.executable, "-m", "runtime", "demo", "--simulator-port", str(ports[1])]
    demo = subprocess.Popen(
        as_at_a_terminal(command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert demo.stdout is not None
        last = f"Press Ctrl-C to stop. The company and the URLs are stored in {tmp_path}/demo.\n"
        shown = "".join(iter(demo.stdout.readline, last))
        second = ledgerport_process("demo", data=tmp_path)
        secret = (tmp_path / "demo" / "client-secret").read_text()
        url = re.search(r"http://127.0.0.1:\d+/mcp/\S+", shown)[0]
        for arguments in ({"limit": 1}, {"secret": "s3cret"}):
            _call(url, "list_all_quick_books_terms", arguments)
        calls = [demo.stdout.readline() for _ in range(3)]
        listed = subprocess.run(["ps", "-e", "-ww", "-o", "args"], capture_output=True, text=True, check=True)
    finally:
        demo.send_signal(signal.SIGHUP)  # the terminal is closed
        _await_end(demo)
    assert f"Ledgerport is running at http://127.0.0.1:{ports[0]}," in shown
    assert re.search(r"It lists [1-9]\d* tools, about [1-9][\d,]* tokens\.", shown)
    assert [re.sub(r"\d+ ms", "N ms", each) for each in calls] == [
        "\n",
        "list_all_quick_books_terms  ok  N ms\n",
        "list_all_quick_books_terms  invalid_arguments  N ms\n",
    ]
    assert not (tmp_path / "real.sqlite3").exists()
    assert str(tmp_path / "demo" / "quickbooks.db") in listed.stdout
    assert secret not in listed.stdout
    assert f"A demo is running from {tmp_path}/demo already." in second.stderr
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)), "a server has outlived the demo"


def _await_end(demo: subprocess.Popen[str]) -> None:
    """Wait for a demo that was asked to end; one that does not is stopped, with its servers, and the test fails."""
    try:
        demo.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        demo.terminate()
        demo.wait(PATIENCE)
        raise


def test_a_demo_under_nohup_outlives_its_terminal_and_ends_when_it_is_terminated(tmp_path):
    ports = ("--port", str(_free_port()), "--simulator-port", str(_free_port()))
    code = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    command = [sys.executable, "-c", code, sys.executable, "-m", "runtime", "demo", *ports]
    demo = subprocess.Popen(
        [*command, "--data", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert demo.stdout is not None
        shown = "".join(
            iter(
                demo.stdout.readline,
                f"Press Ctrl-C to stop. The company and the URLs are stored in {tmp_path}.\n",
            )
        )
        demo.send_signal(signal.SIGHUP)
        _call(
            re.search(r"http://127.0.0.1:\d+/mcp/\S+", shown)[0], "list_all_quick_books_terms", {"limit": 1}
        )
        has_ended = demo.poll() is not None
    finally:
        demo.terminate()
        _await_end(demo)
    assert not has_ended


def _call(url: str, tool: str, arguments: dict[str, object]) -> None:
    params = {"name": tool, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    request = urllib.request.Request(
        url, data=json.dumps(message).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        response.read()


def test_a_demo_is_reset_when_it_is_asked_for_twice_and_nothing_else_is_removed(tmp_path):
    data = tmp_path / "demo"
    (data / "cache").mkdir(parents=True)
    for name in ("client-secret", "secret.key", "quickbooks.db", "quickbooks.db-wal", "ledgerport.sqlite3"):
        (data / name).write_text("old")
    (data / "notes.txt").write_text("mine")
    real = tmp_path / "real"
    real.mkdir()
    (real / "ledgerport.sqlite3").write_text("books")
    ports = ("--port", "1", "--simulator-port", "1")  # which no demo starts with, so that each ends there

    unasked = ledgerport_process("demo", "--reset", "--data", str(data), *ports)
    before = {path.name for path in data.iterdir()}
    asked = ledgerport_process("demo", "--reset", "--yes", "--data", str(data), *ports)
    wrong = ledgerport_process("demo", "--reset", "--yes", "--data", str(real), *ports)

    assert "nobody can be asked" in unasked.stderr
    assert "Add --yes." in unasked.stderr
    assert "quickbooks.db" in before
    assert "cannot both have port 1" in asked.stderr
    assert {path.name for path in data.iterdir()} == {"notes.txt", "serve.lock"}
    assert f"{real} is not the directory of a demo." in wrong.stderr
    assert (real / "ledgerport.sqlite3").read_text() == "books"


def test_a_demo_that_runs_is_not_reset(tmp_path):
    (tmp_path / "client-secret").write_text("x")
    with (tmp_path / "serve.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = ledgerport_process("demo", "--reset", "--yes", "--data", str(tmp_path))
    assert done.returncode == 1
    assert f"A demo is running from {tmp_path} already." in done.stderr
    assert (tmp_path / "client-secret").exists()


def test_an_api_token_that_takes_the_place_of_another_says_so(tmp_path):
    first = ledgerport("token", "create", "demo", "--replace", "--bare", data=tmp_path)
    second = ledgerport("token", "create", "demo", "--replace", "--bare", data=tmp_path)
    assert first.stderr == ""
    assert second.stderr == 'The earlier API token "demo" is revoked; this one takes its place.\n'


def test_a_demo_that_cannot_store_its_data_or_has_one_port_for_two_is_a_clear_sentence(tmp_path, port):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        done = ledgerport_process("demo", "--data", str(place))
        assert done.returncode == 1
        assert done.stderr.startswith(f"ledgerport: The demo cannot store its data in {place}: ")
    done = ledgerport_process(
        "demo", "--port", str(port), "--simulator-port", str(port), "--data", str(tmp_path)
    )
    assert done.stderr.startswith(f"ledgerport: Ledgerport and the simulator cannot both have port {port}.")


def test_the_simulator_has_one_name_and_the_former_ones_report_it(tmp_path, port):
    listed = ledgerport("--help").stdout
    assert "  simulator " in listed
    assert "sandbox" not in listed
    assert "--stand-in-port" not in ledgerport("demo", "--help").stdout
    assert "usage: ledgerport simulator" in ledgerport_process("simulator", "--help").stdout
    other = ledgerport_process("simulator", "--vendor", "connectwise", "--help").stdout
    assert "usage: ledgerport simulator --vendor connectwise" in other
    assert "--vendor connectwise" in ledgerport_process("sandbox", "--help").stdout
    assert (
        "is not one of 'quickbooks', 'connectwise'" in ledgerport_process("simulator", "--vendor", "x").stderr
    )
    former = ledgerport_process("sandbox", "--help")
    assert "usage: ledgerport simulator" in former.stdout
    assert former.stderr == "ledgerport sandbox is now called ledgerport simulator.\n"
    done = ledgerport_process(
        "demo", "--port", str(port), "--stand-in-port", str(port), "--data", str(tmp_path)
    )
    assert done.stderr.startswith("--stand-in-port is now called --simulator-port.\n")
    assert f"Ledgerport and the simulator cannot both have port {port}." in done.stderr


def test_a_wrong_setting_is_a_clear_sentence(tmp_path):
    done = ledgerport_process("serve", data=tmp_path, LEDGERPORT_UPSTREAM_TIMEOUT="soon")
    assert done.returncode == 1
    assert done.stderr.startswith("ledgerport: LEDGERPORT_UPSTREAM_TIMEOUT is 'soon'")


def test_two_servers_cannot_share_one_data_directory(tmp_path, port):
    store_builtin_catalog(tmp_path)
    serve = [sys.executable, "-m", "runtime", "serve", "--port", str(port)]
    with run_process(serve, {"LEDGERPORT_DATA": str(tmp_path)}, f"http://127.0.0.1:{port}/healthz"):
        second = ledgerport_process("serve", "--port", "0", data=tmp_path)
    assert second.returncode == 1
    assert "Another Ledgerport already serves from" in second.stderr


def test_a_stopped_server_ends_cleanly_and_says_so(tmp_path, port):
    environment = {**os.environ, "LEDGERPORT_DATA": str(tmp_path), "LEDGERPORT_LOG_FORMAT": "json"}
    server = subprocess.Popen(
        [sys.executable, "-m", "runtime", "serve", "--port", str(port)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _await(f"http://127.0.0.1:{port}/healthz")
        server.terminate()
        out, _ = server.communicate(timeout=PATIENCE)
    finally:
        server.kill()  # nothing, when it has ended
    assert server.returncode == 0
    assert '"event":"stopped"' in out


@pytest.mark.parametrize("is_served", [False, True])
def test_a_company_is_connected_from_the_command_line(tmp_path, is_served):
    ports = [socket.socket() for _ in range(2)]
    for each in ports:
        each.bind(("127.0.0.1", 0))
    store_builtin_catalog(tmp_path)
    demo = Demo(tmp_path, *(each.getsockname()[1] for each in ports))
    for each in ports:
        each.close()
    environment = {
        "LEDGERPORT_DATA": str(tmp_path),
        "LEDGERPORT_PORT": str(demo.port),
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": "ledgerport-demo",
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": "s3cret",
        "LEDGERPORT_QUICKBOOKS_ORIGIN": demo.simulator_url,
    }
    ready = demo.simulator_url + "/.well-known/openid_configuration"
    with run_process(_simulator_command(demo), {SIMULATOR_SECRET: "s3cret"}, ready):
        if is_served:
            serve = [sys.executable, "-m", "runtime", "serve"]
            with run_process(serve, environment, f"{demo.url}/healthz"):
                _connect(demo, environment)
        else:
            _connect(demo, environment)


def _connect(demo: Demo, environment: dict[str, str]) -> None:
    connecting = subprocess.Popen(
        [sys.executable, "-m", "runtime", "connect", "--name", "Craig's"],
        cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert connecting.stdout is not None
    try:
        address = next(line.strip() for line in connecting.stdout if line.strip().startswith("http"))
        sign_in(demo.url, address)
        out, _ = connecting.communicate(timeout=PATIENCE)
    finally:
        connecting.kill()  # nothing, when it has ended
    assert connecting.returncode == 0
    assert "Connected: Craig's (integrated account " in out


def test_connecting_without_an_app_says_what_to_set(tmp_path, port):
    done = ledgerport_process("connect", data=tmp_path, LEDGERPORT_PORT=str(port))
    assert done.returncode == 1
    assert (
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID and LEDGERPORT_QUICKBOOKS_CLIENT_SECRET must be set" in done.stderr
    )


def test_connecting_asks_which_vendor_where_several_have_books(tmp_path, port):
    shutil.copytree(ROOT / "tests" / "portability" / "definitions" / "cove", tmp_path / "mine" / "cove")
    with (tmp_path / "mine" / "cove" / "integration.yaml").open("a") as definition:
        definition.write("\nsystem: books\n")
    mine = {"LEDGERPORT_PORT": str(port), "LEDGERPORT_DEFINITIONS": str(tmp_path / "mine")}
    done = ledgerport_process("connect", data=tmp_path / "data", **mine)
    assert done.returncode == 1
    assert "integration must say which vendor to connect." in done.stderr
    assert "cove" in done.stderr


QUAY = ("connect", "quay", "--name", "Main quay")


def _environment_of_quay(tmp_path: Path) -> dict[str, str]:
    """That of a deployment with a vendor that is signed in to with a key."""
    shutil.copytree(ROOT / "tests" / "portability" / "definitions" / "quay", tmp_path / "mine" / "quay")
    mine = {"LEDGERPORT_DEFINITIONS": str(tmp_path / "mine"), "LEDGERPORT_QUAY_ENVIRONMENT": "live"}
    return _environment(tmp_path, mine)


def _connect_quay(tmp_path: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return run_command(*QUAY, *arguments, environment=_environment_of_quay(tmp_path), typed=typed)


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [(["--field", "api_key=k3y"], ""), (["--field", "api_key=-"], "k3y\n")],
)
def test_a_vendor_with_keys_is_connected_by_its_fields(tmp_path, arguments, typed):
    done = _connect_quay(tmp_path, *arguments, typed=typed)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"Connected: Main quay \(integrated account [0-9a-f-]{36}\)\.\n", done.stdout)


@pytest.mark.parametrize("arguments", [[], ["--field", "api_key=-"]])
def test_a_missing_field_is_named_with_how_to_give_it(tmp_path, arguments):
    done = _connect_quay(tmp_path, *arguments)
    assert done.returncode == 1
    assert "api_key is missing: API key. From the settings." in done.stderr
    assert "Add --field api_key=-, and write what is secret to the standard input" in done.stderr


def test_a_key_is_asked_for_in_a_terminal_and_not_shown(tmp_path):
    ours, theirs = os.openpty()
    try:
        # In a session of its own it finds no other terminal to ask at.
        connecting = subprocess.Popen(
            [sys.executable, "-m", "runtime", *QUAY], cwd=ROOT, env=_environment_of_quay(tmp_path), text=True,
            stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        asked = ""
        while not asked.endswith("API key: ") and (letter := connecting.stderr.read(1)):
            asked += letter
        os.write(ours, b"k3y\n")
        out, errors = connecting.communicate(timeout=PATIENCE)
        os.set_blocking(ours, False)
        with contextlib.suppress(BlockingIOError):
            errors += os.read(ours, 1000).decode()  # what a terminal echoes
    finally:
        connecting.kill()  # nothing, when it has ended
        os.close(ours)
        os.close(theirs)
    assert connecting.returncode == 0, errors
    assert asked.endswith("From the settings.\nAPI key: ")
    assert "Connected: Main quay" in out
    assert "k3y" not in errors


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--field", "api_kee=s3cret"], 'fields has "api_kee"'),
        (["--field", "s3cret"], "A --field is not NAME=VALUE."),
        (["--field", "api_key=s3cret", "--field", "api_key=s3cret"], "--field api_key is given twice."),
        (["--field", "api_key=s3cret", "--account", "a"], "There is no such integrated account."),
    ],
)
def test_fields_that_do_not_fit_are_refused_without_their_values(tmp_path, arguments, expected):
    done = _connect_quay(tmp_path, *arguments)
    assert done.returncode == 1
    assert expected in done.stderr
    assert "s3cret" not in done.stderr


def _await(url: str) -> None:
    def answers() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return True
        return False

    wait_until(answers)


def test_coverage_without_a_reference_says_what_to_give():
    done = ledgerport("coverage", LEDGERPORT_REFERENCE="")
    assert done.returncode == 1
    assert done.stderr == (
        "ledgerport: There is no reference to compare with. Give its folder: ledgerport coverage FOLDER, or set "
        "LEDGERPORT_REFERENCE.\n"
    )


def test_coverage_of_a_folder_that_is_no_reference_says_so(tmp_path):
    done = ledgerport("coverage", str(tmp_path))
    assert done.returncode == 1
    assert "entities.json cannot be read: No such file or directory." in done.stderr


def test_coverage_is_printed_for_programs_and_fails_below_the_aims(tmp_path):
    entity = {"name": "Term", "operations": {"fly": {}}, "fields": [], "filterable": [], "sortable": []}
    facts = {"entities": [entity], "line_types": [], "nested_types": []}
    (tmp_path / "entities.json").write_text(json.dumps(facts))
    (tmp_path / "reports.json").write_text('{"reports": []}')
    done = ledgerport("coverage", "--json", LEDGERPORT_REFERENCE=str(tmp_path))
    assert done.returncode == 1
    assert json.loads(done.stdout)["missing"][0] == {"kind": "operations", "name": "Term.fly", "why": ""}


def test_the_cost_of_tools_is_shown_with_the_tokenizer():
    done = ledgerport(
        "cost", "--integration", "quickbooks", "--methods", "read", "--tags", "crm", "--top", "1"
    )
    assert done.returncode == 0
    assert "Counted as 1 token for 4.3 bytes" in done.stdout
    assert "tag crm" in done.stdout


def test_a_filter_that_leaves_no_tool_is_a_sentence():
    done = ledgerport("cost", "--tags", "nothing")
    assert done.returncode == 1
    assert "No tool passes this filter." in done.stderr
    unknown = ledgerport("cost", "--integration", "quickboks")
    assert 'There is no integration "quickboks". Did you mean "quickbooks"?' in unknown.stderr


def test_errors_are_printed_for_editors_and_ci(tmp_path):
    folder = tmp_path / "definitions" / "acme"
    folder.mkdir(parents=True)
    (folder / "integration.yaml").write_text("integration: acme\ntitel: Acme\n")
    done = ledgerport("check", "--json", str(tmp_path / "definitions"))
    assert done.returncode == 1
    first = next(each for each in json.loads(done.stdout) if each["rule"] == "unknown key")
    assert first == {
        "file": str(folder / "integration.yaml"),
        "line": 2,
        "where": "titel",
        "rule": "unknown key",
        "message": '"titel" is an unknown key for an integration.',
        "suggestion": 'Did you mean "title"?',
    }


def test_a_folder_that_is_not_there_cannot_be_checked(tmp_path):
    assert ledgerport("check", str(tmp_path / "nowhere")).returncode == 2
    done = ledgerport("check", LEDGERPORT_DEFINITIONS=str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "LEDGERPORT_DEFINITIONS names" in done.stderr


def test_an_operators_folder_is_laid_over_ours(tmp_path):
    (tmp_path / "quickbooks").mkdir()
    (tmp_path / "quickbooks" / "invoice.yaml").write_text("extends: invoices\nmethods: { void: hidden }\n")
    name = "void_a_quick_books_invoice_by_id"
    assert ledgerport("show", name).returncode == 0
    assert ledgerport("show", name, "--definitions", str(tmp_path)).returncode == 1
    assert ledgerport("show", name, LEDGERPORT_DEFINITIONS=str(tmp_path)).returncode == 1
    assert ledgerport("check", LEDGERPORT_DEFINITIONS=str(tmp_path)).returncode == 0


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_server_takes_the_folders_that_are_laid_over_ours(tmp_path, command):
    (tmp_path / "mine" / "quickbooks").mkdir(parents=True)
    (tmp_path / "mine" / "quickbooks" / "invoice.yaml").write_text("extends: invoices\nadd_tag: [crm]\n")
    ports = ("--port", str(_free_port())) + (
        ("--simulator-port", str(_free_port())) if command == "demo" else ()
    )

    done = ledgerport_process(
        command, "--definitions", str(tmp_path / "mine"), *ports, data=tmp_path / "data"
    )

    assert done.returncode == 1
    assert 'Did you mean "add_tags"?' in done.stderr


def test_a_folder_that_no_setting_can_name_is_a_sentence(tmp_path):
    (tmp_path / "a:b").mkdir()
    done = ledgerport_process("serve", "--definitions", str(tmp_path / "a:b"), data=tmp_path)
    assert done.returncode == 1
    assert "its name has : in it." in done.stderr


def test_the_request_of_an_example_is_shown_without_a_secret():
    done = ledgerport("show", "update_a_quick_books_invoice_by_id", "--example")
    assert done.returncode == 0
    assert "/v3/company/{realm_id}/invoice?minorversion=75&requestid={a new key for each call}" in done.stdout
    assert '"DueDate": "2026-12-31"' in done.stdout
    assert "\n  Authorization: Bearer {access_token}\n" in done.stdout


def test_two_folders_or_revisions_are_compared(tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(ROOT / "definitions", folder)
    term = folder / "quickbooks" / "term.yaml"
    term.write_text(term.read_text().replace("    required_for: [create]\n", "", 1))
    done = ledgerport("diff", str(ROOT / "definitions"), str(folder), "--json", "--fail-on-breaking")
    assert done.returncode == 0
    (changed,) = json.loads(done.stdout)["tools"]
    assert changed["name"] == "create_a_quick_books_term"
    back = ledgerport("diff", str(folder), str(ROOT / "definitions"), "--fail-on-breaking")
    assert back.returncode == 1
    assert "! Name must be given now." in back.stdout


@pytest.mark.parametrize("name", ["nowhere", "--output=x", "HEAD~100000"])
def test_what_is_neither_folder_nor_revision_is_a_sentence(name, tmp_path):
    done = ledgerport("diff", "--", name, str(ROOT / "definitions"))
    assert done.returncode == 1
    assert "is neither a folder nor a git revision of the definitions." in done.stderr


def test_a_new_entity_is_written_and_the_checker_names_what_is_missing(tmp_path):
    sample = tmp_path / "sample.json"
    sample.write_text('{"Widget": {"Id": "1", "SyncToken": "0", "MetaData": {}, "Size": 3}, "time": "x"}')
    given = [
        "--name",
        "blue widget",
        "--entity",
        "Widget",
        "--sample",
        str(sample),
        "--definitions",
        str(tmp_path),
    ]
    done = ledgerport("new-entity", *given, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "sentences are still to be written" in done.stdout
    found = json.loads(ledgerport("check", "--json", "--definitions", str(tmp_path)).stdout)
    assert {each["rule"] for each in found} == {"unwritten"}
    assert {each["file"] for each in found} == {str(tmp_path / "quickbooks" / "blue_widget.yaml")}
    again = ledgerport("new-entity", *given, "--yes")
    assert "blue_widget.yaml already. Change it, or choose another name." in again.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--name", "7"], "The entity needs a name of letters."),
        (
            ["--name", "term"],
            "terms already. Choose another name, or change it in a folder of your own with extends: terms.",
        ),
        (["--name", "x", "--methods", "lst"], '"lst" is no method of this integration. Did you mean "list"?'),
        (["--name", "x", "--tags", "saels"], 'Did you mean "sales"?'),
        (["--name", "x", "--plural", "123"], "The plural needs letters."),
        (["--name", "x", "--entity", "a: b"], "cannot be a vendor's name"),
    ],
)
def test_a_new_entity_that_cannot_be_is_a_sentence(given, said, tmp_path):
    done = ledgerport("new-entity", *given, "--yes", "--definitions", str(tmp_path))
    assert done.returncode == 1
    assert said in done.stderr
    assert not list(tmp_path.rglob("*.yaml"))


def test_a_new_entity_takes_its_guesses_where_nobody_answers(tmp_path):
    done = ledgerport("new-entity", "--name", "work order", "--definitions", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "entity: WorkOrder\n" in (tmp_path / "quickbooks" / "work_order.yaml").read_text()


def test_an_installed_copy_never_writes_into_itself(tmp_path):
    site, work = tmp_path / "site-packages", tmp_path / "work"
    for name in ("definitions", "generator", "runtime"):
        shutil.copytree(ROOT / name, site / name, ignore=shutil.ignore_patterns("__pycache__"))
    before = sorted(site.rglob("*.yaml"))
    (work / "mine").mkdir(parents=True)
    command = [sys.executable, "-B", "-m", "runtime", "new-entity", "--name", "work order", "--yes"]
    here = {"cwd": work, "env": {**os.environ, "PYTHONPATH": str(site)}, "capture_output": True, "text": True}

    refused = subprocess.run(command, check=False, **here)
    subprocess.run([*command, "--definitions", "mine"], check=True, **here)

    assert refused.returncode == 1
    assert "Give --definitions FOLDER, a folder of your own" in refused.stderr
    assert sorted(site.rglob("*.yaml")) == before
    assert [each.name for each in work.rglob("*.yaml")] == ["work_order.yaml"]


def test_a_new_entity_asks_what_it_is_not_found(tmp_path):
    answers = "green widget\n\n\nlist,get\ncrm\n"
    done = run_command("new-entity", "--definitions", str(tmp_path), typed=answers)
    assert done.returncode == 0
    text = (tmp_path / "quickbooks" / "green_widget.yaml").read_text()
    assert "entity: GreenWidget\n" in text
    assert "resource: green_widgets\n" in text
    assert "tags: [crm]\n" in text
    assert "\n  create:" not in text

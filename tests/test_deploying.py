"""What `scripts/deploy` promises: settings, commands, ports and paths that exist, and an image that can be built."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runtime.api.table import TABLE as OPERATIONS
from runtime.commands.cli import main
from runtime.server.serve import GRACE_SECONDS
from runtime.setting_table import BY_NAME, FROM_FILE, split_name
from runtime.settings import Settings
from tests.commands import run_command
from tests.containerfile import ROOT, build_first_stage, list_instructions

DEPLOY = ROOT / "scripts" / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
KUBERNETES = {
    each["kind"]: each for each in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8"))
}
UNIT = (DEPLOY / "ledgerport.service").read_text(encoding="utf-8")
POD = KUBERNETES["Deployment"]["spec"]["template"]["spec"]
CONTAINER = POD["containers"][0]


def is_setting(name: str) -> bool:
    """Whether a variable is a setting, or names the file of one."""
    plain = name.removesuffix(FROM_FILE)
    found = BY_NAME.get(plain) or (split_name(plain) or (None, None))[1]
    return found is not None and (plain == name or found.may_be_file)


def last_of(instruction: str) -> str:
    """What follows an instruction of the Containerfile, the last time that it is there."""
    return [rest for name, rest in list_instructions() if name == instruction][-1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_is_a_setting(path):
    names = set(re.findall(r"LEDGERPORT_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8")))
    assert {name for name in names if not is_setting(name)} == set()


def test_every_command_is_one():
    assert json.loads(last_of("ENTRYPOINT")) == ["ledgerport"]
    started = re.search(r"^ExecStart=/opt/ledgerport/bin/ledgerport (.*)$", UNIT, re.MULTILINE)[1]
    for words in (json.loads(last_of("CMD")), COMPOSE["services"]["ledgerport"]["command"], CONTAINER["args"],
                  shlex.split(started)):  # fmt: skip
        assert words[0] in main.commands
        assert run_command(*words, "--help").returncode == 0


def test_the_probes_ask_for_paths_and_ports_that_are_there():
    port = int(BY_NAME["LEDGERPORT_PORT"].default)
    public = {each.path for each in OPERATIONS if each.is_public}
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", last_of("HEALTHCHECK"))
    assert (int(asked[1]), last_of("EXPOSE"), asked[2] in public) == (port, str(port), True)
    assert CONTAINER["readinessProbe"]["httpGet"]["path"] in public
    assert CONTAINER["ports"] == [{"name": "http", "containerPort": port}]
    assert KUBERNETES["Service"]["spec"]["ports"][0]["targetPort"] == "http"
    assert COMPOSE["services"]["ledgerport"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_a_stop_waits_for_the_calls_under_way():
    pause = int(CONTAINER["lifecycle"]["preStop"]["exec"]["command"][1])
    assert POD["terminationGracePeriodSeconds"] >= pause + GRACE_SECONDS + 10
    assert int(COMPOSE["services"]["ledgerport"]["stop_grace_period"].rstrip("s")) >= GRACE_SECONDS + 10
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)[1]) >= GRACE_SECONDS + 10
    assert "KillMode=mixed" in UNIT
    assert last_of("STOPSIGNAL") == "SIGTERM"


def test_the_server_runs_as_nobody_on_a_root_that_is_read_only():
    user, _, group = last_of("USER").partition(":")
    assert (POD["securityContext"]["runAsUser"], POD["securityContext"]["runAsGroup"]) == (
        int(user),
        int(group),
    )
    assert (
        POD["securityContext"]["runAsNonRoot"]
        is CONTAINER["securityContext"]["readOnlyRootFilesystem"]
        is True
    )
    assert CONTAINER["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    service = COMPOSE["services"]["ledgerport"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    written = {each.partition(":")[0] for each in service["tmpfs"]}
    mounted = {each["mountPath"] for each in CONTAINER["volumeMounts"] if not each.get("readOnly")}
    assert written == mounted == {"/tmp", "/var/lib/ledgerport"}
    assert last_of("VOLUME") == "/var/lib/ledgerport"
    assert f"uid={user},gid={group},mode=0700" in service["tmpfs"][1]


def test_kubernetes_adds_no_variable_of_its_own_and_its_parts_belong_together():
    assert POD["enableServiceLinks"] is False, "LEDGERPORT_PORT would be that of the Service"
    labels = KUBERNETES["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for kind, place in (
        ("Service", "selector"),
        ("PodDisruptionBudget", "selector"),
        ("NetworkPolicy", "podSelector"),
    ):
        found = KUBERNETES[kind]["spec"][place]
        assert found.get("matchLabels", found) == labels, kind
    secret = yaml.safe_load((DEPLOY / "secret.example.yaml").read_text(encoding="utf-8"))
    paths = [each["value"] for each in CONTAINER["env"] if each["name"].endswith(FROM_FILE)]
    assert {Path(each).name for each in paths} == secret["stringData"].keys()
    assert {str(Path(each).parent) for each in paths} == {"/run/secrets/ledgerport"}
    assert POD["volumes"][0]["secret"]["secretName"] == secret["metadata"]["name"]


def test_images_have_a_tag_and_no_host():
    images = [rest.split()[0] for name, rest in list_instructions() if name == "FROM"]
    images += [each["image"] for name, each in COMPOSE["services"].items() if name != "ledgerport"]
    for image in images:
        assert re.fullmatch(r"[a-z]+(/[a-z]+)?:[\w.-]+", image, re.ASCII), image


def test_the_secrets_of_compose_are_made_once_and_fit_the_settings(tmp_path):
    make = [DEPLOY / "make-secrets", tmp_path / "secrets"]
    subprocess.run(make, check=True, capture_output=True)
    (tmp_path / "secrets" / "quickbooks_client_secret").write_text("s3cret\n")
    first = {each.name: each.read_text() for each in (tmp_path / "secrets").iterdir()}
    subprocess.run(make, check=True, capture_output=True)
    assert {each.name: each.read_text() for each in (tmp_path / "secrets").iterdir()} == first
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert first.keys() - {"redis_password"} == COMPOSE["secrets"].keys()

    given = COMPOSE["services"]["ledgerport"]["environment"]
    files = {name: value.replace("/run/secrets", str(tmp_path / "secrets")) for name, value in given.items()}
    environ = {name: value for name, value in files.items() if name.endswith(FROM_FILE)}
    settings = Settings.load({"LEDGERPORT_DATA": str(tmp_path / "data"), **environ})
    assert settings.postgres_url.endswith("@database:5432/ledgerport")
    assert settings.redis is not None
    assert settings.redis.hosts == (("valkey", 6379),)
    assert settings.integrations["quickbooks"].client_secret == "s3cret"
    assert {"database", "valkey"} <= COMPOSE["services"].keys()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image has below /opt/ledgerport."""
    return build_first_stage(tmp_path_factory.mktemp("image"))


@pytest.fixture
def elsewhere(place: Path, tmp_path: Path) -> dict[str, Any]:
    """How a program of it is run in a folder that has nothing to do with the checkout."""
    path = next(value for value in last_of("ENV").split() if value.startswith("PATH="))[5:]
    environment = {
        "PATH": path.replace("/opt/ledgerport", str(place)),
        "HOME": str(tmp_path),
        "LEDGERPORT_DATA": str(tmp_path / "data"),
    }
    return {"cwd": tmp_path, "env": environment, "text": True}


def test_what_is_installed_is_whole(place):
    (site,) = (place / "lib").glob("python*/site-packages")
    listed = subprocess.run(
        ["git", "ls-files", "definitions", "generator", "runtime"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    files = [name for name in listed if not name.endswith(".md") and (ROOT / name).exists()]
    assert len(files) > 400
    assert [name for name in files if not (site / name).exists()] == []


def test_the_installed_program_runs_a_demo_from_another_folder(elsewhere, tmp_path):
    ports = [_free_port(), _free_port()]
    words = ["ledgerport", "demo", "--port", str(ports[0]), "--simulator-port", str(ports[1])]
    log = tmp_path / "errors"
    with log.open("w") as errors:
        demo = subprocess.Popen(
            words, **elsewhere, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
    try:
        shown = list(_read_until(demo, "Press Ctrl-C to stop."))
        state = subprocess.run(
            [*json.loads(last_of("HEALTHCHECK").partition("CMD ")[2].replace("8000", str(ports[0])))],
            **elsewhere, capture_output=True, check=False,
        )  # fmt: skip
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(60)
    assert any("/mcp/lpm_" in line for line in shown), log.read_text()
    assert (state.returncode, state.stderr) == (0, "")


def test_the_installed_program_names_its_settings(elsewhere):
    done = subprocess.run(["ledgerport", "settings", "--json"], **elsewhere, capture_output=True, check=True)
    assert {each["name"] for each in json.loads(done.stdout)} >= BY_NAME.keys()


def _read_until(process: subprocess.Popen[str], last: str) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if line.startswith(last):
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

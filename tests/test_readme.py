"""What the README promises, tried."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from generator.compile import compile_catalog
from generator.names import explain_former_name
from generator.stages.lint_hosts import LARGEST_LIST
from runtime.commands.examples import show_requests
from runtime.identity.roles import PERMISSIONS
from runtime.operations.exposure import HOSTS
from runtime.people import ROLES
from runtime.setting_table import OF_ISSUER, TABLE
from tests import made_up

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
YAML = re.search(r"```yaml\n(.*?)```", README, re.DOTALL).group(1)
SHOWN_ERROR = re.search(r"\$ ledgerport check\n(.*?)```", README, re.DOTALL).group(1)


@pytest.fixture
def definitions(tmp_path):
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    return tmp_path / "definitions"


def check(definitions: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runtime", "check", "definitions"],
        cwd=definitions.parent,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_entity_written_there_passes_the_checks(definitions):
    (definitions / "quickbooks" / "department.yaml").write_text(YAML)
    done = check(definitions)
    assert done.stdout == "The definitions are in order.\n"


def test_the_short_tool_written_there_passes_the_checks(definitions):
    (text,) = re.findall(r"```yaml\n(short_tool: .*?)```", README, re.DOTALL)
    (definitions / "quickbooks" / "short" / "list_overdue.yaml").write_text(text)

    assert check(definitions).stdout == "The definitions are in order.\n"


def test_the_error_shown_there_is_what_check_prints(definitions):
    slipped = YAML.replace("required_for", "requierd_for", 1)
    (definitions / "quickbooks" / "department.yaml").write_text(slipped)
    done = check(definitions)
    assert done.stdout + done.stderr == SHOWN_ERROR


def test_the_folder_of_ones_own_written_there_passes_the_checks(tmp_path):
    text = re.search(r"    # mine/quickbooks/invoice.yaml\n(.*?)\n\n", README, re.DOTALL).group(1)
    (tmp_path / "mine" / "quickbooks").mkdir(parents=True)
    (tmp_path / "mine" / "quickbooks" / "invoice.yaml").write_text(textwrap.dedent(text))
    done = subprocess.run(
        [sys.executable, "-m", "runtime", "check", "--definitions", "mine"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "The definitions are in order.\n"


def test_every_script_named_there_is_there_and_runs():
    named = set(re.findall(r"scripts/([a-z-]+)(?![a-z.-])", README))
    assert {"demo", "test", "check", "conformance", "bench", "golden"} <= named
    for name in named:
        assert (ROOT / "scripts" / name).stat().st_mode & 0o111, name


def test_every_command_named_there_is_one():
    for name in set(re.findall(r"ledgerport ([a-z][a-z-]*)\b", README)) - {"in"}:
        done = subprocess.run(
            [sys.executable, "-m", "runtime", name, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"ledgerport {name}: {done.stderr}"


def test_the_table_of_settings_there_has_every_one_with_its_default():
    table = README.split("| Setting | Default | |")[1].split("\n\n")[0]
    said = {}
    for names, default in re.findall(r"^\| (`LEDGERPORT_.*?) \| (.*?) \|", table, re.MULTILINE):
        each_default = default.split(", ") if "`, `" in names else [default]
        said |= dict(zip(re.findall(r"`(LEDGERPORT_[A-Z_]+)`", names), each_default, strict=True))
    settings = {each.name: each for each in TABLE}
    for name, default in said.items():
        if not name.startswith("LEDGERPORT_QUICKBOOKS_"):
            assert default.strip("`") == (settings[name].otherwise or settings[name].default), name
    assert settings.keys() - said.keys() == set()


def test_the_table_of_roles_there_is_the_one_that_is_checked():
    table = README.split("## People and roles")[1].split("\n## ")[0]
    shown = re.findall(r"^\| (.+) \| `(\w+)` \|$", table, re.MULTILINE)
    assert shown == [(about, least) for least, about in PERMISSIONS.values()]
    assert f"`{'`, `'.join(ROLES)}`" in table
    assert set(re.findall(r"`LEDGERPORT_OIDC_<NAME>_(\w+)`", table)) == {
        *(each.name for each in OF_ISSUER), *(f"{each.name}_FILE" for each in OF_ISSUER if each.may_be_file),
    }  # fmt: skip


def test_every_folder_named_there_is_there():
    table = README.split("## Where things are")[1].split("\n## ")[0]
    for name in re.findall(r"`([a-z_/]+/)`", table):
        places = [ROOT, ROOT / "runtime", ROOT / "tests"]
        assert any((place / name).is_dir() for place in places), name


def test_the_hosts_that_refuse_a_long_list_are_those_that_a_listing_names() -> None:
    text = " ".join(README.split())
    *first, last = HOSTS
    assert f"More than {LARGEST_LIST} tools are refused by {', '.join(first)} and {last}." in text


def test_the_integration_written_there_passes_the_checks_and_makes_its_tools(tmp_path):
    written = dict(re.findall(r"```yaml\n# (mine/parcels/\w+\.yaml)\n(.*?)```", README, re.DOTALL))
    (tmp_path / "mine" / "parcels").mkdir(parents=True)
    for name, text in written.items():
        (tmp_path / name).write_text(text)

    catalog = compile_catalog([tmp_path / "mine"])

    assert {tool.name for tool in catalog.list_tools("parcels")} == {
        "list_all_parcels_parcels",
        "get_single_parcels_parcel_by_id",
        "create_a_parcels_parcel",
        "get_parcels_delivery_report",
    }


def test_the_filters_in_the_address_written_there_come_to_the_request_that_is_shown(tmp_path):
    written = dict(re.findall(r"```yaml\n# mine/parcels/(\w+\.yaml)\n(.*?)```", README, re.DOTALL))
    shown = re.search(r"(    fields:\n      status:.*?)\n\n", README, re.DOTALL).group(1)
    head = written["parcel.yaml"].split("\nfields:")[0]
    for old, new in (
        ("parcels", "patients"),
        ("Parcel", "Patient"),
        ("singular: parcel", "singular: patient"),
    ):
        head = head.replace(old, new)
    example = "    examples:\n      - { prompt: Who?, arguments: { status: active, city: Bern } }\n"
    (tmp_path / "parcels").mkdir()
    (tmp_path / "parcels" / "integration.yaml").write_text(written["integration.yaml"])
    (tmp_path / "parcels" / "patient.yaml").write_text(f"{head}\n{textwrap.dedent(shown)}\n{example}")

    catalog = compile_catalog([tmp_path])
    text = show_requests(catalog, catalog.by_name["list_all_parcels_patients"])

    assert "/patients?status=active&city=Bern&page=1&per_page=20\n" in text


def test_every_package_is_in_the_picture_of_the_architecture():
    picture = re.search(r"```mermaid\n(.*?)```", README, re.DOTALL).group(1)
    packages = [
        *(each.parent.name for each in (ROOT / "generator").glob("*/__init__.py")),
        *(each.parent.name for each in (ROOT / "runtime").glob("*/__init__.py")),
    ]

    assert len(packages) > 10
    assert [name for name in packages if not re.search(rf'\b{name}(\["|: )', picture)] == []


def test_the_note_on_a_former_name_that_is_shown_there_is_what_an_answer_says():
    tool = made_up.tool("list_all_harbor_boats", {}, made_up.GET.call, made_up.GET.returns)
    assert explain_former_name(tool, "list_harbor_ships") in README

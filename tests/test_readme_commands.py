"""Every command that the README shows: run as it stands in a copy of the folder, or named here with the reason."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OURS = r"(?:ledgerport|scripts/[a-z-]+)(?=\s|$)"

RUN = {
    "ledgerport token create platform": "ledgerport token create platform",
    "ledgerport person invite anna@example.com --role owner": (
        "ledgerport person invite anna@example.com --role owner"
    ),
    "ledgerport person list": "ledgerport person list",
    "ledgerport check": "ledgerport check",
    "ledgerport check --json": "ledgerport check --json",
    "ledgerport check --definitions mine": "ledgerport check --definitions mine",
    "ledgerport show create_a_quick_books_department": "ledgerport show create_a_quick_books_department",
    "ledgerport show TOOL --example": "ledgerport show list_all_quick_books_invoices --example",
    "ledgerport cost --tags sales": "ledgerport cost --tags sales",
    "ledgerport diff HEAD~1 definitions": "ledgerport diff HEAD~1 definitions",
    "ledgerport pages --out DIR": "ledgerport pages --out pages",
    "ledgerport settings": "ledgerport settings",
    "ledgerport keys": "ledgerport keys",
    "ledgerport keys integration": "ledgerport keys integration",
    "ledgerport keys short": "ledgerport keys short",
    "ledgerport show create_a_parcels_parcel --example --definitions mine": (
        "ledgerport show create_a_parcels_parcel --example --definitions mine"
    ),
    "ledgerport cost --integration parcels --definitions mine": (
        "ledgerport cost --integration parcels --definitions mine"
    ),
    "ledgerport diff OLD definitions --fail-on-breaking": (
        "ledgerport diff HEAD~1 definitions --fail-on-breaking"
    ),
    "ledgerport journal head > heads.jsonl": "ledgerport journal head > heads.jsonl",
    "ledgerport journal verify --head heads.jsonl": (
        "ledgerport journal head > heads.jsonl && ledgerport journal verify --head heads.jsonl"
    ),
    "scripts/golden": "scripts/golden",
    'scripts/new-entity --name "work order" --sample FILE.json': (
        'scripts/new-entity --name "work order" --sample order.json && rm definitions/quickbooks/work_order.yaml'
    ),
}
"""What the README shows, and the same with its placeholders filled."""

NOT_RUN = {
    "scripts/deploy": "a folder; test_deploying.py",
    "scripts/demo --provider": "it runs until it is stopped; journeys/test_client_questions.py has its parts",
    "scripts/bench --only clients": "minutes of measuring; tests/bench/test_load.py has its parts",
    "ledgerport simulator --vendor connectwise": "it runs until it is stopped; test_cli.py",
    "ledgerport connect --account ID": "it needs an account; portability/test_keys.py",
    "ledgerport connect --read-only": "it needs an app of the vendor; portability/test_read_only_switch.py",
    "ledgerport show": "it needs the name of a tool; generator/test_shown.py",
    "ledgerport account read-only ID": "it needs an account; portability/test_read_only_switch.py",
    "ledgerport rotate-keys": "it needs two keys; stores/test_key_rotation.py",
    "ledgerport export FILE": "it needs a second installation; operations/test_transfer.py",
    "ledgerport import FILE": "it needs a second installation; operations/test_transfer.py",
    "ledgerport": "the command of a host that starts processes",
    "ledgerport status": "it exits 1 where no server runs; test_operating.py",
    "ledgerport person role EMAIL ROLE": "it needs a person; test_person_command.py",
    "ledgerport person remove EMAIL": "it needs a person; test_person_command.py",
    "ledgerport account list": "it exits 0 with a hint in a folder without accounts; test_operating.py",
    "ledgerport url create NAME --exposure short": "it needs an account; test_operating.py",
    "ledgerport url rotate": "it needs a URL; test_operating.py",
    "ledgerport logs --follow": "it runs until it is stopped; stores/test_call_log.py",
    "ledgerport doctor": "it exits 1 in a folder without a company; test_operating.py",
    "ledgerport serve --workers 4": "it needs PostgreSQL and Redis; faults/test_workers.py",
    "scripts/demo": "test_cli.py runs the demo itself, and journeys/ the servers that it starts",
    "scripts/demo --reset": "test_cli.py",
    "scripts/test": "this is one of its tests",
    "scripts/test tests/journeys/test_clients.py": "this suite has these tests",
    "scripts/check": "it is run before every commit, and takes as long as many tests together",
    "scripts/conformance": "it fetches the public suite",
    "scripts/bench": "it measures for minutes; bench/test_load.py tests its load",
    "scripts/hosts": "it installs a dozen of large frameworks; tests/hosts holds what it runs",
    "ledgerport serve &": "test_cli.py",
    "ledgerport serve --watch": "test_reload.py",
    "ledgerport simulator": "it serves until it is stopped; test_cli.py runs its help, simulators/ the rest",
    "ledgerport coverage": "it needs a reference of the vendor; the one with a folder says where",
    "ledgerport stdio": "it bridges to a server; test_stdio.py",
    "ledgerport sandbox": "the former name of ledgerport simulator; test_cli.py",
    "ledgerport coverage FOLDER": "it needs a reference of the vendor; test_cli.py and test_coverage.py make one up",
    "ledgerport connect": "test_cli.py, with the simulator in place of the vendor",
    'ledgerport connect --name "Craig\'s Landscaping"': "test_cli.py, with the simulator in place of the vendor",
    'ledgerport connect parcels --name "Main depot"': "test_cli.py, with the simulator in place of the vendor",
    'ledgerport connect clinic --name "Main practice"': "test_cli.py, with another vendor",
    "ledgerport diff": "it needs two folders; the one with both is run",
    "ledgerport journal list ACCOUNT": "it needs an account; api/test_journal.py",
    "ledgerport journal show ENTRY": "it needs an entry; api/test_journal.py",
    "ledgerport journal revert ENTRY --dry-run": "it needs an entry; operations/test_undo.py, without the command",
    "ledgerport token create": "it needs a name; the one with a name is run",
    "ledgerport token create NAME --scope tools:call --account ID": "test_cli.py, for an account that is there",
}


def shown() -> Iterator[str]:
    """Our own commands in the README: in its blocks, and in single backticks."""
    for line in README.splitlines():
        if found := re.match(rf"(?:    )?(?:\$ )?({OURS}.*)", line):
            yield re.split(r"\s{2,}", found[1])[0].strip()
    for text in re.findall(r"`([^`]+)`", README.replace("```", "")):
        if re.match(OURS, text):
            yield " ".join(text.split())


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own with two revisions, our environment, and the files that the README's reader would have."""
    folder = tmp_path_factory.mktemp("readme") / "ledgerport"
    folder.mkdir()
    for name in ("definitions", "generator", "runtime", "scripts", "tests/golden", "pyproject.toml"):
        source = ROOT / name
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copied = shutil.copytree if source.is_dir() else shutil.copy
        copied(source, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "order.json").write_text('{"WorkOrder": {"Id": "1", "SyncToken": "0", "DocNumber": "7"}}')
    (folder / "mine" / "quickbooks").mkdir(parents=True)
    (folder / "mine" / "quickbooks" / "term.yaml").write_text("extends: terms\nadd_tags: [crm]\n")
    (folder / "mine" / "parcels").mkdir()
    for name, text in re.findall(r"```yaml\n# (mine/parcels/\w+\.yaml)\n(.*?)```", README, re.DOTALL):
        (folder / name).write_text(text)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    for words in (
        ["init", "-q"],
        ["add", "definitions"],
        *[["commit", "-q", "--allow-empty", "-m", "x"]] * 2,
    ):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder


def test_every_command_is_run_or_has_a_reason():
    assert set(shown()) - set(RUN) - set(NOT_RUN) == set()
    assert set(RUN) | set(NOT_RUN) <= set(shown())


@pytest.mark.parametrize("command", RUN.values(), ids=RUN)
def test_a_command_runs_as_it_stands(copy, tmp_path, command):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=copy,
        env={
            "PATH": f"{copy / '.venv' / 'bin'}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(copy),  # the copy, where the environment has the folder that it was made for
            "LEDGERPORT_DATA": str(tmp_path / "data"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

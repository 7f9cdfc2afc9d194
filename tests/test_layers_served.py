"""A server serves our definitions with the operator's folder over them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from runtime.server.app import Runtime
from runtime.settings import Settings

HIDDEN = "void_a_quick_books_invoice_by_id"


def settings(tmp_path: Path) -> Settings:
    own = tmp_path / "own" / "quickbooks"
    own.mkdir(parents=True)
    (own / "invoice.yaml").write_text("extends: invoices\nmethods: { void: hidden }\n")
    return Settings.load(
        {"LEDGERPORT_DATA": str(tmp_path / "data"), "LEDGERPORT_DEFINITIONS": str(tmp_path / "own")}
    )


def test_what_the_operator_hides_is_not_served(tmp_path: Path) -> None:
    async def names() -> set[str]:
        runtime = Runtime(settings(tmp_path))
        try:
            return set(runtime.get_catalog().by_name)
        finally:
            await runtime.close()

    found = asyncio.run(names())

    assert HIDDEN not in found
    assert "delete_a_quick_books_invoice_by_id" in found


def test_the_process_that_compiles_a_change_knows_every_folder(tmp_path: Path) -> None:
    async def arguments() -> tuple[str, ...]:
        runtime = Runtime(settings(tmp_path))
        try:
            return runtime.build_compiler_arguments()
        finally:
            await runtime.close()

    compiler = asyncio.run(arguments())
    (tmp_path / "own" / "quickbooks" / "invoice.yaml").write_text("extends: invoises\nadd_tags: [crm]\n")
    done = subprocess.run(
        [sys.executable, *compiler], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 1
    assert 'There is no resource "invoises" to extend. Did you mean "invoices"?' in done.stdout

"""The request of every example in our definitions can be shown, with placeholders where it has secrets."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from generator.catalog import Example
from generator.compile import compile_catalog
from runtime.commands.examples import show_requests
from tests.builtin import builtin_catalog
from tests.offenders import report_offenders

MADE_UP = Path(__file__).parent / "portability" / "definitions"
CATALOG = builtin_catalog()
SIGN_IN = {
    "quickbooks": "Bearer {access_token}",
    "connectwise": "Basic {basic:{company_id}+{public_key}:{private_key}}",
}


def test_every_example_comes_to_a_request():
    def find(tool):
        text = show_requests(CATALOG, tool)
        made = len(re.findall(r"^  (?:GET|POST|PUT|PATCH|DELETE) https://", text, re.MULTILINE))
        if made != len(tool.examples):
            yield f"{made} requests of {len(tool.examples)} examples"
        if text.count(f"\n  Authorization: {SIGN_IN[tool.integration]}\n") != made:
            yield "no sign-in"
        if "nothing is sent" in text:
            yield "nothing is sent"

    report_offenders(CATALOG.tools, find, lambda tool: tool.name)


@pytest.mark.parametrize(
    ("vendor", "tool", "shown"),
    [
        ("quay", "list_all_quay_crates", ["X-API-Key: {api_key}"]),
        (
            "harbor",
            "list_all_harbor_boats",
            ["Authorization: Basic {basic:{site}+{public_key}:{private_key}}", "X-Client: {client_id}"],
        ),
    ],
)
def test_the_headers_of_a_vendor_with_keys_are_shown_as_they_are_defined(tmp_path, vendor, tool, shown):
    shutil.copytree(MADE_UP / vendor, tmp_path / vendor)
    catalog = compile_catalog([tmp_path])
    example = Example("Which are there?", {})

    text = show_requests(catalog, replace(catalog.by_name[tool], examples=(example,)))

    for header in shown:
        assert f"\n  {header}\n" in text

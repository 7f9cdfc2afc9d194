"""PKCE, the grace of a refresh token and the confirmation of a company are facts of a definition, of any vendor."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.compile import compile_catalog
from generator.diagnostics import DefinitionErrors
from generator.vendor import Confirmation

QUAY = Path(__file__).resolve().parent / "definitions" / "quay"
OAUTH = """auth:
  type: oauth2
  authorize_url: https://quay.example/authorize
  token_url: https://quay.example/token
  scopes: [crates]
  pkce: true
  refresh_token: { rotates: true, idle_expiry: 30d, grace_period: 2m }
  confirm: { request: "GET /piers/{pier}", response_path: pier.id, equals: "{pier}" }
"""
ACCOUNT = """account:
  pier: { title: Pier, description: Where it is., from: callback.pier, identifies: true }
"""


def defined(folder: Path, oauth: str = OAUTH) -> Path:
    """The made-up vendor's definitions with another way to prove an account."""
    shutil.copytree(QUAY, folder / "quay")
    file = folder / "quay" / "integration.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith(("auth:", "account:", "  api_key:")))
    file.write_text(text + "\n" + oauth + "\n" + ACCOUNT, encoding="utf-8")
    return folder


def test_they_are_read_from_yaml(tmp_path: Path) -> None:
    auth = compile_catalog(defined(tmp_path)).integrations["quay"].auth
    assert (auth.pkce, auth.grace_seconds) == (True, 120)
    assert auth.confirm == Confirmation("/piers/{pier}", ("pier", "id"), "{pier}")


def test_a_company_that_comes_from_the_callback_must_be_confirmed(tmp_path: Path) -> None:
    unconfirmed = "".join(line for line in OAUTH.splitlines(keepends=True) if "confirm:" not in line)
    with pytest.raises(DefinitionErrors, match=r"auth\.confirm has to be given"):
        compile_catalog(defined(tmp_path, unconfirmed))


def test_a_confirmation_is_filled_from_the_account_alone(tmp_path: Path) -> None:
    with pytest.raises(DefinitionErrors, match=r"\{dock\} is filled by nothing"):
        compile_catalog(defined(tmp_path, OAUTH.replace("/piers/{pier}", "/piers/{dock}")))


def test_a_confirmation_only_reads(tmp_path: Path) -> None:
    with pytest.raises(DefinitionErrors, match="must be GET and a path"):
        compile_catalog(defined(tmp_path, OAUTH.replace("GET /piers", "POST /piers")))

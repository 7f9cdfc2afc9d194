from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.connect.headers import authorize_headers
from runtime.connect.sealing import open_credentials
from runtime.errors import NeedsReauth
from runtime.model import Credentials
from tests.deployment import BOOKS, DESK, deploy


def test_oauth_sends_the_access_token(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    account = here.accounts.find(here.accounts.create("Shop", "books")["id"])
    assert authorize_headers(BOOKS, account, Credentials("abc")) == {"Authorization": "Bearer abc"}


def test_templates_are_filled_from_open_and_secret_fields(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    account = here.accounts.find(here.add_desk()["id"])
    credentials = open_credentials(here.keys, account)
    assert authorize_headers(DESK, account, credentials) == {
        "Authorization": "Basic " + base64.b64encode(b"acme+pub:prv-secret").decode(),
        "clientId": "cid-secret",
    }


def test_a_value_with_braces_is_not_filled_again(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    account = replace(
        here.accounts.find(here.add_desk()["id"]),
        fields={"company": "{client_id}", "public_key": "{basic:x}"},
    )
    sent = authorize_headers(
        DESK, account, Credentials(secrets={"private_key": "p", "client_id": "{company}"})
    )
    assert base64.b64decode(sent["Authorization"][6:]) == b"{client_id}+{basic:x}:p"
    assert sent["clientId"] == "{company}"


def test_a_field_that_is_missing_needs_a_new_account(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    account = here.accounts.find(here.add_desk()["id"])
    with pytest.raises(NeedsReauth, match="private_key"):
        authorize_headers(DESK, account, Credentials())

"""`ledgerport connect`: prints the address at which a person agrees, and waits until they have.

Where the vendor is signed in to with keys, nobody has to agree: the account is made of its fields at once. Elsewhere
the vendor sends the person back to this deployment's public address. When a server answers there, it finishes the
connection and this command only waits for it. When none does and the address is this machine's, the command serves
it meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import click

from generator.vendor import AccountField
from runtime.commands.connect_fields import read_fields
from runtime.commands.opened import ACTOR
from runtime.commands.output import write_json
from runtime.connect.authorize import STATE_SECONDS
from runtime.errors import SettingsError
from runtime.model import AccountId
from runtime.operations.account_keys import AccountKeys
from runtime.operations.accounts import About, Accounts
from runtime.server.app import Application, Runtime
from runtime.server.holding import hold_data
from runtime.server.listening import listen
from runtime.settings import LOOPBACK, Settings
from runtime.stores.records import Records

LOOK_SECONDS = 0.5
"""A person who comes back to the terminal sees the result at once."""
START_SECONDS = 10.0
"""A server starts in about one; the rest is for a loaded machine."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be connected: a company of an integration under a name, or an integrated account once more."""

    integration: str = ""
    name: str = ""
    account_id: str = ""
    is_read_only: bool = False


def run(
    settings: Settings, wanted: Wanted, given: Mapping[str, str] | None = None, *, as_json: bool = False
) -> None:
    """Connect a company, or one again. `given` are the fields of a vendor that is signed in to with keys.

    Raises SettingsError when nobody could receive the answer, the person did not agree, or a field is missing.
    """
    if wanted.account_id and wanted.is_read_only:
        raise SettingsError(
            "--read-only belongs to a new integrated account, and --account names one that is there.",
            advice=f"Make it read only: ledgerport account read-only {wanted.account_id}",
        )
    runtime = Runtime(settings, log=lambda _event, **_fields: None)
    accounts = Accounts(runtime.deployment, runtime.tokens)
    asked = _list_fields(accounts, wanted, given or {})
    if asked or given:
        fields = read_fields(asked, given or {})
        _report(asyncio.run(_connect_by_keys(accounts, wanted, fields)), as_json=as_json)
        return
    with _receiver(settings):
        if wanted.account_id:
            begun = accounts.connect(wanted.account_id, actor=ACTOR)
        else:
            begun = _create(accounts, wanted, {})
        records, account = runtime.stores.records, AccountId(begun["id"])
        before = _connections(records, account)
        # For a program the output is the account alone; the address is for the person.
        click.echo(
            f"Open this address in a browser, sign in, and agree:\n\n  {begun['authorize_url']}\n",
            err=as_json,
        )
        click.echo("Waiting for the answer (10 minutes, Ctrl-C to give up) …", err=True)
        _report(_wait(accounts, records, account, before), as_json=as_json)


def _list_fields(accounts: Accounts, wanted: Wanted, given: Mapping[str, str]) -> tuple[AccountField, ...]:
    """Return the fields to ask for; of an account that is there, what is no secret stays unless it is given."""
    if not wanted.account_id:
        return accounts.list_wanted_fields(wanted.integration)
    every = accounts.list_wanted_fields(accounts.find(wanted.account_id).integration)
    return tuple(each for each in every if each.secret or each.name in given)


async def _connect_by_keys(accounts: Accounts, wanted: Wanted, fields: Mapping[str, str]) -> dict[str, Any]:
    keys = AccountKeys(accounts)
    try:
        if wanted.account_id:
            return await keys.replace(wanted.account_id, fields, actor=ACTOR)
        await keys.check_new(wanted.integration, fields)
    finally:
        await accounts.tokens.close()
    return _create(accounts, wanted, fields)


def _create(accounts: Accounts, wanted: Wanted, fields: Mapping[str, str]) -> dict[str, Any]:
    about, name = About(read_only=wanted.is_read_only), wanted.name or "Company"
    return accounts.create(name, wanted.integration, fields, about=about, actor=ACTOR)


def _report(account: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        write_json(account)
    else:
        click.echo(f"Connected: {account['name']} (integrated account {account['id']}).")


def _connections(records: Records, account: AccountId) -> int:
    """How often a person has connected the account. Its state or time would not show it: a server refreshes tokens."""
    return sum(entry.action == "account.connected" for entry in records.list_audit(account))


def _wait(accounts: Accounts, records: Records, account: AccountId, before: int) -> dict[str, Any]:
    """Return the account when a person has connected it. Raises SettingsError when nobody does."""
    deadline = time.monotonic() + STATE_SECONDS
    while time.monotonic() < deadline:
        accounts.get(account)  # it may be deleted meanwhile
        if _connections(records, account) > before:
            return accounts.get(account)
        time.sleep(LOOK_SECONDS)
    raise SettingsError(
        "Nobody agreed within ten minutes.", advice="Run the command again for a new address."
    )


@contextmanager
def _receiver(settings: Settings) -> Iterator[None]:
    """Somebody who receives the person at the public address: a running server, or one for as long as this takes."""
    if _answers(settings.public_url):
        yield
        return
    if urlsplit(settings.public_url).hostname not in LOOPBACK:
        raise SettingsError(
            f"No Ledgerport answers at {settings.public_url}.",
            advice="Start it there with ledgerport serve, then run this again.",
        )
    from runtime.server.serve import make_server

    listener = listen(settings)
    _held = hold_data(settings)
    server = make_server(Application(Runtime(settings, log=lambda _event, **_fields: None)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url + "/healthz", timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError:
        return False
    except OSError:
        return False

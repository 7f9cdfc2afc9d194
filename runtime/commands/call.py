"""`ledgerport call`: one call of a tool from the command line, by the same path as an agent's.

It is checked, journaled and counted as any call. The account's whole toolset is open to it: who may run it has the
deployment's secret key.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runtime.commands.exit_on_error import FAILED, exit_on_error
from runtime.commands.opened import choose_account, open_runtime
from runtime.commands.output import json_option, write_json
from runtime.errors import SettingsError

if TYPE_CHECKING:
    from runtime.exchange.tool_answer import Answer

NAME = "ledgerport call"
FROM_INPUT = "-"
"""In place of the arguments: they are read from the standard input."""


@click.command()
@click.argument("tool")
@click.argument("arguments", default="{}")
@click.option(
    "--account", default="", help="The id of the integrated account; not needed where there is only one."
)
@click.option(
    "--idempotency-key", default="", help="Of a write: a repeat under the same key gets the first answer."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where a file is written that it answers."
)
@json_option
@exit_on_error()
def call(
    *, tool: str, arguments: str, account: str, idempotency_key: str, out: Path | None, as_json: bool
) -> None:
    """Call a TOOL with ARGUMENTS in JSON, or - to read them from the standard input.

    The answer goes to the standard output, what there is to note about it to the standard error. Exits 1 when the call
    fails. `ledgerport show TOOL` lists the arguments.
    """
    given = _read_arguments(sys.stdin.read() if arguments == FROM_INPUT else arguments)
    answer = asyncio.run(_call(tool, given, account, idempotency_key))
    if answer.file is not None and answer.error is None:
        _write_file(answer, out)
    if as_json:
        write_json(_as_json(answer, out))
    else:
        _print(answer)
    if answer.error is not None:
        sys.exit(FAILED)


async def _call(name: str, arguments: dict[str, Any], account_id: str, key: str) -> Answer:
    from runtime.model import ApiTokenId, Grant, ServerConfig
    from runtime.operations.accounts import Accounts

    async with open_runtime() as runtime:
        accounts = Accounts(runtime.deployment, runtime.tokens)
        account = await accounts.fetch(await asyncio.to_thread(choose_account, account_id, accounts))
        tools = {tool.name: tool for tool in runtime.catalog.list_tools(account.integration)}
        grant = Grant(account, ServerConfig(), api_token_id=ApiTokenId("command_line"), client=NAME)
        return await runtime.calls.call(grant, tools, name, arguments, idempotency_key=key)


def _read_arguments(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as problem:
        raise SettingsError(f"The arguments are not JSON: {problem}.") from None
    if not isinstance(found, dict):
        raise SettingsError("The arguments are not a JSON object.", advice='Such as \'{"id": "5"}\'.')
    return found


def _write_file(answer: Answer, out: Path | None) -> None:
    assert answer.file is not None
    if out is None:
        raise SettingsError(
            f"The tool answers a file, {answer.file.name} ({len(answer.file.content):,} bytes).",
            advice="Say with --out FILE where it is to be written.",
        )
    out.write_bytes(answer.file.content)


def _print(answer: Answer) -> None:
    if answer.error is not None:
        click.echo(f"ledgerport: {answer.error.as_text()}", err=True)
        return
    for each in (answer.preface, answer.note):
        if each:
            click.echo(each, err=True)
    if answer.file is None:
        click.echo(answer.text)


def _as_json(answer: Answer, out: Path | None) -> dict[str, Any]:
    if answer.error is not None:
        return {"error": answer.error.as_dict(), "status": answer.status}
    if answer.file is not None:
        return {"file": str(out), "media_type": answer.file.media_type, "status": answer.status}
    try:
        result = json.loads(answer.text)
    except ValueError:
        result = answer.text
    company = {"company": dict(answer.company)} if answer.company else {}
    return {"result": result, "note": answer.note or None, "status": answer.status, **company}

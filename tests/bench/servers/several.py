"""Our server where every secret URL reaches eight companies, as an OAuth grant does: the account of the URL first.

`python -m tests.bench.servers.several serve`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import cast

from runtime.commands.cli import main
from runtime.model import AuditEntry, Grant, TokenHash
from runtime.server.app import Runtime
from tests.bench.deployment import make_account

COMPANIES = 8
_find_one = cast("Callable[[Runtime, TokenHash], Grant | None]", Runtime.find_grant)


@lru_cache(maxsize=1)
def _add_companies(runtime: Runtime, token_hash: TokenHash) -> Grant | None:
    """The grant of a URL with seven more companies, which are put into the records."""
    grant = _find_one(runtime, token_hash)
    if grant is None:
        return None
    companies = [grant]
    for number in range(1, COMPANIES):
        account = replace(make_account(runtime.keys), name=f"Client {number}", company=str(number))
        runtime.stores.records.add_account(
            account, AuditEntry(account.created_at, "bench", "account.created", account.id)
        )
        companies.append(replace(grant, account=account))
    return replace(grant, companies=tuple(companies))


if __name__ == "__main__":
    Runtime.find_grant = _add_companies  # type: ignore[method-assign, assignment]
    main()

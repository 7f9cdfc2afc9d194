"""What is added to the chain of a journal, for those that import no SQLAlchemy. Called by `journal_queue`."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple


class NewLink(NamedTuple):
    """A link to be added to the chain of an account: the values of its row without `seq` and `hash`.

    `settles`: it is an outcome that is added only as long as its entry has none. `run` is the process that adds it.
    """

    table: Literal["journal", "journal_outcome"]
    values: dict[str, Any]
    run: str = ""
    settles: bool = False

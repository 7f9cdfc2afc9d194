"""What happens that other programs may want to know: values, without storage and HTTP.

`stores.emitting` stores an event in the transaction of the change that it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEFAULT_TENANT = "default"
"""The tenant of everything that was not given one."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at a time. `data` names things by their ids and has no secret.

    `key` makes it unique: of several events with one key the first is stored. Empty for one that is unique anyway.
    """

    type: str
    at: float
    data: Mapping[str, Any]
    tenant_id: str = DEFAULT_TENANT
    key: str = ""

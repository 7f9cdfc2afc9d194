"""What one deployment is made of, handed over as one value: whoever needs some of it takes it from there.

Made once, by `server.app` or a command, when the settings are read and the stores are open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.catalog import Catalog
from runtime.keys.crypto import Keys
from runtime.model import Clock
from runtime.settings import Settings
from runtime.watching.counts import Counts

if TYPE_CHECKING:
    from runtime.stores.embedded import Stores


@dataclass(frozen=True, slots=True)
class Deployment:
    """The settings, the keys, the stores, what to ask for the catalog that is served now, the clocks and the counts."""

    settings: Settings
    keys: Keys
    stores: Stores
    catalog: Callable[[], Catalog]
    clock: Clock = time.time
    """Seconds since the epoch."""
    monotonic: Clock = time.monotonic
    """Seconds that no change of the system's time moves."""
    counts: Counts = field(default_factory=Counts)

"""The rotation of the secret key: everything is sealed anew in small steps, while servers serve.

Called by `commands.rotate_keys`. Before it every server has the new key and, as a previous one, the old: each
opens what either has sealed, and seals with the new one. It can be interrupted and repeated at any moment. Last of all
the database itself becomes the new key's; the old one can be removed from then on, and not before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from runtime.deployment import Deployment
from runtime.errors import SealBroken, StorageUnavailable
from runtime.model import AuditEntry
from runtime.stores.sealed_records import PLACES, Place

STEP = 100
"""Values of one transaction: it takes some milliseconds, which is what a server's own changes wait at most."""
TRIES = 60
"""How often a step is made that finds another change under way: for half a minute, longer than a server is busy."""
_PAUSE_SECONDS = 0.5
"""A server stores a change in some milliseconds; sooner it would be the same one."""
Report = Callable[[int], None]


@dataclass
class Rotation:
    """What came of it. `left` are the values that are sealed otherwise, by the place; `broken` no key here opens."""

    resealed: int = 0
    broken: int = 0
    left: dict[str, int] = field(default_factory=dict)
    is_finished: bool = False


class KeyRotation:
    """Seals anew."""

    def __init__(
        self, deployment: Deployment, step: int = STEP, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._deployment = deployment
        self._keys = deployment.keys
        self._records = deployment.stores.records
        self._step, self._pause = step, pause
        self._broken = 0

    def count(self) -> int:
        """Return how many values are to be sealed anew."""
        prefix = self._keys.seal_prefix
        return sum(self._records.count_sealed_otherwise(place, prefix) for place in PLACES)

    def run(self, report: Report = lambda _done: None) -> Rotation:
        """Seal everything anew, reporting after each step how many that were. Raises StorageUnavailable."""
        found = Rotation()
        prefix = self._keys.seal_prefix
        for place in PLACES:
            after = None
            while True:
                after, done = self._make_step(place, after)
                found.resealed += done
                report(done)
                if after is None:
                    break
        for place in PLACES:
            if left := self._records.count_sealed_otherwise(place, prefix):
                found.left[place.name] = left
        found.broken = self._broken
        found.is_finished = not found.left and self._finish(found)
        return found

    def _make_step(self, place: Place, after: object) -> tuple[object, int]:
        for _ in range(TRIES):
            try:
                return self._records.reseal_part(
                    place, self._keys.seal_prefix, self._reseal, after, self._step
                )
            except StorageUnavailable:
                self._pause(_PAUSE_SECONDS)
        return self._records.reseal_part(place, self._keys.seal_prefix, self._reseal, after, self._step)

    def _reseal(self, sealed: bytes, owner: str) -> bytes:
        """Return the content sealed anew; as it is where no key here opens it."""
        try:
            return self._keys.seal(self._keys.open(sealed, owner), owner)
        except SealBroken:
            self._broken += 1
            return sealed

    def _finish(self, found: Rotation) -> bool:
        check = self._keys.check_value()
        if self._records.find_check() == check and not found.resealed:
            return True
        if not self._records.finish_rotation(self._keys.seal_prefix, check, self._keys.seal_lasting_key()):
            return False
        details = {"resealed": found.resealed}
        self._records.add_audit(
            AuditEntry(self._deployment.clock(), "command line", "keys.rotated", "deployment", details)
        )
        return True

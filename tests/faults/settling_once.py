"""A process of a fleet that settles what others have left open, without the minutes until they must have died."""

from __future__ import annotations

import asyncio
import os

from runtime.operations import settling
from runtime.server.app import Runtime
from runtime.settings import Settings


async def main() -> None:
    """Settle once."""
    runtime = Runtime(Settings.load(os.environ))
    try:
        await runtime.settling.settle_all()
    finally:
        await runtime.close()


if __name__ == "__main__":
    settling.UNDER_WAY_SECONDS = 0.0
    asyncio.run(main())

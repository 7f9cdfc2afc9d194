"""`ledgerport serve` with every logger of every library at its lowest level, through the product's own handler."""

from __future__ import annotations

import asyncio
import logging

from runtime import logs
from runtime.commands import cli

ours = logs.configure_libraries


def tame_libraries() -> None:
    """Do what the product does, and let everything through."""
    ours()
    logging.getLogger().setLevel(logging.DEBUG)
    logging.captureWarnings(True)
    for name in ("asyncio", "aiohttp", "uvicorn.error", "sqlalchemy.engine", "sqlalchemy.pool", "multipart"):
        logging.getLogger(name).setLevel(1)


if __name__ == "__main__":
    logs.configure_libraries = tame_libraries
    asyncio.log.logger.setLevel(logging.DEBUG)
    cli.main()

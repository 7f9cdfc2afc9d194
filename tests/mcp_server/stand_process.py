"""The endpoint of `stand` by both transports in a process of its own, one of a fleet: `PORT REDIS_URL`."""

from __future__ import annotations

import sys

import uvicorn

from runtime.redis_address import parse_redis_url
from runtime.server.fast_path import make_protocol
from runtime.stores.embedded import make_mailbox
from runtime.stores.redis_link import RedisLink
from tests.mcp_server.old_clients import KEYS, Transport
from tests.mcp_server.stand import TOKEN, Stand, make_grant

if __name__ == "__main__":
    address = parse_redis_url(sys.argv[2])
    assert address is not None
    stand = Stand(grants={TOKEN: make_grant(), "another": make_grant()})
    transport = Transport(stand, make_mailbox(RedisLink(address), KEYS))
    uvicorn.run(
        transport,
        port=int(sys.argv[1]),
        http=make_protocol(stand.endpoint.respond),
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )

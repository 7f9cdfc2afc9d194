"""A client that counts on idle connections for less long than a vendor holds them never writes to a closed one."""

from __future__ import annotations

import uvicorn

from runtime.simulators.quickbooks import server
from runtime.upstream import client


def test_the_simulator_holds_idle_connections_for_longer_than_our_client_uses_them(monkeypatch):
    configs = []
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, **_: configs.append(self.config))
    server.serve(server.Options(), lambda _line: None)
    assert configs[0].timeout_keep_alive > client.IDLE_SECONDS

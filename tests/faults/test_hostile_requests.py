"""Well-formed HTTP with hostile content at both endpoints of a real server, over one connection that stays open.

The vendor is the simulator, of whose answers every third is hostile. No request ends in HTTP 500 or an internal error,
none leaves a line of a library or a failure in the log, and none takes more processor time than its size allows.

`LEDGERPORT_TEST_HOSTILE` sets how many requests; `LEDGERPORT_TEST_SEED` the seed, which a failure names together with
the number of the request. What was found once is in `FOUND`, and is sent in each run. To look for more, 100,000
requests: LEDGERPORT_TEST_SEED=$RANDOM LEDGERPORT_TEST_HOSTILE=100000 python -m pytest -s <this file>
"""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runtime.api.mapping_table import PATH as MAPPING
from runtime.api.table import TABLE
from runtime.commands import demo, demo_http, demo_processes
from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from tests.builtin import builtin_catalog, store_builtin_catalog
from tests.faults.hostile_arguments import Known, Sent
from tests.faults.hostile_attack import Attack, Connection, Figures, Target
from tests.faults.hostile_requests import Requests
from tests.faults.hostile_vendor import Complaints, HostileVendor
from tests.faults.process import new_token
from tests.serving import served
from tests.simulators.quickbooks.conftest import CLIENT, empty_company

COUNT = int(os.environ.get("LEDGERPORT_TEST_HOSTILE", "4000"))
SEED = int(os.environ.get("LEDGERPORT_TEST_SEED", "8"))
FOUND = [(31, 118), (31, 128), (31, 432), (599758801, 1223), (8, 3629)]
"""Seed and number of requests that once found something: lines of a library about a form, addresses too long, a
number beyond doubles in a response of the vendor, and a write for a company that was never connected.
"""
HOSTILE_SHARE = 0.35
"""Of the vendor's answers, once the company is connected."""
CONFIGS: list[dict[str, Any]] = [
    {},
    {"tool_exposure": "discovery"},
    {"require_api_token_auth": True},
    {"methods": ["read"]},
    {"methods": ["write", "custom"], "tool_exposure": "discovery", "max_answer_bytes": 1},
    {"show_sensitive": True, "max_answer_bytes": 2_000, "rate_limit_style": "http_429"},
]


@contextmanager
def vendor_of(seed: int) -> Iterator[tuple[HostileVendor, int]]:
    """The vendor and its port."""
    store = Store(":memory:")
    empty_company().store.connection.backup(store.connection)
    application = Application(store, dict([CLIENT]))
    application.throttle.is_on = False
    vendor = HostileVendor(application, seed)
    complaints, server_log = Complaints(vendor.complaints), logging.getLogger("uvicorn.error")
    server_log.addHandler(complaints)
    try:
        with served(vendor) as running:
            yield vendor, running.port
    finally:
        server_log.removeHandler(complaints)


@contextmanager
def target_of(data: Path, seed: int) -> Iterator[Target]:
    """The server with a connected company, one MCP server for each configuration, and API tokens."""
    with vendor_of(seed) as (vendor, vendor_port), socket.create_server(("127.0.0.1", 0)) as probe:
        place = demo.Demo(data, int(probe.getsockname()[1]), vendor_port)
        probe.close()
        environment = {
            "LEDGERPORT_DATA": str(data), "LEDGERPORT_PORT": str(place.port), "LEDGERPORT_PUBLIC_URL": place.url,
            "LEDGERPORT_LOG_FORMAT": "json", "LEDGERPORT_UPSTREAM_TIMEOUT": "20",
            "LEDGERPORT_QUICKBOOKS_CLIENT_ID": CLIENT[0], "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": CLIENT[1],
            "LEDGERPORT_QUICKBOOKS_ORIGIN": place.simulator_url,
        }  # fmt: skip
        log = data / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "runtime", "serve"],
                env={**os.environ, **environment}, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        try:
            demo_processes.await_ready(process, place.url + "/healthz")
            known = _known(place, environment)
            vendor.share = HOSTILE_SHARE
            yield Target(process, place.port, known, vendor, log)
        finally:
            process.kill()
            process.wait(10)


def _known(place: demo.Demo, environment: dict[str, str]) -> Known:
    api = demo_http.Api(place.url, new_token(place.data, **environment))
    account = api.call("POST", "/integrated-account", {"name": "Shop"})
    demo_http.sign_in(place.url, account["authorize_url"])
    path = f"/integrated-account/{account['id']}/mcp"
    urls = [f"/mcp/{api.call('POST', path, {'name': 'Agent', 'config': each})['token']}" for each in CONFIGS]
    bound = {"name": "Bound", "scopes": ["tools:call"], "integrated_account_id": account["id"]}
    tokens = [api.token, api.call("POST", "/api-token", bound)["token"], "lp_wrong"]
    discovery = [
        url for url, config in zip(urls, CONFIGS, strict=True) if config.get("tool_exposure") == "discovery"
    ]
    known = Known(urls, discovery, account["id"], tokens)
    known.servers += [(account["id"], api.call("POST", path, {"name": "Changed"})["id"]) for _ in range(9)]
    quiet = {"url": "https://hooks.example.com/x", "types": ["budget.reached"]}
    for _ in range(3):
        known.learn(api.call("POST", "/webhook", quiet))
        known.learn(api.call("POST", "/link-token", {"name": "Customer"}))
    known.learn_links(_answer_with_link(api, account["id"], urls[0]))
    known.entries = [
        each["id"] for each in api.call("GET", f"/integrated-account/{account['id']}/journal")["result"]
    ]
    return known


def _answer_with_link(api: demo_http.Api, account: str, url: str) -> bytes:
    """What a tool answers that reads a file."""
    tools = f"/integrated-account/{account}/tools"
    payer = api.call("POST", f"{tools}/create_a_quick_books_customer", {"DisplayName": "A"})
    payment = {"CustomerRef": {"value": payer["Id"]}, "TotalAmt": 1}
    made = api.call("POST", f"{tools}/create_a_quick_books_payment", payment)
    params = {"name": "download_a_quick_books_payment_pdf_by_id", "arguments": {"id": made["Id"]}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return json.dumps(api.call("POST", url, message)).encode()


def test_hostile_requests_never_end_in_an_internal_error_or_take_long(tmp_path: Path) -> None:
    store_builtin_catalog(tmp_path)
    with target_of(tmp_path, SEED) as target:
        attack = Attack(target, Requests(builtin_catalog(), target.known, "quickbooks"))
        for seed, number in FOUND:
            attack.run(seed, [number])
        attack.run(SEED, range(COUNT))
        after = Connection(target.port).exchange(Sent(False, "GET", "/healthz", [], b"", ""))

        print(f"\nseed {SEED}, {COUNT} requests\n{attack.figures}")
        assert not attack.failures, "\n\n".join([f"seed {SEED}", *attack.failures])
        assert (after.status, json.loads(after.body)) == (200, {"status": "ok"})
        assert target.process.poll() is None
        assert_reached_everything(attack.figures)


def assert_reached_everything(figures: Figures) -> None:
    """Requests that were all refused at the entrance would prove nothing."""
    if COUNT < 4_000:
        return
    assert figures.vendor_asked > COUNT / 20
    assert {
        "mcp tools/call",
        "mcp tools/list",
        "mcp initialize",
        "mcp ping",
        "mcp server/discover",
        "api tools call",
        "page",
        "file link",
    } <= {*figures.worked}
    routes = [  # a mapping needs a second system, keys are of vendors without OAuth, and nobody has a person's session
        f"api {each.method} {each.path}"
        for each in TABLE
        if not each.calls_vendor
        and not each.path.startswith(MAPPING)
        and not each.path.endswith("/keys")
        and each.persons != "only"
    ]
    unanswered = [each for each in routes if not figures.worked[each]]
    assert len(unanswered) <= (len(routes) // 6 if COUNT < 20_000 else 0), (
        unanswered
    )  # chance may leave one out of a short run

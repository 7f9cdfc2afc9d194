"""The paths of a platform with many customers, driven with secrets that can be recognized.

Links for customers, the tokens of MCP servers, the older transport, the bridge, webhooks, and another secret key.
`canary_paths` has the rest.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.faults.canaries import Content, letters
from tests.faults.canary_deployment import ROOT, Place
from tests.faults.canary_driver import ACCOUNT, Driver
from tests.mcp_server.old_clients import Events
from tests.waiting import wait_for, wait_until
from tests.webhook_receiver import Receiver

RETURN_ORIGIN = "https://platform.example"
LINK = "/connect/link/{secret}"
CALL = {"name": "get_quick_books_company_info", "arguments": {}}
PRIVATE_WEBHOOKS = {"LEDGERPORT_WEBHOOK_PRIVATE": "on"}
COMMANDS = (
    ("settings",), ("doctor",), ("status",), ("logs",), ("account", "list"), ("url", "list"), ("token", "list"),
    ("webhook", "list"),
)  # fmt: skip


def drive(place: Place, receiver: Receiver, **variables: str) -> str:
    """Drive all of them against a server that is started here; the URL of an MCP server that is open then."""
    driver = Driver(place)
    token = place.command("token", "create", "test", "--bare")
    driver.api_token = place.canaries.add("API token", token)
    place.start(**PRIVATE_WEBHOOKS, **variables)
    if (path := place.data / "secret.key").exists():
        place.canaries.add("secret key", path.read_text().strip())
    wait_until(lambda: driver.api("GET", "/integrated-account").status_code == 200)
    account = customer_links(driver)
    hook = make_webhook(driver, receiver)
    server = server_tokens(driver, account)
    keyed_requests(driver, account)
    older_transport(driver, server["token"])
    deliveries(driver, receiver, hook)
    if not place.environment.get("LEDGERPORT_REDIS_URL"):  # they know nothing of what stores it
        bridge(driver, account, server["url"])
    commands(driver, receiver)
    for path in ("/metrics", "/log?limit=200", "/tenant", "/openapi.json", "/readyz"):
        driver.api("GET", path, "of the management API")
    place.snapshot("after all paths")
    return str(server["url"])


def customer_links(driver: Driver) -> str:
    """Links that are opened, used, used again, revoked, wrong, and left at the vendor; the account of the first."""
    place, known = driver.place, driver.known
    link, _ = make_link(driver)
    browser, state = open_link(driver, link)
    driver.back(browser, state, "quickbooks", error="access_denied")
    browser, state = open_link(driver, link)
    done = driver.back(browser, state, "quickbooks")
    account = str(httpx2.QueryParams(urlsplit(done.headers["location"]).query)["integrated_account_id"])
    assert done.headers["location"].startswith(RETURN_ORIGIN)
    place.ask("GET", link, LINK + " again")
    place.ask("POST", link, LINK + " again", data={"proof": "x" * 64})
    revoked, made = make_link(driver)
    place.ask("GET", revoked + "x", LINK + " that is wrong")
    driver.api("DELETE", f"/link-token/{made['id']}", "/link-token/{id}")
    place.ask("GET", revoked, LINK + " that is revoked")
    wrong = known.add("wrong token", f"lpl_{letters(43)}")
    for path in (
        f"/connect/link/{wrong}",
        f"/connect/link/{wrong}/x",
        f"/connect/{wrong}",
        f"/link-token/{wrong}",
    ):
        place.ask("GET", path, LINK + " that is wrong")
        driver.api("DELETE", path, LINK + " that is wrong")
    query = known.add("return query", letters(24))
    for body in ({"redirect_uri": f"https://elsewhere.example/?state={query}"}, {"account_id": wrong}):
        driver.api("POST", "/link-token", "/link-token with a bad body", json=body)
    driver.api("GET", "/link-token", "list of link tokens")
    return account


def make_link(driver: Driver) -> tuple[str, dict[str, Any]]:
    """The path of a new link, and what the API answers of it."""
    query = driver.known.add("return query", letters(24))
    body = {
        "tenant_id": "acme",
        "integration": "quickbooks",
        "redirect_uri": f"{RETURN_ORIGIN}/?state={query}",
    }
    answer = driver.api("POST", "/link-token", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    path = urlsplit(made["url"]).path
    driver.known.add("link token", path.rpartition("/")[2])
    return path, made


def open_link(driver: Driver, path: str) -> tuple[httpx2.Client, str]:
    """A browser that has opened a link and pressed its button, and the connect link that it has come to."""
    place, link = driver.place, driver.place.url + path
    browser = httpx2.Client(timeout=60, trust_env=False, headers={"Referer": link})
    page = place.ask("GET", path, LINK, client=browser)
    for cookie in browser.cookies.jar:
        driver.known.add("browser cookie", str(cookie.value))
    proof = driver.known.add("form proof", page.text.partition('name="proof" value="')[2].partition('"')[0])
    gone = place.ask("POST", path, LINK, client=browser, data={"proof": proof})
    asked = httpx2.QueryParams(urlsplit(gone.headers["location"]).query)
    state = driver.known.add("link state", str(asked["state"]))
    return browser, f"{place.url}/connect/{state}"


def server_tokens(driver: Driver, account: str) -> dict[str, Any]:
    """An MCP server that is asked by its path and by a header field, and whose token is replaced; its answer."""
    servers = f"/integrated-account/{account}/mcp"
    made = driver.api("POST", servers, ACCOUNT + "/mcp", json={"name": "A"}).json()
    driver.known.add("MCP token", made["token"])
    old, server = made["token"], made
    for overlap in (60, 60, 0):
        path = f"{servers}/{made['id']}/rotate"
        given = {"overlap_seconds": overlap}
        server = driver.api("POST", path, ACCOUNT + "/mcp/{id}/rotate", json=given).json()
        driver.known.add("MCP token", server["token"])
        for token in (old, server["token"]):
            ask_by_header(driver, token, "tools/list", {})
            ask_by_header(driver, token, "tools/call", CALL)
            driver.rpc(f"{driver.place.url}/mcp/{token}", "tools/call", CALL)
        old = server["token"]
    rotated = driver.place.command("url", "rotate", made["id"], "--overlap", "60", "--bare")
    driver.known.add("MCP token", rotated.rpartition("/")[2])
    assert driver.rpc(rotated, "tools/list", {}).status_code == 200
    driver.api("GET", servers, "list of MCP servers")
    for token in (driver.known.add("wrong token", f"lpm_{letters(43)}"), driver.api_token):
        ask_by_header(driver, token, "tools/list", {})
    return {"token": rotated.rpartition("/")[2], "url": rotated}


def ask_by_header(driver: Driver, token: str, method: str, params: dict[str, Any]) -> httpx2.Response:
    """A request at the one address of all MCP servers."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return driver.place.ask("POST", "/mcp", json=message, headers={"Authorization": f"Bearer {token}"})


def keyed_requests(driver: Driver, account: str) -> None:
    """Requests with an idempotency key that answer a secret, and their repeats; an API token of one tenant."""
    made: list[tuple[str, str, dict[str, Any], str, str]] = [
        ("/api-token", "", {"name": "B", "scopes": ["mcp:read"], "tenant_id": "acme"}, "API token", "token"),
        (f"/integrated-account/{account}/mcp", ACCOUNT + "/mcp", {"name": "B"}, "MCP token", "token"),
        ("/link-token", "", {"integration": "quickbooks"}, "link token", "url"),
        (
            "/webhook",
            "",
            {"url": "http://127.0.0.1:1/", "types": ["budget.reached"]},
            "webhook secret",
            "secret",
        ),
    ]
    for path, label, body, kind, name in made:
        headers = {"Idempotency-Key": driver.known.add("idempotency key", letters(20))}
        answers = [driver.api("POST", path, label, json=body, headers=headers) for _ in range(2)]
        assert answers[0].status_code == 201 and answers[0].content == answers[1].content, answers[0].text
        driver.known.add(kind, answers[0].json()[name].rpartition("/" if name == "url" else " ")[2])
        driver.api("POST", path, label + " with another body", json={**body, "x": 1}, headers=headers)
        if kind == "API token":
            token = {"Authorization": f"Bearer {answers[0].json()['token']}"}
            driver.place.ask("GET", "/integrated-account", "of another tenant", headers=token)


def older_transport(driver: Driver, token: str) -> None:
    """A stream with messages, and what is stored while it is open; one with a wrong token."""
    place = driver.place
    stream = Events(place.port, f"/sse/{token}")
    session = stream.address.rpartition("=")[2]
    driver.known.add("stream session", session)
    place.responses.append(Content("stream", stream.address.encode()))
    for method, params in (("initialize", {}), ("tools/list", {}), ("tools/call", CALL)):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        taken = place.ask("POST", stream.address, "/sse/{token}/messages", json=message)
        assert taken.status_code == 202, taken.text
        event, data = stream.read()
        place.responses.append(Content("stream", f"{event}\n{data}".encode()))
    place.snapshot("while a stream is open")
    wrong = driver.known.add("wrong token", letters(43))
    messages = "/messages?sessionId="
    for path in (f"/sse/{wrong}", f"/sse/{token}{messages}{wrong}", f"/sse/{wrong}{messages}{session}"):
        place.ask("POST", path, "/sse/{wrong}", json={})
    place.ask("GET", f"/sse/{wrong}", "/sse/{wrong}")
    stream.response.close()


def bridge(driver: Driver, account: str, url: str) -> None:
    """`ledgerport stdio` with its secrets in the environment: right, wrong, and where nothing listens."""
    guarded = driver.url_of(account, require_api_token_auth=True)
    wrong = driver.known.add("wrong token", f"lpm_{letters(43)}")
    ping = {"jsonrpc": "2.0", "method": "ping", "id": 1}
    for address, token, message in (
        (guarded, driver.api_token, ping),
        (guarded, wrong, ping),
        (f"{driver.place.url}/mcp/{wrong}", "", ping),
        (
            f"http://127.0.0.1:1/mcp/{wrong}",
            driver.api_token,
            {"jsonrpc": "2.0", "method": "notifications/x"},
        ),
    ):
        given = {"LEDGERPORT_URL": address, "LEDGERPORT_API_TOKEN": token}
        done = subprocess.run(
            [sys.executable, "-m", "runtime", "stdio"], cwd=ROOT, env={**driver.place.environment, **given},
            input=json.dumps(message) + "\n", capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        driver.place.collect_output(("stdio",), done)
    driver.place.command("stdio", LEDGERPORT_URL=url.replace("http:", "ftp:"))
    driver.place.command("stdio", LEDGERPORT_URL=url, LEDGERPORT_API_TOKEN=driver.api_token + " x")


def make_webhook(driver: Driver, receiver: Receiver) -> dict[str, Any]:
    """A webhook for what follows, whose address has a key in it, and whose receiver repeats it and refuses."""
    key = driver.known.add("webhook key", letters(24))
    receiver.statuses, receiver.content = [500], key.encode()
    made: dict[str, Any] = driver.api("POST", "/webhook", json={"url": f"{receiver.url}?key={key}"}).json()
    driver.known.add("webhook secret", made["secret"])
    return made


def deliveries(driver: Driver, receiver: Receiver, hook: dict[str, Any]) -> None:
    """Deliveries that fail, under one secret and under two; a test; one more attempt; and what was never there."""
    path = f"/webhook/{hook['id']}"

    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = driver.api("GET", path + "/deliveries", "of webhooks").json()["result"]
        return found

    tried = wait_for(read, lambda found: any(each["attempts"] for each in found))
    rotated = driver.api("POST", path + "/rotate-secret", "/webhook/{id}/rotate-secret").json()
    driver.known.add("webhook secret", rotated["secret"])
    driver.api("POST", path + "/test", "of webhooks")
    resent = next(each for each in tried if each["attempts"])
    driver.api("POST", f"{path}/deliveries/{resent['id']}/resend", "of webhooks")
    count = len(receiver.requests)
    wait_until(lambda: len(receiver.requests) > count)
    elsewhere = driver.known.add("webhook key", letters(24))
    driver.api("PATCH", path, "of webhooks", json={"url": f"http://127.0.0.1:1/?key={elsewhere}"})
    driver.api("POST", path + "/test", "of webhooks")
    for url in (
        f"https://user:{elsewhere}@hooks.example/",
        f"http://hooks.example/?key={elsewhere}",
        elsewhere,
    ):
        driver.api("POST", "/webhook", "of webhooks", json={"url": url})
    driver.api("GET", "/webhook", "of webhooks")


def commands(driver: Driver, receiver: Receiver) -> None:
    """The commands beside the server, for people and for programs; one webhook by them."""
    place = driver.place
    key = driver.known.add("webhook key", letters(24))
    made = place.command("webhook", "create", f"{receiver.url}?key={key}", "--json", **PRIVATE_WEBHOOKS)
    hook = json.loads(made)
    driver.known.add("webhook secret", hook["secret"])
    for words in (("test", hook["id"]), ("deliveries", hook["id"]), ("delete", hook["id"])):
        place.command("webhook", *words, **PRIVATE_WEBHOOKS)
    for words in COMMANDS:
        place.command(*words, **PRIVATE_WEBHOOKS)
        place.command(*words, "--json", **PRIVATE_WEBHOOKS)
    place.command("export", str(place.folder / "exported"))
    place.extra.append(Content("export", gzip.decompress((place.folder / "exported").read_bytes())))
    wrong = driver.known.add("wrong token", letters(40))
    for words in (("webhook", "test", wrong), ("url", "rotate", wrong), ("account", "test", wrong)):
        place.command(*words)


def rotate_keys(driver_token: str, place: Place, url: str) -> dict[str, str]:
    """Another secret key, while both are given, then alone; the variables with it. The server has ended before."""
    driver = Driver(place)
    driver.api_token = driver_token
    old = place.environment.get("LEDGERPORT_SECRET_KEY") or (place.data / "secret.key").read_text().strip()
    new = driver.known.add("secret key", secrets.token_urlsafe(32))
    driver.known.add("previous secret key", old)
    both = {"LEDGERPORT_SECRET_KEY": new, "LEDGERPORT_PREVIOUS_SECRET_KEYS": old}
    place.start(**both, LEDGERPORT_LOG_FORMAT="json")
    said = wait_for(lambda: place.typed_command("rotate-keys", **both), lambda text: "Everything" in text, 20)
    assert "can be removed" in said
    for words in COMMANDS[:3]:
        place.typed_command(*words, **both)
    assert driver.rpc(url, "tools/list", {}).status_code == 200
    place.end(signal.SIGTERM)
    place.typed_command("rotate-keys", LEDGERPORT_SECRET_KEY=new)
    for wrong in (old[:-4], f"{old},{old[:-4]}", f"{old} {new}"):
        place.typed_command("rotate-keys", LEDGERPORT_SECRET_KEY=new, LEDGERPORT_PREVIOUS_SECRET_KEYS=wrong)
    place.typed_command("token", "list", LEDGERPORT_SECRET_KEY=old)
    return {"LEDGERPORT_SECRET_KEY": new}


def fail_inside(driver: Driver, drop: Callable[[Sequence[str]], None], url: str) -> None:
    """Requests whose secrets are under way when what stores them is gone: errors that nobody has foreseen."""
    link = driver.known.add("wrong token", f"lpl_{letters(43)}")
    header = {"Authorization": f"Bearer {driver.api_token}"}
    key = {"Idempotency-Key": driver.known.add("idempotency key", letters(20))}
    asked: tuple[tuple[str, str, dict[str, Any], dict[str, str]], ...] = (
        ("GET", f"/connect/link/{link}", {}, {}),
        ("GET", f"/connect/{link}", {}, {}),
        ("POST", "/webhook", {"url": "https://hooks.example/"}, header),
        ("POST", "/link-token", {"integration": "quickbooks"}, header),
        ("POST", "/link-token", {"integration": "quickbooks"}, header | key),
        ("POST", "/api-token", {"name": "C"}, header),
        ("POST", urlsplit(url).path, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}, {}),
    )
    drop(("link_token", "webhook", "authorization", "idempotency_key", "call_log"))
    statuses = []
    for method, path, body, headers in asked:
        with httpx2.Client(
            timeout=60, trust_env=False
        ) as client:  # the server closes after what is unforeseen
            response = driver.place.ask(method, path, "that fails", client=client, headers=headers, json=body)
            statuses.append(response.status_code)
    assert 500 in statuses, statuses


def end_badly(place: Place, url: str, processes: Iterable[int]) -> None:
    """SIGABRT for processes in the middle of requests, with Python's own report of the crash in their logs."""
    token = url.rpartition("/")[2]
    with contextlib.suppress(httpx2.TransportError, AssertionError, OSError):
        stream = Events(place.port, f"/sse/{token}")
        driver = Driver(place)
        driver.rpc(url, "tools/list", {})
        for process in processes:
            os.kill(process, signal.SIGABRT)
        stream.read()

"""Every path of the product, driven with secrets that can be recognized."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2

from tests.faults import echoing_vendor as echoes
from tests.faults.canaries import letters
from tests.faults.canary_deployment import PRIVATE, Place
from tests.faults.canary_driver import ACCOUNT, COMPANIES, CONNECT, FILE_LINK, Driver

UPLOAD = "upload_a_quick_books_file"
EMPLOYEE = {"GivenName": "Ada", "SSN": PRIVATE[0]}
CALLS: dict[str, dict[str, Any]] = {
    "get_quick_books_company_info": {},
    "get_single_quick_books_employee_by_id": {"id": "7"},
    "list_all_quick_books_employees": {},
    "query_quick_books": {"query": "select * from Employee"},
    "create_a_quick_books_employee": EMPLOYEE,
    "update_a_quick_books_employee_by_id": {
        "id": "7",
        "SyncToken": "0",
        "SSN": "•••7416",
        "GivenName": "Ada",
    },
    "get_quick_books_profit_and_loss_report": {},
    "download_a_quick_books_invoice_pdf_by_id": {"id": "7"},
    "get_a_quick_books_file_link_by_id": {"id": "7"},
    "send_a_quick_books_invoice_by_id": {"id": "7"},
    "delete_a_quick_books_invoice_by_id": {"id": "7", "SyncToken": "0"},
    "run_a_quick_books_batch": {"calls": [{"tool": "create_a_quick_books_employee", "arguments": EMPLOYEE}]},
}
PASSED_ON = ("download_a_quick_books_invoice_pdf_by_id", "get_a_quick_books_file_link_by_id")
"""What the vendor answers to these is no record, and goes on as it is."""
ON_EVERY_ERROR = (
    "get_single_quick_books_employee_by_id",
    "create_a_quick_books_employee",
    "run_a_quick_books_batch",
)


def every_path(place: Place) -> None:
    """Drive all of them; the server has ended at the end."""
    driver = Driver(place)
    commands(driver)
    place.start()
    key = (place.data / "secret.key").read_text().strip()
    place.canaries.add("secret key", key)
    place.canaries.add("secret key", base64.urlsafe_b64decode(key).hex())
    account = driver.connect("quickbooks")
    url = driver.url_of(account)
    refused_connections(driver, account)
    quay = driver.connect("quay")
    harbor = harbor_account(driver)
    wrong_tokens(driver, account, url)
    bad_bodies(driver, account, url)
    uploads(driver, account, url)
    successes(driver, account, url)
    file_links(driver, account, url)
    other_vendors(driver, [quay, harbor])
    failures(driver, account, url)
    refreshes(driver, account, url)
    management(driver, account)
    place.snapshot("before the crash")
    crash(driver, account, url)
    failing_commands(driver)


def commands(driver: Driver) -> None:
    """API tokens by the command; the first of them makes the database and the secret key."""
    place = driver.place
    driver.api_token = place.canaries.add("API token", place.command("token", "create", "test", "--bare"))
    place.canaries.add("API token", place.command("token", "create", "spare", "--bare"))
    listed = place.command("token", "list")
    spare = next(line.split()[0] for line in listed.splitlines() if "spare" in line)
    place.command("token", "revoke", spare)
    place.command("show", "get_quick_books_company_info", "--example")


def failing_commands(driver: Driver) -> None:
    """Commands that are given a secret where another value belongs, and settings that cannot be right."""
    place, known = driver.place, driver.known
    typed = known.add("typed token", f"lpa_{letters(43)}")
    place.typed_command("token", "revoke", typed)
    key = known.add("secret key", letters(20))
    for given in (key, key + "é"):
        place.command("token", "list", LEDGERPORT_SECRET_KEY=given)
    for name in ("PUBLIC_URL", "DATABASE_URL"):
        secret = known.add("wrong token", letters(20))
        for value in (f"https://user:{secret}@x.example", f"http://x.example/?token={secret}"):
            place.command("token", "list", **{f"LEDGERPORT_{name}": value})
    place.command("token", "list", LEDGERPORT_QUICKBOOKS_CLIENT_SECRET=place.vendor.client_secret + "\n")
    place.command("token", "list", LEDGERPORT_QUICKBOOKS_ENVIRONMENT=place.vendor.client_secret)


def refused_connections(driver: Driver, account: str) -> None:
    """Connections that end badly, each at another point."""
    place, vendor = driver.place, driver.place.vendor
    for error in (
        "access_denied",
        "invalid_scope",
        vendor.client_secret,
        vendor.client_secret[:20],
        vendor.refresh_token,
    ):
        _, link = driver.begin("quickbooks")
        driver.back(driver.open(link), link, "quickbooks", error=error, error_description=vendor.access_token)
    _, link = driver.begin("quickbooks")
    other, mine = httpx2.Client(trust_env=False), driver.open(link)
    place.ask("GET", urlsplit(link).path, CONNECT + " in another browser", client=other)
    driver.back(other, link, "quickbooks")
    driver.back(mine, link, "quickbooks", realmId=vendor.client_secret)
    driver.back(mine, link, "quickbooks")
    driver.back(mine, link[:-3] + "abc", "quickbooks")
    place.ask("GET", urlsplit(link).path, CONNECT + " again", client=mine)
    place.ask(
        "POST", urlsplit(link).path, CONNECT + " again", client=mine, data={"proof": "x" * 64, "token": "y"}
    )
    place.ask(
        "GET", f"/connect/callback?state=a&state={link.rpartition('/')[2]}", "/connect/callback", client=mine
    )
    for integration in COMPANIES:
        for answer in list(echoes.refusals(vendor)):
            vendor.token = lambda answer=answer: answer  # type: ignore[misc]
            _, link = driver.begin(integration)
            driver.back(driver.open(link), link, integration)
        vendor.token = None
        for name in ("fault 403", "fault 500", "page 200", "redirect", "XML 400", "another shape"):
            vendor.api = _repeating(driver, echoes.ERRORS[name])
            _, link = driver.begin(integration)
            driver.back(driver.open(link), link, integration)
        vendor.api = None
    _, link = driver.begin("quay")
    driver.back(driver.open(link), link, "quay", pier=vendor.client_secret)
    driver.connect("quickbooks", account)


def _repeating(driver: Driver, echo: echoes.Echo, private: bool = True) -> Callable[[], bytes]:
    """An answer that repeats all that the vendor knows when it is asked."""
    vendor = driver.place.vendor
    driver.place.repeats_private = private
    return lambda: echo(" ".join([*vendor.secrets(), *(vendor.private if private else ())]))


def harbor_account(driver: Driver) -> str:
    """An account that is connected by keys."""
    fields = {"site": "pier", "public_key": "open"}
    secret = {name: driver.known.make("account key") for name in ("private_key", "client_id")}
    body = {"name": "Boats", "integration": "harbor", "fields": fields | secret}
    made = driver.api("POST", "/integrated-account", json=body)
    assert made.status_code == 201, made.text
    driver.api(
        "POST",
        "/integrated-account",
        json={**body, "fields": {**secret, "privat_key": secret["private_key"]}},
    )
    driver.api(
        "POST", "/integrated-account", json={**body, "fields": {**fields, "private_key": [*secret.values()]}}
    )
    return str(made.json()["id"])


def wrong_tokens(driver: Driver, account: str, url: str) -> None:
    """Tokens that are wrong, or right in a wrong place."""
    place, right = driver.place, driver.api_token
    tools = f"/integrated-account/{account}/tools"
    wrong = [
        driver.known.add("wrong token", each)
        for each in (f"lpa_{letters(43)}", letters(24), letters(12) + "é")
    ]
    for token in [*wrong, right, url.rpartition("/")[2]]:
        raw = token.encode()
        for name, value in (
            ("Authorization", b"Basic " + base64.b64encode(raw)), ("Authorization", raw), ("X-Api-Key", raw),
            ("Cookie", b"token=" + raw), ("Referer", b"http://x.example/?token=" + raw), ("Host", raw),
            ("Origin", b"https://" + raw), ("Upgrade", raw), ("Content-Type", raw), ("Mcp-Session-Id", raw),
            ("Mcp-Protocol-Version", raw), ("Accept", raw), ("Idempotency-Key", raw),
        ):  # fmt: skip
            place.ask("GET", tools, "with a wrong header", headers=[(name, value)])
            place.ask("POST", "/mcp/unknown", "/mcp/unknown", headers=[(name, value)], content=b"{}")
        twice = [("Authorization", f"Bearer {right}"), ("Authorization", b"Bearer " + raw)]
        place.ask("GET", tools, "with two tokens", headers=twice)
        if token in wrong:
            place.ask("GET", tools, "with a wrong token", headers={"Authorization": b"Bearer " + raw})
            place.ask("POST", f"/mcp/{quote(token)}", "/mcp/{wrong}", json={})
            place.ask("GET", f"/mcp/{quote(token)}/sse", "/mcp/{wrong}", json={})
        written = quote(token)
        paths = [f"/{each}/{written}" for each in ("x", "docs", "connect")]
        for path in (*paths, *(f"/{each}?token={written}" for each in ("", "openapi.json", "healthz"))):
            place.ask("GET", path, "a wrong address")
        driver.api("GET", f"/integrated-account?token={quote(token)}", "/integrated-account?token")
        driver.api("GET", f"/integrated-account/{quote(token)}", ACCOUNT)
        driver.api("GET", f"/integrated-account?next_cursor={quote(token)}", "/integrated-account")
        driver.api("DELETE", f"/api-token/{quote(token)}", "/api-token/{id}")
        driver.phase = " with a secret in the name of a tool"
        driver.rest(account, quote(token), {})
        driver.phase = ""
    guarded = driver.url_of(account, require_api_token_auth=True)
    for token in [*wrong, url.rpartition("/")[2]]:
        driver.rpc(guarded, "tools/list", {}, Authorization=f"Bearer {token}".encode())  # type: ignore[arg-type]
    driver.rpc(guarded, "tools/list", {}, Authorization=f"Bearer {right}")


def bad_bodies(driver: Driver, account: str, url: str) -> None:
    """Bodies with a secret in every place, that cannot be read or are not what was asked for."""
    place, mcp = driver.place, urlsplit(url).path
    driver.phase = " with bad arguments"
    shaped = driver.known.add("secret in a body", f"lpa_{letters(43)}")
    for secret in [driver.known.add("secret in a body", letters(22)), shaped]:
        client = {"capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}
        messages = [
            {"id": 1, "method": secret, "params": {}},
            {"id": 1, "method": "tools/list", "params": {"cursor": secret}},
            {"method": "notifications/cancelled", "params": {"requestId": secret, "reason": secret}},
            {"id": 1, "method": "initialize", "params": {"protocolVersion": secret, **client}},
        ]
        bodies: list[Any] = [
            f'{{"a": "{secret}', f"{secret}", f'["{secret}"]', f'{{"{secret}": 1, "{secret}": 2}}',
            f'{{"a": {secret}}}', f"a={secret}", f'{{"jsonrpc": "{secret}", "id": 1, "method": "{secret}"}}',
            f"\ud800{secret}".encode("utf-8", "surrogatepass"),
            *(json.dumps({"jsonrpc": "2.0", **each}) for each in messages),
        ]  # fmt: skip
        for body in bodies:
            for media_type in (
                "application/json",
                f"application/{secret}",
                f"multipart/form-data; boundary={secret}",
            ):
                headers = {"Content-Type": media_type}
                place.ask("POST", mcp, "/mcp/{token} with a bad body", content=body, headers=headers)
                for path in (
                    f"/integrated-account/{account}/tools/{UPLOAD}",
                    "/integrated-account",
                    "/api-token",
                ):
                    driver.api("POST", path, "with a bad body", content=body, headers=headers)
        for arguments in (
            {"id": {"x": secret}},
            {"id": [secret]},
            {"limit": secret},
            {"id": 7, "fields": secret},
        ):
            for tool in CALLS:
                driver.rest(account, tool, arguments)
                driver.mcp(url, tool, arguments)
        driver.api("POST", "/api-token", "with a bad body", json={"name": "x", "scopes": [secret]})
        driver.api(
            "POST",
            f"/integrated-account/{account}/mcp",
            "with a bad body",
            json={"name": "x", "expires_at": secret},
        )
        for key in (f"{secret} x", secret * 20):
            driver.mcp(url, "create_a_quick_books_employee", EMPLOYEE, key=key)
            driver.rest(account, "create_a_quick_books_employee", EMPLOYEE, headers={"Idempotency-Key": key})
    driver.phase = ""


def uploads(driver: Driver, account: str, url: str) -> None:
    """Files with a secret in them, which the vendor takes, refuses, or does not answer; and bad ones."""
    vendor, secret = driver.place.vendor, driver.known.add("uploaded secret", letters(30))
    content = base64.b64encode(f"x {secret} y".encode()).decode()
    answers = [
        _repeating(driver, echoes.ERRORS[name])
        for name in ("fault 400", "fault 500", "XML 500", "reset", "redirect")
    ]
    for answer in [lambda: echoes.record("", PRIVATE[0]), *answers]:
        vendor.api = answer
        driver.rest(account, UPLOAD, {"content": content, "FileName": "a.txt"})
        driver.mcp(url, UPLOAD, {"content": content, "FileName": "a.txt"})
        path = f"/integrated-account/{account}/tools/{UPLOAD}"
        files = {"content": ("a.txt", secret.encode() * 100_000, "text/plain")}
        driver.api("POST", path, ACCOUNT + "/tools/{tool}", files=files)
    for wrong in (f"{secret} !", content[:-3], f"data:{secret}", f"https://x.example/{secret}"):
        driver.rest(account, UPLOAD, {"content": wrong, "FileName": "a.txt"})
        driver.mcp(url, UPLOAD, {"content": wrong, "FileName": "a.txt"})
    vendor.api = None


def successes(driver: Driver, account: str, url: str) -> None:
    """Every kind of tool, answered with success by a vendor that repeats its tokens in every text."""
    for tool, arguments in CALLS.items():
        number = "" if tool in PASSED_ON else PRIVATE[0]
        echo = lambda text, number=number: echoes.record(text, number)  # noqa: E731
        driver.place.vendor.api = _repeating(driver, echo, private=False)
        driver.phase = " with a link" if tool == PASSED_ON[0] else ""
        key = driver.known.add("idempotency key", letters(20))
        driver.rest(account, tool, arguments, headers={"Idempotency-Key": key})
        driver.mcp(url, tool, arguments, key=key)
        driver.mcp(url, tool, arguments, key=key)
        driver.mcp(url, tool, {**arguments, "id": "8"}, key=key)
    driver.phase = ""
    searching = driver.url_of(account, tool_exposure="discovery")
    driver.mcp(searching, "call_tool", {"name": "get_quick_books_company_info", "arguments": {}})
    driver.mcp(searching, "search_tools", {"query": driver.api_token})
    driver.rpc(url, "tools/list", {})
    info = {"name": driver.api_token, "version": driver.api_token}
    driver.rpc(url, "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": info})
    driver.place.vendor.api = None


def file_links(driver: Driver, account: str, url: str) -> None:
    """Links to files: opened, read over MCP, changed, of another server, closed, and while the vendor fails."""
    place, download = driver.place, PASSED_ON[0]
    place.vendor.api = lambda: echoes.record("", "")
    strict = driver.url_of(account, require_api_token_auth=True)
    driver.phase = " with a link"
    link = _link_in(driver.mcp(url, download, {"id": "7"}))
    other = _link_in(driver.mcp(driver.url_of(account), download, {"id": "8"}))
    bearer = {"Authorization": f"Bearer {driver.api_token}"}
    message = {"name": download, "arguments": {"id": "7"}}
    guarded = _link_in(driver.rpc(strict, "tools/call", message, **bearer))
    for path in (
        link,
        other,
        guarded,
        link[:-1],
        link + "x",
        link.replace("_", "%5F", 1),
        f"{link}/",
        f"/mcp{link}",
    ):
        for method in ("GET", "HEAD", "POST"):
            place.ask(method, path, "/files/{link}", headers={"Referer": place.url + link})
    place.ask("GET", guarded, "/files/{link}", headers=bearer)
    place.ask("GET", guarded, "/files/{link}", headers={"Authorization": f"Bearer {guarded}"})
    for uri in (link, other, link[:-1]):
        driver.rpc(url, "resources/read", {"uri": place.url + uri}, **{"MCP-Protocol-Version": "2025-06-18"})
        driver.api("GET", uri, "/files/{link}")
        driver.phase = " with bad arguments"
        driver.rpc(url, "tools/call", {"name": place.url + uri, "arguments": {}})
        driver.phase = " with a link"
    for echo in echoes.ERRORS.values():
        place.vendor.api = _repeating(driver, echo)
        place.ask("GET", link, "/files/{link}")
        driver.rpc(url, "resources/read", {"uri": place.url + link})
    driver.phase, place.vendor.api = "", None
    for server in driver.api("GET", f"/integrated-account/{account}/mcp", ACCOUNT + "/mcp").json()["result"]:
        if server["config"]["require_api_token_auth"]:
            driver.api("DELETE", f"/integrated-account/{account}/mcp/{server['id']}", ACCOUNT + "/mcp/{id}")
    place.ask("GET", guarded, "/files/{link}", headers=bearer)


def _link_in(response: httpx2.Response) -> str:
    return f"/files/{FILE_LINK.findall(response.text)[0]}"


def other_vendors(driver: Driver, accounts: list[str]) -> None:
    """A vendor whose pages are linked, and one that is called with keys in header fields."""
    vendor = driver.place.vendor
    tools = (
        ("list_all_quay_crates", "update_a_quay_crate_by_id"),
        ("list_all_harbor_boats", "get_single_harbor_boat_by_id"),
    )
    for account, names in zip(accounts, tools, strict=True):
        for echo in (_items, *echoes.ERRORS.values()):
            vendor.api = _repeating(driver, echo, private=echo is not _items)
            for name in names:
                arguments = {} if name.startswith("list") else {"id": "7"}
                driver.rest(account, name, arguments | ({"note": "x"} if "update" in name else {}))
    vendor.api = None


def _items(text: str) -> bytes:
    """A page of records, and a link to the next in which a token stands."""
    item = {"id": 7, "owner": text, "name": text, "note": text}
    token = text.split(" ")[0]
    link = f'Link: <https://x.example/?after={quote(token, safe="")}>; rel="next"'
    return echoes.http(200, json.dumps({"items": [item, item]}).encode(), "application/json", link)


def failures(driver: Driver, account: str, url: str) -> None:
    """Every error of the vendor, with all that it knows in it and with each secret alone, at both endpoints."""
    vendor = driver.place.vendor
    for name, echo in echoes.ERRORS.items():
        vendor.api = _repeating(driver, echo)
        for tool, arguments in CALLS.items():
            driver.mcp(url, tool, arguments)
            driver.rest(account, tool, arguments)
        for at in range(len(vendor.secrets()) + len(PRIVATE)):
            vendor.api = lambda at=at, echo=echo: echo([*vendor.secrets(), *PRIVATE][at])  # type: ignore[misc]
            for tool in ON_EVERY_ERROR if name != "reset" else ():
                driver.rest(account, tool, CALLS[tool])
    vendor.api = None


def refreshes(driver: Driver, account: str, url: str) -> None:
    """Refreshes that are refused with all that was sent, one that is killed, and the end of a connection."""
    place, vendor = driver.place, driver.place.vendor
    vendor.lives = 0.001  # every call begins a refresh
    driver.connect("quickbooks", account)
    for answer in list(echoes.refusals(vendor)):
        vendor.token = lambda answer=answer: answer  # type: ignore[misc]
        driver.mcp(url, "get_quick_books_company_info", {})
    reached, killed = threading.Event(), threading.Event()

    def held() -> bytes:
        reached.set()
        killed.wait(0.5)
        return b""

    vendor.token = held
    caller = threading.Thread(target=lambda: _quietly(driver, url), daemon=True)
    caller.start()
    assert reached.wait(30)
    place.end(signal.SIGKILL)
    place.snapshot("killed in a refresh")
    killed.set()
    caller.join(30)
    vendor.token = None
    place.start(LEDGERPORT_LOG_FORMAT="json")
    text = f"{vendor.client_secret} {vendor.refresh_token} {vendor.access_token}"
    vendor.token = lambda: echoes.http(
        400, json.dumps({"error": "invalid_grant", "error_description": text}).encode()
    )
    driver.mcp(url, "get_quick_books_company_info", {})
    driver.rest(account, "get_quick_books_company_info", {})
    vendor.token, vendor.lives = None, 3600
    driver.connect("quickbooks", account)


def _quietly(driver: Driver, url: str) -> None:
    with contextlib.suppress(httpx2.HTTPError):
        driver.mcp(url, "get_quick_books_company_info", {})


def management(driver: Driver, account: str) -> None:
    """The rest of the management API, the pages, and the end of an account."""
    scoped = {"name": "agent", "scopes": ["tools:call"], "integrated_account_id": account}
    made = driver.api("POST", "/api-token", json=scoped).json()
    token = driver.known.add("API token", made["token"])
    for path in (f"/integrated-account/{account}/tools", "/api-token", "/integrated-account"):
        driver.place.ask("GET", path, "with a scoped token", headers={"Authorization": f"Bearer {token}"})
    listed = driver.api("GET", f"/integrated-account/{account}/mcp", ACCOUNT + "/mcp").json()["result"]
    for server in listed:
        path = f"/integrated-account/{account}/mcp/{server['id']}"
        driver.api("GET", path, ACCOUNT + "/mcp/{id}")
        driver.api("PATCH", path, ACCOUNT + "/mcp/{id}", json={"name": "B"})
    for path in (
        "/integrated-account",
        f"/integrated-account/{account}",
        "/api-token",
        f"/integrated-account/{account}/tools",
        "/log?limit=200",
        "/metrics",
    ):
        driver.api("GET", path, "of the management API")
    for path in (
        "/",
        "/docs",
        "/docs/quickbooks",
        "/docs/quickbooks/invoices",
        "/openapi.json",
        "/healthz",
        "/readyz",
    ):
        driver.place.ask("GET", path)
    spare = driver.connect("quickbooks")
    driver.api("DELETE", f"/integrated-account/{spare}", ACCOUNT)
    driver.api("DELETE", f"/api-token/{made['id']}", "/api-token/{id}")
    driver.place.server.send_signal(signal.SIGHUP)  # type: ignore[union-attr]


def crash(driver: Driver, account: str, url: str) -> None:
    """Killed in the middle of an upload and of a call; a connection by the command; an orderly end."""
    place, vendor = driver.place, driver.place.vendor
    secret = driver.known.add("uploaded secret", letters(30))
    reached = threading.Event()

    def never() -> bytes:
        reached.set()
        return b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"

    def upload() -> None:
        files = {"content": ("a.txt", secret.encode() * 100_000, "text/plain")}
        with contextlib.suppress(httpx2.HTTPError):
            driver.api(
                "POST",
                f"/integrated-account/{account}/tools/{UPLOAD}",
                ACCOUNT + "/tools/{tool}",
                files=files,
            )

    vendor.api = never
    caller = threading.Thread(target=upload, daemon=True)
    caller.start()
    assert reached.wait(30)
    place.end(signal.SIGKILL)
    caller.join(30)
    place.snapshot("killed in an upload")
    vendor.api = None
    place.start()
    connect_by_command(driver)
    driver.mcp(url, "get_quick_books_company_info", {})
    place.end(signal.SIGTERM)


def connect_by_command(driver: Driver) -> None:
    """`ledgerport connect` beside the server, and the person who opens what it prints."""
    place = driver.place
    command = [sys.executable, "-m", "runtime", "connect", "quickbooks", "--name", "Shop"]
    path = place.folder / "connect.txt"
    with path.open("wb") as out:
        process = subprocess.Popen(command, cwd=Path.cwd(), env=place.environment, stdout=out, stderr=out)
        try:
            while not (found := re.search(r"http://\S+/connect/\S+", path.read_text())):
                assert process.poll() is None, path.read_text()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
            link = found[0]
            driver.known.add("link state", link.rpartition("/")[2])
            driver.back(driver.open(link), link, "quickbooks")
            process.wait(60)
        finally:
            process.kill()
            process.wait()
    place.responses.append(type(place.responses[0])("output connect", path.read_bytes()))

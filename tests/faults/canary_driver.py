"""The clients of a deployment: programs at both endpoints, and the browser of a person who connects a company."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.faults.canary_deployment import Place

COMPANIES = {"quickbooks": "realmId", "quay": "pier"}
FILE_LINK = re.compile(r"/files/(lpf_[A-Za-z0-9_-]{30,})")
ACCOUNT, CONNECT = "/integrated-account/{id}", "/connect/{state}"


class Driver:
    """The clients of a deployment."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.known = place.canaries
        self.api_token = ""
        self.phase = ""
        """What the collected responses of tools are marked with."""

    def api(self, method: str, path: str, label: str = "", **more: Any) -> httpx2.Response:
        """A request with the API token."""
        headers = {"Authorization": f"Bearer {self.api_token}", **more.pop("headers", {})}
        return self.place.ask(method, path, label, headers=headers, **more)

    def rest(self, account: str, tool: str, arguments: Any, **more: Any) -> httpx2.Response:
        """A call of a tool at the management API."""
        path = f"/integrated-account/{account}/tools/{tool}"
        return self.api("POST", path, f"{ACCOUNT}/tools/{{tool}}{self.phase}", json=arguments, **more)

    def rpc(self, url: str, method: str, params: dict[str, Any], **headers: str) -> httpx2.Response:
        """A request at the MCP endpoint."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        response = self.place.ask(
            "POST", urlsplit(url).path, f"/mcp/{{token}}{self.phase}", json=message, headers=headers
        )
        for link in FILE_LINK.findall(response.text):
            self.known.add("file link", link)
        return response

    def mcp(self, url: str, tool: str, arguments: Any, key: str = "") -> httpx2.Response:
        """A call of a tool at the MCP endpoint."""
        meta = {"_meta": {"ledgerport/idempotency-key": key}} if key else {}
        return self.rpc(url, "tools/call", {"name": tool, "arguments": arguments, **meta})

    def begin(self, integration: str, account: str = "") -> tuple[str, str]:
        """An account's id and its connect link."""
        if account:
            made = self.api("POST", f"/integrated-account/{account}/connect", ACCOUNT + "/connect").json()
        else:
            made = self.api(
                "POST", "/integrated-account", json={"name": "Shop", "integration": integration}
            ).json()
        self.known.add("link state", made["authorize_url"].rpartition("/")[2])
        return made["id"], made["authorize_url"]

    def open(self, link: str) -> httpx2.Client:
        """A browser that has opened a link and pressed its button."""
        place, path = self.place, urlsplit(link).path
        browser = httpx2.Client(timeout=60, trust_env=False, headers={"Referer": link})
        page = place.ask("GET", path, CONNECT, client=browser)
        for cookie in browser.cookies.jar:
            self.known.add("browser cookie", str(cookie.value))
        proof = self.known.add("form proof", re.findall(r'name="proof" value="(\w+)"', page.text)[0])
        gone = place.ask("POST", path, CONNECT, client=browser, data={"proof": proof})
        asked = parse_qs(urlsplit(gone.headers["location"]).query)
        assert asked["state"] == [path.rpartition("/")[2]]
        return browser

    def back(self, browser: httpx2.Client, link: str, integration: str, **values: str) -> httpx2.Response:
        """What the vendor sends the browser back with."""
        state = link.rpartition("/")[2]
        query = {
            "code": self.place.vendor.agree(),
            "state": state,
            COMPANIES[integration]: "123456789",
        } | values
        return self.place.ask(
            "GET", "/connect/callback", client=browser, params=query, headers={"Referer": link}
        )

    def connect(self, integration: str, account: str = "") -> str:
        """A connected account's id."""
        account, link = self.begin(integration, account)
        done = self.back(self.open(link), link, integration)
        assert done.status_code == 200, done.text
        return account

    def url_of(self, account: str, **config: Any) -> str:
        """The URL of a new MCP server."""
        made = self.api(
            "POST",
            f"/integrated-account/{account}/mcp",
            ACCOUNT + "/mcp",
            json={"name": "A", "config": config},
        ).json()
        self.known.add("MCP token", made["token"])
        return str(made["url"])

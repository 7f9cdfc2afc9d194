"""A person in a browser without scripts: signs in by a link, decides at the consent page, and revokes under Agents.

Used by the journeys of clients that sign in, and by the conformance suite's authorization scenarios. Forms are sent as
they are found, with what the person chooses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.web.visitors import read_forms

READ, WRITE = "tools:read", "tools:write"
_COMPANY = re.compile(r'name="company" value="([^"]+)"')


class Person:
    """Somebody who is signed in. `scopes` are what is allowed at the next page, for the companies (ids, the default one
    first); with no scopes, the answer is no.
    """

    def __init__(self, link: str) -> None:
        self._browser = httpx2.Client(headers={"Accept": "text/html"}, timeout=60)
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(link))
        self.scopes: Sequence[str] = ()
        self.companies: Sequence[str] = ()
        self.asked: list[dict[str, str]] = []
        """The query of each authorization page that was opened."""
        answer = self._press(self._browser.get(link), link.removeprefix(self._origin))
        assert answer.status_code == 303, answer.text

    def close(self) -> None:
        """Close the browser."""
        self._browser.close()

    def decide(self, address: str) -> str:
        """Open an authorization page, decide, and return where the browser is sent back."""
        self.asked.append({name: values[0] for name, values in parse_qs(urlsplit(address).query).items()})
        page = self._browser.get(address)
        assert page.status_code == 200, page.text
        assert set(self.companies) <= set(_COMPANY.findall(page.text))
        chosen = {"company": [*self.companies], "default": self.companies[0], "scope": [*self.scopes]}
        action = "allow" if self.scopes else "refuse"
        done = self._press(page, urlsplit(address).path, **chosen, ends="hour", action=action)
        assert done.status_code == 303, done.text
        return str(done.headers["location"])

    def list_agents(self) -> str:
        """The text of the page of agents."""
        return unescape(re.sub(r"<[^>]+>", " ", self._look().text))

    def revoke_all(self) -> int:
        """Press the button of every agent; return how many there were."""
        page = self._look()
        actions = [action for action, _ in read_forms(page) if action.endswith("/revoke")]
        for action in actions:
            assert self._press(page, action).status_code == 303
        return len(actions)

    def _look(self) -> httpx2.Response:
        page = self._browser.get(f"{self._origin}/agents")
        assert page.status_code == 200, page.text
        return page

    def _press(self, page: httpx2.Response, path: str, /, **chosen: Any) -> httpx2.Response:
        """Send the form of a page that leads to a path."""
        hidden = next(fields for leads_to, fields in read_forms(page) if leads_to == path)
        return self._browser.post(f"{self._origin}{path}", data=hidden | chosen)

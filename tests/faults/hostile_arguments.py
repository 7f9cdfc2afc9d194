"""What hostile requests are made of: the client's knowledge, and tool arguments that are valid but for some changes."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, quote_from_bytes

from generator.catalog import Tool
from tests.faults.hostile_values import fitting, large, mutated, nested, pumped, text, written

LARGE = 100_000
LARGE_SHARE = 0.04
MOST_LEARNED = 60
LINK = re.compile(rb"http://[a-z0-9.:]+/files/[A-Za-z0-9_-]+")
KEY_MARK = "fuzz-key-"


class Sent(NamedTuple):
    """One request."""

    is_mcp: bool
    """Whether the MCP endpoint answers it."""
    verb: str
    target: str
    fields: list[tuple[str, bytes]]
    body: bytes
    label: str
    """Which kind of request it is, for the figures."""

    def as_bytes(self) -> bytes:
        """The request as it is sent."""
        lines = [f"{self.verb} {self.target} HTTP/1.1".encode("latin-1"), b"Host: 127.0.0.1"]
        lines += [name.encode() + b": " + value for name, value in self.fields]
        if ("Expect", b"100-continue") in self.fields:  # as good as any mark for the other form of a body
            pieces = [self.body[at : at + 1_000] for at in range(0, len(self.body), 1_000)]
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            return b"\r\n".join([*lines, b"Transfer-Encoding: chunked", b"", chunks]) + b"0\r\n\r\n"
        if self.body or self.verb in ("POST", "PUT", "PATCH"):
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body

    @property
    def is_answered_by_vendor(self) -> bool:
        """Whether the management API passes on what the vendor answers."""
        return "/tools/" in self.target or self.target.startswith("/files/")

    def with_new_key(self, number: int) -> Sent:
        """The same with another idempotency key of the same length, so that it is no repeat."""
        key = (KEY_MARK.encode(), f"retry{number:03}-".encode())
        fields = [(name, value.replace(*key)) for name, value in self.fields]
        return self._replace(fields=fields, body=self.body.replace(*key))


@dataclass
class Known:
    """What a client can know: the first of each list are those that the requests leave as they are."""

    urls: list[str]
    """Paths of MCP servers, one for each kind of configuration."""
    discovery_urls: list[str]
    account: str
    api_tokens: list[str]
    accounts: list[str] = field(default_factory=list)
    servers: list[tuple[str, str]] = field(default_factory=list)
    token_ids: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=lambda: ["http://127.0.0.1:1/files/lpf_x"])
    """Addresses of files."""
    entries: list[str] = field(default_factory=list)
    """Entries of the journal."""
    webhooks: list[str] = field(default_factory=list)
    link_tokens: list[str] = field(default_factory=list)

    def learn_links(self, body: bytes) -> None:
        """Note the links to files that an answer of the MCP endpoint has."""
        for link in LINK.findall(body):
            self._add(self.links, link.decode())

    def learn(self, shape: Any) -> None:
        """Note what an answer of the management API names; of each kind the latest."""
        if not isinstance(shape, dict):
            return
        if isinstance(cursor := shape.get("next_cursor"), str):
            self._add(self.cursors, cursor)
        if "integration" in shape and isinstance(shape.get("id"), str) and shape["id"] != self.account:
            self._add(self.accounts, shape["id"])
        if "config" in shape and "id" in shape and "integrated_account_id" in shape:
            self._add(self.servers, (shape["integrated_account_id"], shape["id"]))
        if "scopes" in shape and "token" in shape:
            self._add(self.token_ids, shape["id"])
        if "types" in shape and isinstance(shape.get("id"), str):
            self._add(self.webhooks, shape["id"])
        if "redirect_uri" in shape and isinstance(shape.get("id"), str):
            self._add(self.link_tokens, shape["id"])
        if state := str(shape.get("authorize_url") or "").rpartition("/")[2]:
            self._add(self.states, state)

    def _add(self, held: list[Any], value: Any) -> None:
        if value not in held:
            held.append(value)
        if len(held) > MOST_LEARNED:
            del held[1]


@dataclass(frozen=True)
class Draw:
    """Draws the parts that requests at both endpoints have."""

    chance: random.Random
    known: Known
    tools: list[Tool]
    queries: list[Tool]
    """Those that take a statement in the vendor's language."""
    number: int

    def chooses(self, share: float) -> bool:
        return self.chance.random() < share

    def arguments(self, tool: Tool) -> Any:
        """Arguments for a tool: an example or what fits its schema, mostly with something changed."""
        chance = self.chance
        schema = tool.input_schema
        is_example = tool.examples and self.chooses(0.8)
        value = dict(chance.choice(tool.examples).arguments) if is_example else fitting(chance, schema)
        if self.chooses(0.1):
            value |= fitting(chance, schema)
        value = mutated(chance, value, chance.choice([0, 0, 0, 1, 1, 2, 4]))
        if isinstance(value, dict) and self.chooses(LARGE_SHARE):
            self._enlarge(tool, value)
        if tool in self.queries and isinstance(value, dict) and self.chooses(0.3):
            value["query"] = self._query()
        return value

    def _enlarge(self, tool: Tool, value: dict[str, Any]) -> None:
        chance = self.chance
        name = chance.choice([*tool.input_schema["properties"], "unknown"])
        lists = [each for each in value if isinstance(value[each], list) and value[each]]
        if lists and self.chooses(0.5):
            name = chance.choice(lists)
            row = value[name][0]
            value[name] = [row] * (LARGE // max(1, len(written(row))))
        else:
            value[name] = large(chance, chance.choice([LARGE // 3, LARGE - 2_000]))

    def _query(self) -> str:
        chance = self.chance
        fields = [
            "Id",
            "DisplayName",
            "TxnDate",
            "TotalAmt",
            "Active",
            "SSN",
            "Line.Amount",
            "a.b.c",
            "MetaData.CreateTime",
            "é",
        ]
        entity = chance.choice(
            ["Invoice", "Customer", "Vendor", "Employee", "Payment", "Account", "invoice", "X", ""]
        )
        tests = [
            f"{chance.choice(fields)} {chance.choice(['=', '<', '>=', 'LIKE', 'IN', '!=', ''])} "
            f"{chance.choice([repr(text(chance)), '1', '(1, 2)', chr(39) + '%' + chr(39), text(chance)])}"
            for _ in range(chance.choice([0, 1, 2, 5, 60]))
        ]
        where = chance.choice([" OR ", " AND ", " or ", " "]).join(tests)
        tail = chance.choice(
            ["", " ORDERBY Id DESC", " MAXRESULTS 5", " STARTPOSITION -1 MAXRESULTS 99999", " ; DROP"]
        )
        found = f"{chance.choice(['SELECT *', 'select count(*)', 'SELECT Id, SSN', 'SELECT'])} FROM {entity}"
        found += (f" WHERE {where}" if where else "") + tail
        if self.chooses(LARGE_SHARE):
            return found + pumped(chance, LARGE - 5_000)
        return mutated(chance, found, 1) if self.chooses(0.3) else found

    def key(self) -> str:
        chance = self.chance
        usual = f"{KEY_MARK}{chance.choice([self.number, 1, 2])}"
        return chance.choice(
            [usual, usual, usual, f'"{usual}"', usual + "k" * chance.choice([200, 300]), text(chance)]
        )

    def noise(self) -> list[tuple[str, bytes]]:
        """Header fields that nobody needs."""
        chance = self.chance
        names = ["Accept", "Accept-Encoding", "Accept-Language", "Origin", "Cookie", "X-Forwarded-For",
            "If-None-Match", "Range",
            "Authorization", "Mcp-Session-Id", "Last-Event-ID", "Content-Encoding", "Mcp-Name",
            "Traceparent", "X"]  # fmt: skip
        values = [b"*/*", b"gzip", b"gzip;q=0, *;q=\xb2", b"application/json", b"text/html;q=x",
            b"http://localhost",
            b"null", b"http://[::1", b"identity", b"a=b; c=\xff", b"bytes=0-1", b"1", b"", b",;=,",
            b"NaN;q=nan"]  # fmt: skip
        found = [
            (chance.choice(names), chance.choice(values)) for _ in range(chance.choice([0] * 8 + [1, 3]))
        ]
        if self.chooses(0.01):
            found.append((chance.choice(names), field_value(pumped(chance, 30_000))))
        if self.chooses(0.02):
            found += [("Connection", b"Upgrade"), ("Upgrade", chance.choice([b"h2c", b"websocket", b"x"]))]
        if self.chooses(0.02):
            found.append(("Expect", b"100-continue"))
        return found

    def body(self, value: Any) -> bytes:
        """The JSON of a value; now and then something else, or bytes changed in it."""
        chance = self.chance
        if self.chooses(0.01):
            return written(large(chance, LARGE))
        if self.chooses(0.01):
            return written(nested(chance, chance.choice([10, 200, 1_200, 20_000])))
        if self.chooses(0.01):
            return chance.choice(
                [b"", b"null", b"[]", b"[{}]", b"\0", b"\xef\xbb\xbf{}", b"{}" * 500, b"\xff" * 90]
            )
        found = written(value)
        if self.chooses(0.02) and found:
            at = chance.randrange(len(found))
            return found[:at] + bytes([chance.randrange(256)]) * chance.choice([0, 1, 3]) + found[at + 1 :]
        return found


def segment(value: str) -> str:
    """A text as it may stand in a path or query: percent-encoded, U+D800 to U+DFFF as the three bytes they would be."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="") or quote_from_bytes(b"\xff")


def field_value(value: str) -> bytes:
    """A text as the value of a header field: without control characters, in UTF-8."""
    clean = "".join(each for each in value if each >= " " and each != "\x7f")
    return clean.encode("utf-8", "surrogatepass")

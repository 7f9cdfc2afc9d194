"""The path of a call reads in one direction: one module for each kind, one table that chooses, no step back up."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import orjson
import pytest

from generator.catalog import Catalog, Returns
from runtime.exchange.kinds import KINDS
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorResponse
from tests.made_up import GET, TOOLS, VENDOR

ROOT = Path(__file__).resolve().parents[2]
CALLS = ROOT / "runtime" / "operations" / "calls.py"
NAMES = get_args(get_type_hints(Returns)["kind"])
MAY_NAME_A_KIND = {
    "runtime/operations/reversal.py": "a reversal and the right entry go in the batch that the vendor has",
    "runtime/operations/file_links.py": "a link is to a file, whatever is called",
    "runtime/operations/insights/fetching.py": "several reads of an analysis go in the batch that the vendor has",
    "runtime/safety/masking.py": "a batch has no masks of its own: each call in it is checked by itself",
}


def sources() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "runtime").rglob("*.py")):
        if "simulators" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_calls_names_no_kind_and_fits_on_a_screen():
    tree = ast.parse(CALLS.read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules = {f"runtime.exchange.{kind.__name__.rpartition('.')[2]}" for kind in KINDS.values()}
    assert texts.isdisjoint(NAMES)
    assert imported.isdisjoint(modules)
    assert len(CALLS.read_text(encoding="utf-8").splitlines()) <= 160
    assert len(inspect.getsource(Calls._carry_out).splitlines()) <= 25


def test_every_kind_that_a_definition_can_name_has_a_module_of_its_own_with_prepare_and_read():
    assert set(KINDS) == set(NAMES)
    assert len({kind.__name__ for kind in KINDS.values()}) == len(KINDS)
    for kind in KINDS.values():
        own = {name: value.__module__ for name, value in inspect.getmembers(kind, inspect.isfunction)}
        assert (own.get("prepare"), own.get("read")) == (kind.__name__, kind.__name__)
        assert [*inspect.signature(kind.prepare).parameters] == ["call"]
        assert [*inspect.signature(kind.read).parameters] == ["call", "response"]


def test_one_table_chooses_by_kind():
    uses = {
        name: sorted(set(re.findall(r"\S*returns\.kind\S*(?: [!=]=| in)?", text)))
        for name, text in sources()
        if "returns.kind" in text and name not in MAY_NAME_A_KIND
    }
    assert {
        name: [re.sub(r".*(KINDS\[).*", r"\1", each) for each in found] for name, found in uses.items()
    } == {
        "runtime/operations/calls.py": ["KINDS["],
        "runtime/commands/examples.py": ["KINDS["],
        "runtime/operations/explorer/requests.py": ["KINDS["],
    }


def test_rate_limits_are_worded_in_one_module():
    worded = [name for name, text in sources() if re.search(r"\bRateLimited\(\s|rate limit reached", text)]
    assert worded == ["runtime/upstream/rate_limit_errors.py"]


def test_there_is_one_protocol_of_calls():
    found = [
        name for name, text in sources() if re.search(r"class (\w*Calls|CallProtocol)\(Protocol\)", text)
    ]
    assert found == ["runtime/operations/call_protocol.py"]


class VendorAtOnce:
    """Answers every request at once, so that a call runs to its end without a loop."""

    async def send(self, request: Any, account: str) -> VendorResponse:
        return VendorResponse(200, {}, orjson.dumps({"Invoice": {"Id": "7"}}))


class StoredTokens:
    async def get_fresh(self, account: Account) -> Credentials:
        return Credentials(access_token="a" * 20, refresh_token="r")

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError("nothing was refused")


def entered_packages() -> list[tuple[str, str]]:
    """The calls of functions of the runtime in one call of a get, as (package of the caller, module called)."""
    calls = Calls(
        catalog=lambda: Catalog("1", {"acme": VENDOR}, tuple(TOOLS.values())),
        vendor=VendorCalls(
            client=VendorAtOnce(),
            tokens=StoredTokens(),
            hot=MemoryHotState(),
            base_url=lambda integration, account: "https://books.example.com",
            clock=lambda: 1000.0,
        ),
        max_answer_bytes=100_000,
    )
    account = Account(AccountId("a1"), "acme", "production", "Acme", "active", "42", {}, b"", 0, 0)
    found: list[tuple[str, str]] = []
    stack: list[str] = []
    root = f"{ROOT}/runtime/"

    def watch(frame: Any, event: str, _: Any) -> None:
        name = frame.f_code.co_filename
        if not name.startswith(root) or event not in ("call", "return"):
            return
        if event == "return":
            stack.pop()
            return
        module = name.removeprefix(root).removesuffix(".py")
        if stack and stack[-1] != module:
            found.append((stack[-1], module))
        stack.append(module)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        calls.call(Grant(account, ServerConfig()), TOOLS, GET.name, {"id": "7"}).send(None)
    except StopIteration as done:
        result = done.value
    finally:
        sys.setprofile(before)
    assert result.error is None
    return found


def layers() -> dict[str, int]:
    """The packages of the runtime with their layer, the highest first."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = [
        each
        for each in document["tool"]["importlinter"]["contracts"]
        if each.get("containers") == ["runtime"]
    ]
    rows = [re.findall(r"\w+", row) for row in contract["layers"]]
    return {name: place for place, row in enumerate(rows) for name in row}


def test_a_call_of_a_get_never_goes_back_up_a_layer():
    place = layers()
    up = [
        (caller, called)
        for caller, called in entered_packages()
        if place[called.split("/")[0]] < place[caller.split("/")[0]]
    ]
    assert up == []


@pytest.mark.parametrize(
    ("module", "most"), [("operations/calls", 0), ("exchange/record", 2), ("exchange/masked_response", 1)]
)
def test_a_call_of_a_get_enters_the_modules_of_its_path_once_for_each_step(module, most):
    assert sum(called == module for _, called in entered_packages()) <= most

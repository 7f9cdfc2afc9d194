"""The codes that the program can raise, their list, the OpenAPI document and the reference pages agree."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import runtime
from generator.stages.integration_checks import KINDS
from runtime import errors
from runtime.api.openapi import build_document
from runtime.error_codes import ERROR_CODES, NEVER_ANSWERED
from runtime.errors import LedgerportError, VendorRefused
from runtime.server import refusals
from runtime.web.docs import Docs
from tests.deployment import CATALOG
from tests.offenders import report_offenders


def classes() -> Iterator[type[LedgerportError]]:
    """The root and everything below it, once every module of the runtime is imported."""
    for module in pkgutil.walk_packages(runtime.__path__, "runtime."):
        if ".simulators" not in module.name and not module.name.endswith(("__main__", "migrations.env")):
            importlib.import_module(module.name)
    waiting: list[type[LedgerportError]] = [LedgerportError]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += each.__subclasses__()


OUTSIDE = {"Refused", "Collided", "ConnectionLost"}
"""A reply of the MCP endpoint that is raised: it has the fields of one, and its own status for each occasion. And two
signals of `stores.postgres` to itself, which a caller sees as StorageUnavailable.
"""


def test_every_error_is_in_the_one_tree_and_in_its_drawing() -> None:
    ours = [each for each in classes() if each.__module__.startswith("runtime.")]
    assert {each.__name__ for each in ours if each.__module__ != errors.__name__} == OUTSIDE
    drawn = [each for each in ours if each.__module__ == errors.__name__ or each.__name__ == "Refused"]
    assert [each.__name__ for each in drawn if each.__name__ not in str(errors.__doc__)] == []


def refused_early() -> list[refusals.Refusal]:
    return [each for each in vars(refusals).values() if isinstance(each, refusals.Refusal)]


def raised() -> set[str]:
    own = {each.code for each in classes() if each.__module__.startswith("runtime.")}
    return own | {each.code for each in refused_early()} | set(KINDS)


def test_every_code_that_can_be_raised_is_in_the_list_and_the_list_has_no_other() -> None:
    assert raised() - NEVER_ANSWERED == set(ERROR_CODES)


def test_the_status_in_the_list_is_the_one_that_is_answered() -> None:
    own = {(each.code, each.status) for each in classes() if each.__module__.startswith("runtime.")}
    own |= {(each.code, each.status) for each in refused_early()}
    shared = {
        "not_found",
        "forbidden",
        "conflict",
        "duplicate",
        "invalid_request",
    }  # a vendor, or a bad head, has others
    other = {
        (code, status)
        for code, status in own
        if code not in NEVER_ANSWERED | shared and ERROR_CODES[code].status != status
    }
    assert not other
    for kind, status in VendorRefused.STATUSES.items():
        assert ERROR_CODES[kind].status == VendorRefused("No.", status=400, kind=kind).status == status


def test_the_document_enumerates_the_codes_and_leads_to_their_pages() -> None:
    schemas = build_document("https://ledger.test")["components"]["schemas"]
    assert schemas["ErrorShape"]["properties"]["code"] == {"$ref": "#/components/schemas/ErrorCode"}
    assert schemas["ErrorCode"]["enum"] == list(ERROR_CODES)
    assert schemas["ErrorCode"]["externalDocs"] == {"url": "https://ledger.test/docs/errors"}


def test_every_code_has_a_page_that_says_what_happened_and_what_to_do() -> None:
    docs = Docs(CATALOG)
    overview = docs.render(docs.find_errors()).decode()

    def find(code: str) -> Iterator[str]:
        part = docs.find_error(code)
        page = docs.render(part).decode() if part else ""
        for part in ("What happened", "What to do", code):
            if part not in page:
                yield f"its page does not have {part}"
        if f'href="/docs/errors/{code}"' not in overview:
            yield "no link leads to its page"

    report_offenders(ERROR_CODES, find)


def test_a_page_for_a_code_that_is_none_is_not_there() -> None:
    assert Docs(CATALOG).find_error("nothing_of_that_kind") is None


def test_the_pages_as_files_have_every_code() -> None:
    files = dict(Docs(CATALOG).render_files())
    assert {f"errors/{code}.html" for code in ERROR_CODES} | {"errors.html"} <= files.keys()
    assert b'href="errors/not_found.html"' in files["errors.html"]
    assert b'href="../errors.html"' in files["errors/not_found.html"]


def test_what_is_said_of_a_code_are_sentences() -> None:
    report_offenders(
        ERROR_CODES.values(),
        lambda each: [text for text in (each.happened, each.to_do) if not text.endswith(".")],
    )

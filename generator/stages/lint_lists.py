"""What a list offers reaches its request: filters, orders and the place of a page. Part of lint.

A filter without a place in the request would be left out silently, and the caller would take all records for those
that were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.catalog import Listing, Tool
from generator.diagnostics import Diagnostic
from generator.reading.yaml_events import Document
from generator.stages.methods import Method
from generator.templates import find_names


def find_list_errors(method: Method, tool: Tool, integration: Document) -> Iterator[Diagnostic]:
    """Yield an error for each filter and each order of a list that its request has no place for."""
    if tool.listing is None:
        return
    texts = (text for _, text in (*tool.call.query, *tool.call.headers))
    reached = _reach(set(find_names(" ".join((tool.call.path, *texts)))), integration)
    yield from _find_lost_filters(method, tool.listing, reached)
    yield from _find_lost_orders(method, tool.listing, reached)


def _reach(names: set[str], integration: Document) -> set[str]:
    """Return the names that fill a request, with those that fill them by way of the statement."""
    language = integration.value.get("query") or {}
    if "statement" in names:
        names = names | set(find_names(language.get("statement") or ""))
    if "where" in names:
        names = names | set(find_names(language.get("where") or "{conditions}"))
    return names


def _find_lost_filters(method: Method, listing: Listing, reached: set[str]) -> Iterator[Diagnostic]:
    if "conditions" in reached:
        return
    for each in listing.conditions:
        if each.argument not in reached:
            message = (
                f"{each.field} is filtered, but the request of {method.name} has no place for it: "
                f"neither {{conditions}} nor {{{each.argument}}}."
            )
            hint = "Put one of them into its query, or leave the filter out."
            yield method.place_of_field(each.field).diagnostic("filter", message, hint)


def _find_lost_orders(method: Method, listing: Listing, reached: set[str]) -> Iterator[Diagnostic]:
    if "order_by" in reached:
        return
    for field in listing.sortable:
        message = (
            f"{field} is sorted by, but the request of {method.name} has no place for it: no {{order_by}}."
        )
        hint = "Put {order_by} into its query, or leave the sort out."
        yield method.place_of_field(field).diagnostic("sort", message, hint)

"""What a list offers reaches its request: filters, orders and the place of a page. Part of lint.

A filter without a place in the request would be left out silently, and the caller would take all records for those
that were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.catalog import SPREAD, Listing, Tool
from generator.diagnostics import Diagnostic
from generator.reading.yaml_events import Document
from generator.stages.methods import Method
from generator.templates import find_names

PLACES = {"offset": "start", "page": "page", "cursor": "cursor", "link_header": "cursor"}
"""What of a request says where its page begins, for each style of paging."""


def find_list_errors(method: Method, tool: Tool, integration: Document) -> Iterator[Diagnostic]:
    """Yield an error for each filter and each order of a list that its request has no place for, and for each part
    of the query that is no parameter.
    """
    yield from _find_nameless_parts(method, tool)
    if tool.listing is None:
        return
    texts = (text for _, text in (*tool.call.query, *tool.call.headers))
    reached = _reach(set(find_names(" ".join((tool.call.path, *texts)))), integration)
    yield from _find_lost_filters(method, tool.listing, reached)
    yield from _find_lost_orders(method, tool.listing, reached, integration)
    yield from _find_lost_pages(method, reached, integration)
    if SPREAD in tool.call.query:
        yield from _find_impure_conditions(tool.listing, integration)


def _find_lost_pages(method: Method, reached: set[str], integration: Document) -> Iterator[Diagnostic]:
    """Yield an error for a request that no page can be named in.

    A resource whose own request names neither a page nor how many records it has is answered whole.
    """
    style = integration.value["pagination"]["style"]
    place = PLACES[style]
    paging = (integration.value.get("query") or {}).get("paging") or {}
    added = find_names(paging.get("add") or "") if "statement" in reached else ()
    if place in reached or place in added:
        return
    where = method.find_place_of_rule("request")
    if where.document is not integration and not reached & {"limit", *PLACES.values()}:
        return
    message = (
        f"The request of {method.name} has no {{{place}}}, so pages of the style {style} cannot be asked for."
    )
    hint = f"Put {{{place}}} into its query, or correct pagination.style."
    yield where.make_diagnostic("pagination", message, hint)


def _find_nameless_parts(method: Method, tool: Tool) -> Iterator[Diagnostic]:
    """Yield parts of the query whose name is missing or would be sent with its braces."""
    query = method.rules["request"].partition("?")[2]
    for part in filter(None, query.split("&")):
        name = part.partition("=")[0]
        if (part == SPREAD[1] and tool.listing) or (name and "{" not in name):
            continue
        message = f'"{part}" is no parameter: its name has to stand before "=".'
        alone = " Of a list, {conditions} alone stands for one parameter for each filter." * bool(
            tool.listing
        )
        yield method.find_place_of_rule("request").make_diagnostic(
            "parameter", message, f"Write it as name={{value}}.{alone}"
        )


def _find_impure_conditions(listing: Listing, integration: Document) -> Iterator[Diagnostic]:
    """Yield conditions that are no parameter: `{field}`, an equals sign, and the value."""
    conditions = (integration.value.get("query") or {}).get("conditions") or {}
    for operator in sorted({each.operator for each in listing.conditions} & conditions.keys()):
        name, sign, _ = conditions[operator].partition("=")
        if not sign or not name or "&" in conditions[operator] or set(find_names(name)) - {"field"}:
            message = "A request has {conditions} alone in its query, so each has to be one parameter."
            hint = 'Write it as "{field}={value}", or give {conditions} a name in the request.'
            yield integration.make_diagnostic(("query", "conditions", operator), "parameter", message, hint)


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
            yield method.find_place_of_field(each.field).make_diagnostic("filter", message, hint)


def _find_lost_orders(
    method: Method, listing: Listing, reached: set[str], integration: Document
) -> Iterator[Diagnostic]:
    """Yield an error for each order without a place. A resource whose own request has none needs no usual order."""
    if "order_by" in reached:
        return
    for field in listing.sortable:
        message = (
            f"{field} is sorted by, but the request of {method.name} has no place for it: no {{order_by}}."
        )
        hint = "Put {order_by} into its query, or leave the sort out."
        yield method.find_place_of_field(field).make_diagnostic("sort", message, hint)
    where, request = method.find_place_of_rule("default_order"), method.find_place_of_rule("request")
    is_inherited = where.document is integration and request.document is not integration
    if listing.default_order and not is_inherited:
        message = f"The request of {method.name} has no place for an order: no {{order_by}}."
        hint = "Put {order_by} into its query, or leave the default order out."
        yield where.make_diagnostic("sort", message, hint)

"""integration.yaml as an Integration: everything that is true of a whole vendor. After methods.

The file has passed the grammar, so that every key is there or may be left out; here its keys become the fields of
the catalog, and its templates are checked for names that nothing fills.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from generator.diagnostics import Diagnostics, Path
from generator.meanings import Meant, Unsupported
from generator.reading.yaml_events import Document
from generator.stages.descriptions import Links
from generator.stages.resolve import Place
from generator.stages.vendor_facts import check_cases, parse_advice, parse_form_rules
from generator.suggestions import did_you_mean
from generator.templates import find_names
from generator.texts import fold_paragraphs
from generator.vendor import (
    AccountField,
    Auth,
    BatchForm,
    Confirmation,
    ErrorRules,
    Integration,
    Pagination,
    QueryLanguage,
    RateLimit,
    RateWindow,
)

KINDS = ("invalid", "not_found", "conflict", "duplicate", "forbidden", "reconnect", "unavailable")
FILLED = {
    "statement": {"entity", "where", "order_by", "start", "limit"},
    "where": {"conditions"},
    "order_by": {"field", "direction"},
    "condition": {"field", "value", "text"},
    "any_of": {"field", "values"},
    "format": {"value"},
    "date": {"value", "year", "month", "day"},
    "paging": {"start", "limit"},
}
"""What the runtime fills in each kind of template of the query language."""
Scalar = str | float | bool
"""What YAML may give for one parameter of a query."""
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_integration(document: Document, links: Links, diagnostics: Diagnostics) -> Integration:
    """Return the vendor's facts; templates and patterns that cannot work are reported."""
    value = document.value
    _check_templates(document, diagnostics)
    _check_account(document, diagnostics)
    _check_patterns(document, diagnostics)
    _check_pagination(document, diagnostics)
    _check_language(document, diagnostics)
    _check_confirmation(document, diagnostics)
    _check_lookup(document, diagnostics)
    _check_advice(document, diagnostics)
    idempotency, always = value.get("idempotency") or {}, value.get("send_always") or {}
    return Integration(
        name=value["integration"],
        tool_prefix=value.get("tool_prefix") or value["integration"],
        title=value["title"],
        summary=value["summary"],
        docs=value["docs"],
        guidance=links.fill(fold_paragraphs(value["guidance"]), Place(document, ("guidance",))),
        environments=dict(value["environments"]),
        auth=_auth(value["auth"]),
        account_fields=tuple(_account_field(name, each) for name, each in value["account"].items()),
        rate_limit=_rate_limit(value["rate_limit"]),
        pagination=_pagination(value["pagination"]),
        errors=_errors(document, links),
        query_language=_query_language(value.get("query") or {}),
        send_query={name: _as_sent(each) for name, each in (always.get("query") or {}).items()},
        send_headers=dict(always.get("headers") or {}),
        idempotency_query_param=idempotency.get("query", ""),
        idempotency_header=idempotency.get("header", ""),
        tags={
            name: links.fill(about, Place(document, ("tags", name))) for name, about in value["tags"].items()
        },
        batch=_batch(value.get("batch")),
        identifier=_identifier(value),
        rules=parse_form_rules(document, links),
        acknowledged=tuple(value.get("write_receipt") or (_identifier(value),)),
        meant=tuple(
            Meant(
                frozenset("".join(sign for sign in each.lower() if sign.isalnum()) for each in one["for"]),
                tuple(one.get("arguments") or ()),
                " ".join(str(one.get("message") or "").split()),
                frozenset(one.get("resources") or ()),
                one.get("requires", ""),
            )
            for one in value.get("suggestions") or ()
        ),
        synonyms={said: tuple(meant) for said, meant in (value.get("synonyms") or {}).items()},
        everyday=tuple(
            links.fill(f"[[{each}]]", Place(document, ("default_tools", at)))
            for at, each in enumerate(value.get("default_tools") or ())
        ),
    )


def _as_sent(value: Scalar) -> str:
    """Return a value of the query as it is written there: true and false as JSON writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _identifier(value: dict[str, Any]) -> str:
    return str((value.get("identifier") or {}).get("field", "id"))


def _batch(value: dict[str, Any] | None) -> BatchForm:
    if value is None:
        return BatchForm()
    forms = {method: dict(form) for method, form in value["templates"].items()}
    return BatchForm(
        value["path"], value["max_operations"], value["items"], value["responses"], value["id"], forms
    )


def _auth(value: dict[str, Any]) -> Auth:
    if value["type"] == "headers":
        return Auth(type="headers", headers=dict(value["headers"]))
    refresh = value.get("refresh_token") or {}
    return Auth(
        type="oauth2",
        authorize_url=value["authorize_url"],
        token_url=value["token_url"],
        revoke_url=value.get("revoke_url", ""),
        scopes=tuple(value["scopes"]),
        client_authentication=value.get("client_authentication", "basic"),
        rotates=refresh.get("rotates", False),
        unused_for_seconds=_seconds(refresh.get("idle_expiry", "0s")),
        reconnect_when=tuple(value.get("reconnect_when") or ()),
        scheme=value.get("scheme", "Bearer"),
        pkce=value.get("pkce", False),
        grace_seconds=_seconds(refresh.get("grace_period", "0s")),
        lookup=(value.get("lookup") or {}).get("request", "").partition(" ")[2],
        confirm=_confirmation(value.get("confirm")),
    )


def _confirmation(value: dict[str, Any] | None) -> Confirmation | None:
    if value is None:
        return None
    path = value["request"].partition(" ")[2].strip()
    return Confirmation(path, _path(value.get("response_path", "")), value.get("equals", ""))


def _seconds(text: str) -> int:
    return int(text[:-1]) * SECONDS[text[-1]]


def _account_field(name: str, value: dict[str, Any]) -> AccountField:
    return AccountField(
        name=name,
        title=value["title"],
        description=value["description"],
        source=value.get("from", ""),
        pattern=value.get("pattern", ""),
        secret=value.get("secret", False),
        identifies=value.get("identifies", False),
    )


def _rate_limit(value: dict[str, Any]) -> RateLimit:
    limited, reset = value["limited_when"], value.get("reset") or {}
    windows = (
        RateWindow(each["name"], each["limit"], each["seconds"], each.get("remaining_header", "").lower())
        for each in value.get("windows") or ()
    )
    return RateLimit(
        statuses=tuple(limited.get("status") or (429,)),
        codes=tuple(limited.get("codes") or ()),
        windows=tuple(windows),
        reset_header=reset.get("header", ""),
        reset_unit=reset.get("unit", "seconds"),
        reset_default=reset.get("default", 60),
    )


def _pagination(value: dict[str, Any]) -> Pagination:
    return Pagination(
        style=value["style"],
        first=value.get("first", 1),
        cursor=_path(value.get("cursor", "")),
        parameter=value.get("parameter", ""),
        default=value["limit"]["default"],
        maximum=value["limit"]["max"],
        total=_path(value.get("total", "")),
        beside=tuple(value.get("sibling_fields") or ()),
    )


def _path(text: str) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _errors(document: Document, links: Links) -> ErrorRules:
    value = document.value["errors"]
    lists = value.get("list") or ()
    advice = {
        code: parse_advice(kind, given, links, Place(document, ("errors", kind, code)))
        for kind in KINDS
        for code, given in (value.get(kind) or {}).items()
    }
    return ErrorRules(
        list=tuple(_path(each) for each in ([lists] if isinstance(lists, str) else lists)),
        code=value.get("code", "code"),
        message=value["message"],
        detail=value.get("detail", ""),
        element=value.get("element", ""),
        shared={value.get(name, name): _path(path) for name, path in (value.get("shared") or {}).items()},
        trace_header=(value.get("trace") or {}).get("header", ""),
        advice=advice,
    )


def _query_language(value: dict[str, Any]) -> QueryLanguage:
    if not value:
        return QueryLanguage()
    paging = value.get("paging") or {}
    return QueryLanguage(
        entry=value.get("pattern", ""),
        entry_says=" ".join(str(value.get("pattern_help") or "").split()),
        statement=value.get("statement", ""),
        where=value.get("where", "{conditions}"),
        conjunction=value["and"],
        order_by=value.get("order_by", "{field} {direction}"),
        conditions=dict(value["conditions"]),
        quote=value["strings"]["quote"],
        escape=dict(value["strings"].get("escape") or {}),
        wildcards={sign: text or "" for sign, text in (value["strings"].get("wildcards") or {}).items()},
        formats=dict(value.get("formats") or {}),
        literals=tuple(value.get("unquoted_types", ("number", "boolean"))),
        paging=paging.get("add", ""),
        paging_words={name: paging[name] for name in ("start", "limit") if name in paging},
        unsupported=tuple(
            Unsupported(
                each["pattern"], " ".join(each["message"].split()), bool(each.get("matches_quoted_text"))
            )
            for each in value.get("unsupported") or ()
        ),
    )


def _check_templates(document: Document, diagnostics: Diagnostics) -> None:
    """Every `{name}` in an address or a header of the account must be one of its fields."""
    value = document.value
    known = set(value["account"])
    templates: list[tuple[Path, str]] = [
        (("environments", name), text) for name, text in value["environments"].items()
    ]
    headers = value["auth"].get("headers") or {}
    templates += [(("auth", "headers", name), text) for name, text in headers.items()]
    confirm = value["auth"].get("confirm") or {}
    templates += [
        (("auth", "confirm", name), confirm[name]) for name in ("request", "equals") if name in confirm
    ]
    for path, text in templates:
        for name in sorted(set(find_names(text)) - known):
            message = f"{{{name}}} is filled by nothing: the account has no such field."
            diagnostics.report(document.diagnostic(path, "placeholder", message))
    _check_send_always(document, diagnostics)


def _check_send_always(document: Document, diagnostics: Diagnostics) -> None:
    """Every brace in what is always sent belongs to a field of the account that is filled there."""
    account, always = document.value["account"], document.value.get("send_always") or {}
    known = {name for name, each in account.items() if not each.get("secret")}
    texts = [
        (("send_always", kind, name), str(text))
        for kind in ("query", "headers")
        for name, text in (always.get(kind) or {}).items()
    ]
    for path, text in texts:
        for name in sorted(set(re.findall(r"\{([^{}]*)\}", text)) - known):
            message = f"{{{name}}} is filled by nothing: the account has no such field that is not secret."
            hint = did_you_mean(name, known) or "A secret goes into auth.headers."
            diagnostics.report(document.diagnostic(path, "placeholder", message, hint))


def _check_account(document: Document, diagnostics: Diagnostics) -> None:
    """Check that a field of the account can be set: by OAuth when it has a source there, else by a person."""
    is_oauth = document.value["auth"]["type"] == "oauth2"
    for name, each in document.value["account"].items():
        if is_oauth and "from" not in each:
            message = f"{name} can never be set: with oauth2 nobody is asked for it."
            hint = 'Give "from": callback.<parameter>, token.<key> or lookup.<path>.'
            diagnostics.report(document.diagnostic(("account", name), "source", message, hint))
        if not is_oauth and "from" in each:
            message = f"{name} can never be set: without oauth2 there is no callback and no token answer."
            hint = 'Leave "from" out; the person who connects the account is asked for it.'
            diagnostics.report(document.diagnostic(("account", name, "from"), "source", message, hint))


def _check_confirmation(document: Document, diagnostics: Diagnostics) -> None:
    """Check that an account that is named in the callback, which anybody can write, is confirmed by the vendor."""
    value = document.value
    if (value["auth"].get("confirm") or {}).get("request"):
        return
    for name, each in value["account"].items():
        if each.get("identifies") and str(each.get("from", "")).startswith("callback."):
            message = (
                f"{name} comes from the callback, which anybody can write: auth.confirm has to be given."
            )
            diagnostics.report(document.diagnostic(("account", name, "from"), "confirm", message))


def _check_lookup(document: Document, diagnostics: Diagnostics) -> None:
    """Check that what is looked up has a request for it, whose host is known before, and no request is for nothing."""
    value = document.value
    wanted = [
        name for name, each in value["account"].items() if str(each.get("from", "")).startswith("lookup.")
    ]
    if not value["auth"].get("lookup"):
        for name in wanted:
            message = f"{name} is looked up, but there is no request for it: auth.lookup has to be given."
            diagnostics.report(document.diagnostic(("account", name, "from"), "lookup", message))
        return
    if not wanted:
        message = 'No field of the account takes its answer, with "from": lookup.<path>.'
        diagnostics.report(document.diagnostic(("auth", "lookup"), "lookup", message))
    for name, text in value["environments"].items():
        if "{" in text.removeprefix("https://").partition("/")[0]:
            message = "A host that depends on the account is not known before the account is looked up."
            diagnostics.report(document.diagnostic(("environments", name), "lookup", message))


def _check_language(document: Document, diagnostics: Diagnostics) -> None:
    """Every `{name}` in the words of the query language must be one that the runtime fills there."""
    query = document.value.get("query") or {}
    texts: list[tuple[Path, str, set[str]]] = [
        ((word,), query[word], FILLED[word]) for word in ("statement", "where", "order_by") if word in query
    ]
    for name, text in query.get("conditions", {}).items():
        texts.append((("conditions", name), text, FILLED["any_of" if name == "any_of" else "condition"]))
    for name, text in (query.get("formats") or {}).items():
        texts.append((("formats", name), text, FILLED["date" if name in ("date", "date-time") else "format"]))
    if "paging" in query:
        texts.append((("paging", "add"), query["paging"]["add"], FILLED["paging"]))
    for path, text, known in texts:
        for name in sorted(set(find_names(text)) - known):
            hint = did_you_mean(name, known) or f"Known names: {', '.join(sorted(known))}."
            message = f"{{{name}}} is filled by nothing."
            diagnostics.report(document.diagnostic(("query", *path), "placeholder", message, hint))


def _check_advice(document: Document, diagnostics: Diagnostics) -> None:
    """Check that a code of the vendor has one meaning."""
    errors, first = document.value["errors"], dict[str, str]()
    for kind in KINDS:
        for code in errors.get(kind) or ():
            if code in first:
                message = f'The code "{code}" is {first[code]} already.'
                diagnostics.report(document.diagnostic(("errors", kind, code), "twice", message))
            first.setdefault(code, kind)
            check_cases(document, ("errors", kind, code), diagnostics)


def _check_pagination(document: Document, diagnostics: Diagnostics) -> None:
    """Check that a style that reads where the next page begins says where that stands."""
    value = document.value["pagination"]
    needed = {"cursor": "cursor", "link_header": "parameter"}.get(value["style"])
    if needed and not value.get(needed):
        message = f'The style {value["style"]} needs "{needed}".'
        diagnostics.report(document.diagnostic(("pagination", "style"), "pagination", message))
    limit = value["limit"]
    if limit["default"] > limit["max"]:
        message = f"The default is {limit['default']}, which is more than {limit['max']}, the most."
        diagnostics.report(document.diagnostic(("pagination", "limit", "default"), "pagination", message))


def _check_patterns(document: Document, diagnostics: Diagnostics) -> None:
    query = document.value.get("query") or {}
    paging = query.get("paging") or {}
    patterns: list[tuple[Path, str | None]] = [(("query", "pattern"), query.get("pattern"))]
    patterns += [(("query", "paging", name), paging.get(name)) for name in ("start", "limit")]
    for path, text in patterns:
        if text is None:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # what is ambiguous now may mean something else later
                pattern = re.compile(text)
        except (re.error, Warning) as error:
            diagnostics.report(document.diagnostic(path, "pattern", f"This is not a pattern: {error}."))
            continue
        if path[-1] == "pattern" and "entity" not in pattern.groupindex:
            diagnostics.report(
                document.diagnostic(path, "pattern", 'The pattern needs a group named "entity".')
            )
        if path[-1] != "pattern" and pattern.groups != 1:
            diagnostics.report(document.diagnostic(path, "pattern", "The pattern needs exactly one group."))

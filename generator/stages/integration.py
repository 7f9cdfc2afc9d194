"""integration.yaml as an Integration: everything that is true of a whole vendor. Called by `pipeline`.

The file has passed the grammar, so that every key is there or may be left out; here its keys become the fields of
the catalog. What the grammar cannot say is checked by integration_checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generator.diagnostics import Diagnostics
from generator.meanings import Meant, Unsupported
from generator.reading.yaml_events import Document
from generator.stages.company_rules import parse_company_rules
from generator.stages.descriptions import Links
from generator.stages.effects import parse_effects
from generator.stages.insights import parse_insights
from generator.stages.integration_checks import KINDS, check_integration
from generator.stages.money import list_money_fields, list_money_tags
from generator.stages.policy_facts import parse_policy_facts
from generator.stages.preflight import parse_preflight
from generator.stages.query_grammar import find_grammar
from generator.stages.references import parse_reference_form
from generator.stages.resolve import Place
from generator.stages.vendor_facts import parse_advice, parse_form_rules, parse_undo_rules, parse_update_rules
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

NO_GRAMMARS: Mapping[str, str] = {}
Scalar = str | float | bool
"""What YAML may give for one parameter of a query."""
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_integration(
    document: Document, links: Links, diagnostics: Diagnostics, grammars: Mapping[str, str] = NO_GRAMMARS
) -> Integration:
    """Return the vendor's facts; templates, patterns and grammars that cannot work are reported."""
    value = document.value
    check_integration(document, diagnostics)
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
        query_language=_query_language(
            value.get("query") or {}, find_grammar(document, grammars, diagnostics)
        ),
        send_query={name: _as_sent(each) for name, each in (always.get("query") or {}).items()},
        send_headers=dict(always.get("headers") or {}),
        idempotency_query_param=idempotency.get("query", ""),
        idempotency_header=idempotency.get("header", ""),
        idempotency_max_length=idempotency.get("max_length", 0),
        idempotency_repeats=idempotency.get("repeats", False),
        tags={
            name: links.fill(about, Place(document, ("tags", name))) for name, about in value["tags"].items()
        },
        batch=_batch(value.get("batch")),
        identifier=_identifier(value),
        currency=tuple(str(value.get("currency") or "").split(".")) if value.get("currency") else (),
        reference_form=parse_reference_form(document),
        rules=parse_form_rules(document, links),
        policy_facts=parse_policy_facts(document, links),
        effects=parse_effects(document, links),
        insights=parse_insights(document, links),
        company=parse_company_rules(document, links),
        updates=parse_update_rules(document, _identifier(value)),
        preflight=parse_preflight(document, links),
        undo=parse_undo_rules(document),
        dates=tuple(value.get("dates") or ()),
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
        system=value.get("system", ""),
        handles_money=value.get("handles_money") is True,
        money_tags=list_money_tags(document),
        money_fields=list_money_fields(document),
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
    if value["type"] == "client_credentials":
        return _client_credentials(value)
    refresh = value.get("refresh_token") or {}
    return Auth(
        type="oauth2",
        authorize_url=value["authorize_url"],
        token_url=value["token_url"],
        revoke_url=value.get("revoke_url", ""),
        revoke_encoding=value.get("revoke_encoding", "form"),
        scopes=tuple(value["scopes"]),
        read_only_scopes=tuple(value.get("read_only_scopes") or ()),
        client_authentication=value.get("client_authentication", "basic"),
        rotates=refresh.get("rotates", False),
        unused_for_seconds=_seconds(refresh.get("idle_expiry", "0s")),
        refresh_expires_field=refresh.get("expires_in_field", "refresh_token_expires_in"),
        reconnect_when=tuple(value.get("reconnect_when") or ()),
        scheme=value.get("scheme", "Bearer"),
        pkce=value.get("pkce", False),
        grace_seconds=_seconds(refresh.get("grace_period", "0s")),
        lookup=(value.get("lookup") or {}).get("request", "").partition(" ")[2],
        lookup_name=(value.get("lookup") or {}).get("name", ""),
        confirm=_confirmation(value.get("confirm")),
    )


def _client_credentials(value: dict[str, Any]) -> Auth:
    client = value.get("client") or {}
    return Auth(
        type="client_credentials",
        token_url=value["token_url"],
        scopes=tuple(value.get("scopes") or ()),
        client_authentication=value.get("client_authentication", "basic"),
        scheme=value.get("scheme", "Bearer"),
        client_id=client.get("id", ""),
        client_secret=client.get("secret", ""),
    )


def _confirmation(value: dict[str, Any] | None) -> Confirmation | None:
    if value is None:
        return None
    path = value["request"].partition(" ")[2].strip()
    return Confirmation(
        path, _path(value.get("response_path", "")), value.get("equals", ""), _path(value.get("name", ""))
    )


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


def _as_list(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def _errors(document: Document, links: Links) -> ErrorRules:
    value = document.value["errors"]
    keys = {name: tuple(_as_list(value.get(name) or ())) for name in ("code", "message", "detail", "element")}
    advice = {
        code: parse_advice(kind, given, links, Place(document, ("errors", kind, code)))
        for kind in KINDS
        for code, given in (value.get(kind) or {}).items()
    }
    return ErrorRules(
        list=tuple(map(_path, _as_list(value.get("list") or ()))),
        code=keys["code"] or ("code",),
        message=keys["message"],
        detail=keys["detail"],
        element=keys["element"],
        shared={
            (keys[name] or (name,))[0]: _path(path) for name, path in (value.get("shared") or {}).items()
        },
        trace_header=(value.get("trace") or {}).get("header", ""),
        advice=advice,
    )


def _query_language(value: dict[str, Any], grammar: str) -> QueryLanguage:
    if not value:
        return QueryLanguage()
    paging, booleans = value.get("paging") or {}, value.get("booleans") or {}
    return QueryLanguage(
        entry=value.get("pattern", ""),
        entry_says=" ".join(str(value.get("pattern_help") or "").split()),
        statement=value.get("statement", ""),
        count=value.get("count", ""),
        where=value.get("where", "{conditions}"),
        conjunction=value["and"],
        disjunction=value.get("or", ""),
        group=value.get("group", ""),
        is_raw_condition="raw" in value,
        booleans=(booleans.get("false", "false"), booleans.get("true", "true")),
        order_by=value.get("order_by", "{field} {direction}"),
        conditions=dict(value["conditions"]),
        path_separator=value.get("path_separator", "."),
        quote=value["strings"]["quote"],
        other_quote=value["strings"].get("other_quote", ""),
        escape=dict(value["strings"].get("escape") or {}),
        wildcards={sign: text or "" for sign, text in (value["strings"].get("wildcards") or {}).items()},
        formats=dict(value.get("formats") or {}),
        literals=tuple(value.get("unquoted_types", ("number", "boolean"))),
        grammar=grammar,
        operators={path: tuple(those) for path, those in (value.get("operators") or {}).items()},
        then_by=value.get("then_by", ""),
        paging=paging.get("add", ""),
        paging_words={name: paging[name] for name in ("start", "limit") if name in paging},
        unsupported=tuple(
            Unsupported(
                each["pattern"], " ".join(each["message"].split()), bool(each.get("matches_quoted_text"))
            )
            for each in value.get("unsupported") or ()
        ),
    )

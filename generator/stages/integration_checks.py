"""What the grammar cannot say of integration.yaml: names that nothing fills, patterns, and keys that need one another.

Part of integration.
"""

from __future__ import annotations

import re
import warnings

from generator.diagnostics import Diagnostics, Path
from generator.reading.yaml_events import Document
from generator.stages.vendor_facts import check_cases
from generator.suggestions import did_you_mean
from generator.templates import find_names

KINDS = ("invalid", "not_found", "conflict", "duplicate", "forbidden", "reconnect", "unavailable")
SECRETS = frozenset({"authorization", "key", "apikey", "token", "secret", "password"})
"""The last part of the names of what signs in; an id of a key (`key_id`) is none."""
FILLED = {
    "statement": {"entity", "where", "order_by", "start", "limit"},
    "count": {"entity", "where"},
    "where": {"conditions"},
    "order_by": {"field", "direction"},
    "then_by": {"field", "direction"},
    "condition": {"field", "value", "text"},
    "any_of": {"field", "values"},
    "format": {"value"},
    "date": {"value", "year", "month", "day"},
    "date-time": {"value", "year", "month", "day", "hour", "minute", "second"},
    "paging": {"start", "limit"},
}
"""What the runtime fills in each kind of template of the query language."""


def check_integration(document: Document, diagnostics: Diagnostics) -> None:
    """Report templates, patterns and combinations of keys that cannot work."""
    _check_templates(document, diagnostics)
    _check_account(document, diagnostics)
    _check_secrets(document, diagnostics)
    _check_patterns(document, diagnostics)
    _check_dates(document, diagnostics)
    _check_pagination(document, diagnostics)
    _check_language(document, diagnostics)
    _check_confirmation(document, diagnostics)
    _check_lookup(document, diagnostics)
    _check_advice(document, diagnostics)


def _check_templates(document: Document, diagnostics: Diagnostics) -> None:
    """Every `{name}` in an address or a header of the account must be one of its fields."""
    value = document.value
    known = set(value["account"])
    templates: list[tuple[Path, str]] = [
        (("environments", name), text) for name, text in value["environments"].items()
    ]
    headers = value["auth"].get("headers") or {}
    templates += [(("auth", "headers", name), text) for name, text in headers.items()]
    client = value["auth"].get("client") or {}
    templates += [(("auth", "client", name), text) for name, text in client.items()]
    if value["auth"]["type"] == "client_credentials":
        templates.append((("auth", "token_url"), value["auth"]["token_url"]))
    confirm = value["auth"].get("confirm") or {}
    templates += [
        (("auth", "confirm", name), confirm[name]) for name in ("request", "equals") if name in confirm
    ]
    for path, text in templates:
        for name in sorted(set(find_names(text)) - known):
            message = f"{{{name}}} is filled by nothing: the account has no such field."
            diagnostics.report(document.make_diagnostic(path, "placeholder", message))
    _check_send_always(document, diagnostics)
    _check_token_url(document, diagnostics)


def _check_token_url(document: Document, diagnostics: Diagnostics) -> None:
    """No secret of an account stands in an address."""
    account, auth = document.value["account"], document.value["auth"]
    if auth["type"] != "client_credentials":
        return
    for name in find_names(auth["token_url"]):
        if account.get(name, {}).get("secret"):
            message = f"{{{name}}} is a secret, and an address is no place for one."
            diagnostics.report(document.make_diagnostic(("auth", "token_url"), "placeholder", message))


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
            diagnostics.report(document.make_diagnostic(path, "placeholder", message, hint))


def _check_account(document: Document, diagnostics: Diagnostics) -> None:
    """Check that a field of the account can be set: by OAuth when it has a source there, else by a person."""
    is_oauth = document.value["auth"]["type"] == "oauth2"
    for name, each in document.value["account"].items():
        if is_oauth and "from" not in each:
            message = f"{name} can never be set: with oauth2 nobody is asked for it."
            hint = 'Give "from": callback.<parameter>, token.<key> or lookup.<path>.'
            diagnostics.report(document.make_diagnostic(("account", name), "source", message, hint))
        if not is_oauth and "from" in each:
            message = f"{name} can never be set: only oauth2 has a person's consent to take it from."
            hint = 'Leave "from" out; the person who connects the account is asked for it.'
            diagnostics.report(document.make_diagnostic(("account", name, "from"), "source", message, hint))


def _check_secrets(document: Document, diagnostics: Diagnostics) -> None:
    """Check that what signs in is secret; a header beside the one that does may have a public id alone.

    Whether it is one is seen by its names: what is called a key, a token, a secret or a password signs in.
    """
    account, auth = document.value["account"], document.value["auth"]
    secret = {name for name, each in account.items() if each.get("secret")}
    headers = auth.get("headers") or {}
    signs_in = any(secret.intersection(find_names(text)) for text in headers.values())
    templates: list[tuple[Path, str]] = [
        (("auth", "headers", name), text)
        for name, text in headers.items()
        if not signs_in or _is_named_secret(name, text)
    ]
    always = (document.value.get("send_always") or {}).get("headers") or {}
    templates += [
        (("send_always", "headers", name), str(text))
        for name, text in always.items()
        if _is_named_secret(name, str(text))
    ]
    if "secret" in (client := auth.get("client") or {}):
        templates.append((("auth", "client", "secret"), client["secret"]))
    for path, text in templates:
        names = [name for name in dict.fromkeys(find_names(text)) if name in account]
        if names and not secret.intersection(names):
            message = "No account field in it is secret, so what signs in would be stored and shown openly."
            hint = f'Add "secret: true" to account.{" or account.".join(names)}.'
            diagnostics.report(document.make_diagnostic(path, "secret", message, hint))


def _is_named_secret(header: str, text: str) -> bool:
    """Return whether a header, or the field that fills it, is called what only a secret is called."""
    parts = (re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name) for name in (header, *find_names(text)))
    return any(each and each[-1].lower() in SECRETS for each in parts)


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
            diagnostics.report(document.make_diagnostic(("account", name, "from"), "confirm", message))


def _check_lookup(document: Document, diagnostics: Diagnostics) -> None:
    """Check that what is looked up has a request for it, whose host is known before, and no request is for nothing."""
    value = document.value
    wanted = [
        name for name, each in value["account"].items() if str(each.get("from", "")).startswith("lookup.")
    ]
    if not value["auth"].get("lookup"):
        for name in wanted:
            message = f"{name} is looked up, but there is no request for it: auth.lookup has to be given."
            diagnostics.report(document.make_diagnostic(("account", name, "from"), "lookup", message))
        return
    if not wanted:
        message = 'No field of the account takes its answer, with "from": lookup.<path>.'
        diagnostics.report(document.make_diagnostic(("auth", "lookup"), "lookup", message))
    for name, text in value["environments"].items():
        if "{" in text.removeprefix("https://").partition("/")[0]:
            message = "A host that depends on the account is not known before the account is looked up."
            diagnostics.report(document.make_diagnostic(("environments", name), "lookup", message))


def _check_language(document: Document, diagnostics: Diagnostics) -> None:
    """Every `{name}` in the words of the query language must be one that the runtime fills there."""
    query = document.value.get("query") or {}
    texts: list[tuple[Path, str, set[str]]] = [
        ((word,), query[word], FILLED[word])
        for word in ("statement", "count", "where", "order_by", "then_by")
        if word in query
    ]
    for name, text in query.get("conditions", {}).items():
        texts.append((("conditions", name), text, FILLED["any_of" if name == "any_of" else "condition"]))
    for name, text in (query.get("formats") or {}).items():
        texts.append((("formats", name), text, FILLED[name if name in FILLED else "format"]))
    if "paging" in query:
        texts.append((("paging", "add"), query["paging"]["add"], FILLED["paging"]))
    for path, text, known in texts:
        for name in sorted(set(find_names(text)) - known):
            hint = did_you_mean(name, known) or f"Known names: {', '.join(sorted(known))}."
            message = f"{{{name}}} is filled by nothing."
            diagnostics.report(document.make_diagnostic(("query", *path), "placeholder", message, hint))


def _check_advice(document: Document, diagnostics: Diagnostics) -> None:
    """Check that a code of the vendor has one meaning."""
    errors, first = document.value["errors"], dict[str, str]()
    for kind in KINDS:
        for code in errors.get(kind) or ():
            if code in first:
                message = f'The code "{code}" is {first[code]} already.'
                diagnostics.report(document.make_diagnostic(("errors", kind, code), "twice", message))
            first.setdefault(code, kind)
            check_cases(document, ("errors", kind, code), diagnostics)


def _check_pagination(document: Document, diagnostics: Diagnostics) -> None:
    """Check that a style that reads where the next page begins says where that stands."""
    value = document.value["pagination"]
    needed = {"cursor": "cursor", "link_header": "parameter"}.get(value["style"])
    if needed and not value.get(needed):
        message = f'The style {value["style"]} needs "{needed}".'
        diagnostics.report(document.make_diagnostic(("pagination", "style"), "pagination", message))
    limit = value["limit"]
    if limit["default"] > limit["max"]:
        message = f"The default is {limit['default']}, which is more than {limit['max']}, the most."
        diagnostics.report(
            document.make_diagnostic(("pagination", "limit", "default"), "pagination", message)
        )


def _check_dates(document: Document, diagnostics: Diagnostics) -> None:
    """Check that a pattern of a moment says in one group when that is."""
    for at, text in enumerate(document.value.get("dates") or ()):
        try:
            groups = re.compile(text).groupindex.keys()
        except re.error as error:
            message = f"This is not a pattern: {error}."
            diagnostics.report(document.make_diagnostic(("dates", at), "pattern", message))
            continue
        if len(groups & {"milliseconds", "seconds"}) != 1 or groups - {"milliseconds", "seconds", "offset"}:
            message = 'The pattern needs one group named "milliseconds" or "seconds", and may have "offset".'
            diagnostics.report(document.make_diagnostic(("dates", at), "pattern", message))


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
            diagnostics.report(document.make_diagnostic(path, "pattern", f"This is not a pattern: {error}."))
            continue
        if path[-1] == "pattern" and "entity" not in pattern.groupindex:
            diagnostics.report(
                document.make_diagnostic(path, "pattern", 'The pattern needs a group named "entity".')
            )
        if path[-1] != "pattern" and pattern.groups != 1:
            diagnostics.report(
                document.make_diagnostic(path, "pattern", "The pattern needs exactly one group.")
            )

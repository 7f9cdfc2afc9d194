"""Reads what a client sent, and believes none of it: header fields, query and body become checked values here.

Every error is an InvalidRequest, or one of its kin with the fitting status, that names what is wrong and the
nearest right word; never a failure of the server.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar, get_args

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from generator.suggestions import did_you_mean
from runtime.api.shapes import AccountQuery
from runtime.errors import BodyTimeout, InvalidRequest, TooLarge, UnsupportedMediaType
from runtime.operations.bodies import LARGEST_BODY, count_seconds, explain_lateness, explain_size
from runtime.operations.names import MOST_METADATA, check_metadata_key
from runtime.operations.structure import find_structural_problem
from runtime.safety.once import read_key

DEEPEST_BODY = 64
"""Levels. Arguments of tools, which a body may hold, have seven at most."""
MOST_PARAMETERS = 500
"""No address of the API takes ten; a body of names alone must not cost seconds."""
MOST_VALUES = 5000
"""Values in what a model reads: names, and filters with at most a few hundred methods and tags. The arguments of a tool
have a bound of their own.
"""
_LISTS = ("methods", "tags")
_METADATA = "metadata."
_ERRORS_SHOWN = 20
"""Enough to correct a body by; the rest is counted."""
_OBJECTS = ("model_type", "dict_type")
"""What pydantic calls an error where a JSON object belongs; its words for it name classes of ours."""

Model = TypeVar("Model", bound=BaseModel)


async def read_json(request: Request, *, may_be_empty: bool = False) -> dict[str, Any]:
    """Return the JSON object in the body.

    Raises InvalidRequest (400), UnsupportedMediaType (415), TooLarge (413) or BodyTimeout (408).
    """
    content = await read_body(request)
    if may_be_empty and not content:
        return {}
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType(
            "The body must be JSON.", advice="Send it with the header Content-Type: application/json."
        )
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as problem:
        raise InvalidRequest(f"The body is not JSON: {problem.msg} at character {problem.pos}.") from problem
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object, such as {}.")
    check_depth(value)
    return value


def read_query(request: Request, model: type[Model]) -> Model:
    """Return what stands behind the question mark. Raises InvalidRequest."""
    values: dict[str, Any] = {}
    for name, found in _by_name(request.query_params.multi_items()).items():
        if name in _LISTS and name in model.model_fields:
            values[name] = [word for text in found for word in text.split(",") if word]
        elif len(found) > 1:
            raise InvalidRequest(f'"{name[:80]}" is given {len(found)} times.')
        else:
            values[name] = found[0]
    return check_model(values, model)


def read_account_query(request: Request) -> tuple[AccountQuery, tuple[tuple[str, str], ...]]:
    """Return which accounts are wanted, and the members of their metadata that are. Raises InvalidRequest."""
    plain: dict[str, Any] = {}
    members: list[tuple[str, str]] = []
    for name, found in _by_name(request.query_params.multi_items()).items():
        if len(found) > 1:
            raise InvalidRequest(f'"{name[:80]}" is given {len(found)} times.')
        if name.startswith(_METADATA):
            members.append((check_metadata_key(name.removeprefix(_METADATA)), found[0]))
        else:
            plain[name] = found[0]
    if len(members) > MOST_METADATA:
        raise InvalidRequest(
            f"The address names {len(members)} members of metadata; an account has {MOST_METADATA}."
        )
    return check_model(plain, AccountQuery), tuple(members)


def _by_name(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what is given under each name, in one pass. Raises InvalidRequest for more names than any address has."""
    if len(pairs) > MOST_PARAMETERS:
        raise InvalidRequest(f"The address has {len(pairs)} parameters; at most {MOST_PARAMETERS} are read.")
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def refuse_query(request: Request) -> None:
    """Nothing stands behind the question mark where nothing is read from there. Raises InvalidRequest."""
    for name in request.query_params:
        raise InvalidRequest(
            f'"{name[:80]}" is not known here: nothing is read from the address.',
            advice="What a request says stands in its body, as a JSON object.",
        )


def check_model(values: dict[str, Any], model: type[Model]) -> Model:
    """Return the values as a model. Raises InvalidRequest, which names every error."""
    if problem_of_size := find_structural_problem(values, most_values=MOST_VALUES):
        raise InvalidRequest(
            f"The values sent {problem_of_size}.", advice="Send only what /openapi.json names."
        )
    try:
        return model.model_validate(values)
    except ValidationError as problem:
        found = problem.errors(include_url=False, include_context=False, include_input=False)
        errors = [_error_of(model, each["type"], each["loc"], each["msg"]) for each in found[:_ERRORS_SHOWN]]
        if len(found) > len(errors):
            errors.append(f"And {len(found) - len(errors)} more.")
        raise InvalidRequest(" ".join(errors), details={"errors": errors}) from None


def read_idempotency_key(request: Request) -> str:
    """Return the Idempotency-Key, or nothing. Raises InvalidRequest when it is malformed, or there are several."""
    found = request.headers.getlist("idempotency-key")
    if not found:
        return ""
    if len(found) > 1:
        raise InvalidRequest("The header Idempotency-Key must be given once. Nothing was sent.")
    return read_key(found[0].strip())


async def read_body(request: Request) -> bytes:
    """Return the bytes of the body. Raises InvalidRequest, TooLarge or BodyTimeout."""
    length = request.headers.get("content-length", "0").encode("latin-1")
    if length.isdigit() and int(length[:20]) > LARGEST_BODY:
        raise _too_large()
    content = bytearray()
    try:
        async with asyncio.timeout(count_seconds()):
            async for piece in request.stream():
                content += piece
                if len(content) > LARGEST_BODY:
                    raise _too_large()
    except ClientDisconnect as gone:
        raise explain_early_end() from gone
    except TimeoutError as late:
        raise BodyTimeout(explain_lateness()) from late
    return bytes(content)


def explain_early_end() -> InvalidRequest:
    """Return the error for a client that goes away before its body is whole."""
    return InvalidRequest("The body ended too early.")


def _too_large() -> TooLarge:
    return TooLarge(
        explain_size(),
        advice="A tool that takes a file takes a large one as multipart/form-data.",
    )


def check_depth(value: Any) -> None:
    """Raise InvalidRequest for what is nested more deeply than any request that makes sense."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST_BODY:
            raise InvalidRequest(f"The body is nested more than {DEEPEST_BODY} levels deep.")
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]


def _error_of(model: type[BaseModel], kind: str, place: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(step)[:80] for step in place)
    if kind == "extra_forbidden":
        hint = did_you_mean(str(place[-1]), _names_at(model, place[:-1]))
        return f'"{where}" is not known here. {hint}'.rstrip()
    if kind == "missing":
        return f'"{where}" is missing.'
    if kind in _OBJECTS:
        return f'"{where}": Input should be a JSON object.'
    return f'"{where}": {message}.'


def _names_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    for step in place:
        if isinstance(step, int):  # a place in a list, whose model is that of its elements
            continue
        field = model.model_fields.get(step)
        inner = _find_model(field.annotation) if field is not None else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _find_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, also one that may be null; None where it holds none."""
    for each in get_args(annotation) or (annotation,):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None

"""The routes as an OpenAPI document, which is served beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeinfer import __version__, config
from edgeinfer.sinks.dashboard import answers
from edgeinfer.sinks.dashboard.exchange import JSON, Answer, Ask, Route, said

_ERRORS = {
    "400": "not well formed",
    "401": "log in first",
    "403": "this visitor may not, or another page asks",
    "404": "no such thing",
    "408": "too slow",
    "409": "not as things stand",
    "413": "too much",
    "415": "not JSON",
    "421": "not a name of this machine",
    "422": "not as the schema says",
    "429": "too often",
    "503": "not now; ask again",
}
_COOKIE = {"type": "apiKey", "in": "cookie", "name": "edgeinfer"}
_CSRF = {
    "name": "X-CSRF-Token",
    "in": "header",
    "required": True,
    "description": "`csrf` of /api/v1/session",
    "schema": {"type": "string"},
}


def route(routes: Sequence[Route]) -> Route:
    """Where the document of those routes, and of itself, is served."""
    written: list[Answer] = []

    async def handler(_: Ask) -> Answer:
        if not written:
            written.append(said(document([*routes, own])))
        return written[0]

    own = Route("GET", "/openapi.json", "This document", handler, {200: JSON}, opens=True)
    return own


def document(routes: Sequence[Route]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for each in routes:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "edgeinfer dashboard",
            "version": __version__,
            "description": "What the dashboard's pages ask; docs/http.md describes it in words.",
        },
        "paths": paths,
        "components": {
            "schemas": answers.SCHEMAS,
            "securitySchemes": {"session": _COOKIE},
        },
    }


def _operation(each: Route) -> dict[str, Any]:
    parameters = [*_path_parameters(each.path), *_query_parameters(each.query)]
    if each.changes and not each.opens:
        parameters.append(_CSRF)
    operation: dict[str, Any] = {
        "summary": each.summary,
        "operationId": _name(each),
        "responses": {**_errors(), **_answers(each.answers)},
    }
    if parameters:
        operation["parameters"] = parameters
    if each.body is not None:
        schema = _without_definitions(config.schema(each.body))
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    if not each.opens:
        operation["security"] = [{"session": []}, {}]  # without a password there are none
    return operation


def _answers(told: Mapping[int, str]) -> dict[str, Any]:
    """A word with a slash is a media type, one that begins large a schema, else a description."""
    return {str(status): _answer(what) for status, what in told.items()}


def _answer(what: str) -> dict[str, Any]:
    if "/" in what:
        return {"description": what, "content": {what: {}}}
    if what[0].isupper():
        schema = {"$ref": f"#/components/schemas/{what}"}
        return {"description": what, "content": {JSON: {"schema": schema}}}
    return {"description": what}


def _errors() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Error"}
    return {
        status: {"description": words, "content": {JSON: {"schema": schema}}}
        for status, words in _ERRORS.items()
    }


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _query_parameters(kind: type[Any] | None) -> list[dict[str, Any]]:
    if kind is None:
        return []
    schema = config.schema(kind)
    return [
        {"name": name, "in": "query", "required": False, "schema": _of_query(own)}
        for name, own in schema["properties"].items()
    ]


def _of_query(own: dict[str, Any]) -> dict[str, Any]:
    """What is null is left out of a query."""
    some = [one for one in own.get("anyOf", []) if one.get("type") != "null"]
    return some[0] if some else own


def _without_definitions(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "additionalProperties": False}


def _name(each: Route) -> str:
    words = each.path.removeprefix("/api/v1").replace("{", "").replace("}", "")
    return f"{each.method.lower()}{words.replace('/', '_').replace('.', '_')}".rstrip("_")

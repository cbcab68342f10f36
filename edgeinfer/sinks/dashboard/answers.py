"""The forms of what is answered, for the OpenAPI document; the tests hold the answers to them."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_WHOLE: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean"}
_ANY: Schema = {}
_TIME: Schema = {"type": "string", "format": "date-time"}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _object(**properties: Schema) -> Schema:
    """All of them are there, and more may come: skip what you do not know."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_COLUMN = _list(_maybe(_NUMBER))
_REGION = {"type": "array", "items": _NUMBER, "minItems": 4, "maxItems": 4}
_RULE = {
    "type": "object",
    "properties": {"type": _TEXT, "name": _TEXT},
    "required": ["type", "name"],
}

SCHEMAS: dict[str, Schema] = {
    "Error": {
        "type": "object",
        "properties": {"error": _TEXT, "problems": _list(_TEXT)},
        "required": ["error"],
    },
    "Alive": _object(status={"enum": ["ok", "starting", "stalled"]}),
    "Session": _object(
        logged_in=_FLAG,
        needs_password=_FLAG,
        may_change=_FLAG,
        csrf=_maybe(_TEXT),
        why_not=_maybe(_TEXT),
    ),
    "Status": _object(
        device=_TEXT,
        version=_TEXT,
        model=_maybe(_TEXT),
        source=_maybe(_TEXT),
        paused=_FLAG,
        fps=_maybe(_NUMBER),
        max_fps=_maybe(_NUMBER),
        binds=_maybe(_TEXT),
        duty=_maybe(_NUMBER),
        latency_ms=_maybe(_object(p50=_maybe(_NUMBER), p95=_maybe(_NUMBER))),
        uptime_s=_maybe(_NUMBER),
        camera=_maybe(_TEXT),
        stages=_map(_TEXT),
        sinks=_list(_object(name=_TEXT, state={"enum": ["ok", "away"]})),
        temperature_c=_maybe(_NUMBER),
        readings=_map(_maybe(_NUMBER)),
        configuration=_maybe(_object(problems=_list(_TEXT))),
        incident=_maybe(_map(_ANY)),
        rules=_list(_RULE),
        region=_REGION,
        picture_px=_list(_WHOLE),
        labels=_list(_TEXT),
    ),
    "Event": _object(
        v=_WHOLE,
        id=_TEXT,
        number=_WHOLE,
        rule=_TEXT,
        kind=_TEXT,
        label=_TEXT,
        time=_TIME,
        facts=_map(_ANY),
        words=_TEXT,
        picture=_maybe(_TEXT),
    ),
    "Events": _object(events=_list(_ref("Event")), next=_maybe(_WHOLE)),
    "Counts": _object(bars=_list(_object(begin=_TIME, rule=_TEXT, label=_TEXT, count=_WHOLE))),
    "History": _object(
        time_s=_list(_NUMBER),
        fps=_COLUMN,
        p50_ms=_COLUMN,
        p95_ms=_COLUMN,
        temperature_c=_COLUMN,
        clock_mhz=_COLUMN,
        memory_bytes=_COLUMN,
    ),
    "Model": _object(
        name=_TEXT,
        summary=_TEXT,
        task=_TEXT,
        licence=_TEXT,
        parameters=_maybe(_WHOLE),
        macs=_maybe(_WHOLE),
        weights_bytes=_WHOLE,
        input_px=_maybe(_list(_WHOLE)),
        labels=_WHOLE,
        here=_object(p50_ms=_maybe(_NUMBER), p95_ms=_maybe(_NUMBER)),
        versions=_map(_TEXT),
    ),
    "Setup": _object(
        toml=_maybe(_TEXT),
        base=_maybe(_TEXT),
        path=_maybe(_TEXT),
        rule_types=_list(
            _object(
                type=_TEXT,
                needs=_maybe({"enum": ["polygon", "line"]}),
                options=_list(_object(name=_TEXT, kind=_TEXT, default=_ANY, choices=_list(_TEXT))),
            )
        ),
        labels=_list(_TEXT),
        region=_REGION,
        rules=_list(_RULE),
    ),
    "Preview": _object(toml=_TEXT, base=_TEXT, problems=_list(_TEXT)),
    "Tried": _object(events=_list(_map(_ANY))),
    "Collection": _object(
        folder=_maybe(_TEXT),
        labels=_list(_object(label=_TEXT, kept=_WHOLE, goal=_WHOLE, goal_transfer=_WHOLE)),
        automatic=_maybe(_object(rule=_TEXT, label=_TEXT, every_s=_NUMBER)),
        bytes=_WHOLE,
        most_bytes=_WHOLE,
    ),
    "Kept": _object(label=_TEXT, kept=_WHOLE),
}

"""Status: what the device does now, in one answer; and whether it does anything at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from edgeinfer import __version__
from edgeinfer.core.setup import Setup
from edgeinfer.sinks.dashboard.board import Board

STALLED_S = 30.0
"""Without a result, where the limits allow more than one in ten seconds."""

_GATED_S = 200.0
"""The motion gate lets a frame through every `look_s`, or as seldom as `floor_fps` says."""


def status(board: Board, setup: Setup | None, device: str) -> dict[str, Any]:
    facts = board.look()
    labels = list(setup.labels) if setup else []
    return {
        "device": device,
        "version": __version__,
        "model": facts.get("model"),
        "source": board.result.frame.source if board.result else (setup.source if setup else None),
        "paused": bool(facts.get("paused")),
        "fps": facts.get("fps"),
        "max_fps": facts.get("allowed_fps"),
        "binds": facts.get("binds"),
        "duty": facts.get("duty"),
        "latency_ms": facts.get("latency_ms"),
        "uptime_s": facts.get("uptime_s"),
        "camera": facts.get("camera"),
        "stages": stages(facts),
        "sinks": sinks(facts),
        "temperature_c": facts.get("temperature_c"),
        "readings": readings(facts),
        "configuration": facts.get("configuration"),
        "incident": incident(board.last_exit),
        "rules": rules(setup.rules if setup else (), board.states),
        "region": list(setup.region) if setup else [0.0, 0.0, 1.0, 1.0],
        "picture_px": list(board.picture_px),
        "labels": labels,
    }


def healthz(board: Board) -> tuple[int, dict[str, str]]:
    """200 while results come as often as the limits allow, or somebody has paused them."""
    facts = board.look()
    age_s = board.result_age_s
    if age_s is None:
        return 503, {"status": "starting"}
    allowed_fps = facts.get("allowed_fps")
    longest_s = max(STALLED_S, 3 / allowed_fps if allowed_fps else 0.0)
    if facts.get("still"):
        longest_s = max(longest_s, _GATED_S)
    if age_s > longest_s and not facts.get("paused"):
        return 503, {"status": "stalled"}
    return 200, {"status": "ok"}


def stages(facts: Mapping[str, Any]) -> dict[str, str]:
    """One word for each part of a frame's way; a sink stands under its own name."""
    engine = facts.get("engine")
    engine = engine if isinstance(engine, dict) else {}
    return {
        "camera": str(facts.get("camera", "opening")),
        "engine": "fallback" if "failures" in engine else "ok",
        **{str(sink["name"]): sink["state"] for sink in sinks(facts)},
    }


def sinks(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    told = facts.get("sinks", [])
    return [
        {
            "name": sink.get("name"),
            "state": "away" if sink.get("away") else "ok",
            "delivered": sink.get("delivered"),
            "waiting": sink.get("waiting"),
            "dropped": sink.get("dropped"),
            "kept": sink.get("kept"),
        }
        for sink in told
    ]


def readings(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The number of each sensor by its name; the unit stands in most names."""
    told = facts.get("readings", {})
    return {name: reading.get("value") for name, reading in told.items()}


def incident(last: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """How the run before this one ended, if not in good order."""
    return None if last is None or last.get("ending") in ("stopped", "finished") else last


def rules(
    tables: Sequence[Mapping[str, Any]], states: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    return [{**table, "state": dict(states.get(str(table["name"]), {}))} for table in tables]

"""The demo's configuration: a drawn scene and its rules; the model is the usual one for such."""

from __future__ import annotations

from typing import Any, Literal

from edgeinfer.errors import SinkError
from edgeinfer.sinks.broker import BrokerOptions
from edgeinfer.sinks.mqtt import MqttSink
from edgeinfer.sources.scenes.parking import Parking
from edgeinfer.tools.embedded_broker import USUAL_PORT

SceneName = Literal["railway", "parking"]
DEVICE = "demo"
_HERE = f"mqtt://localhost:{USUAL_PORT}"
# In the first half minute two trains pass here, each its own way; there a car comes, another goes.
_LIVELY_SEEDS: dict[SceneName, int] = {"railway": 286, "parking": 59}
# A car stands or has gone: what drives by, or is hidden for a moment, is neither.
_SETTLE_S = 1.4
# Real ones come to 0.85 and more; lights of the night that look like one, to 0.55.
_TRAIN_SCORE = 0.6


def configuration(
    scene: SceneName, seed: int | None, *, weather: str, light: str
) -> dict[str, Any]:
    """The tables of a TOML file, without sinks."""
    seed = _LIVELY_SEEDS[scene] if seed is None else seed
    return {
        "device": {"name": DEVICE},
        "source": {
            "type": "synthetic",
            "scene": scene,
            "seed": seed,
            "weather": weather,
            "light": light,
        },
        "rule": _rules(scene, seed),
    }


def broker_here() -> str | None:
    """The address of the broker on this machine, if one is there and lets us in."""
    try:
        MqttSink(BrokerOptions(uri=_HERE), DEVICE).probe()
    except SinkError:
        return None
    return _HERE


def mqtt(uri: str) -> dict[str, Any]:
    """A sink that leaves a house as it is: a demo is nothing that Home Assistant should find."""
    return {"type": "mqtt", "uri": uri, "discovery": False, "commands": False}


def _rules(scene: SceneName, seed: int) -> list[dict[str, Any]]:
    """One for the trains, or one for each bay, whose places the scene knows."""
    if scene == "railway":
        scores = {"train": _TRAIN_SCORE}
        return [{"type": "passage", "name": "train", "labels": ["train"], "scores": scores}]
    return [
        {
            "type": "zone",
            "name": f"bay {number}",
            "labels": ["car"],
            "polygon": [list(corner) for corner in polygon],
            "settle_s": _SETTLE_S,
        }
        for number, polygon in enumerate(Parking(seed).bays, start=1)
    ]

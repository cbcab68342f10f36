"""The part of Home Assistant's discovery that is about the device itself, read from its health."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_MEASUREMENT = {"state_class": "measurement"}
_TEMPERATURE = {"device_class": "temperature", "unit_of_measurement": "°C"} | _MEASUREMENT
_FLAGS = {"under_voltage": "Under-voltage", "throttled": "Throttled"}


def diagnostics(topic: str, readings: frozenset[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Components by their ids; none for what the board has no sensor for."""
    if "temperature_c" in readings:
        yield "temperature", _sensor(topic, "Temperature", "temperature_c", _TEMPERATURE)
    fps = {"unit_of_measurement": "fps", "icon": "mdi:speedometer"} | _MEASUREMENT
    yield "frame_rate", _sensor(topic, "Frame rate", "fps", fps)
    yield "binds", _sensor(topic, "Frame rate limited by", "binds", {"icon": "mdi:car-brake-alert"})
    latency = {"unit_of_measurement": "ms", "device_class": "duration"} | _MEASUREMENT
    yield "latency", _sensor(topic, "Latency", "latency_ms.p95", latency)
    yield "model", _sensor(topic, "Model", "model", {"icon": "mdi:brain"})
    yield "camera", _sensor(topic, "Camera", "camera", {"icon": "mdi:cctv"})
    seen = "value_json.camera not in ('ok', 'opening')"
    yield "camera_problem", _problem(topic, "Camera problem", f"{{{{ {_on_off(seen)} }}}}")
    refused = _on_off("value_json.configuration is defined")
    yield "configuration_problem", _problem(topic, "Configuration problem", f"{{{{ {refused} }}}}")
    for flag in sorted(_FLAGS.keys() & readings):
        yield flag, _problem(topic, _FLAGS[flag], _of_reading(flag))


def _sensor(topic: str, name: str, key: str, more: dict[str, Any]) -> dict[str, Any]:
    """What is not known is None, which Home Assistant shows as unknown."""
    return {
        "platform": "sensor",
        "name": name,
        "entity_category": "diagnostic",
        "state_topic": topic,
        "value_template": f"{{{{ value_json.{key} | default(None) }}}}",
        **more,
    }


def _problem(topic: str, name: str, template: str) -> dict[str, Any]:
    return {
        "platform": "binary_sensor",
        "name": name,
        "device_class": "problem",
        "entity_category": "diagnostic",
        "state_topic": topic,
        "value_template": template,
    }


def _of_reading(flag: str) -> str:
    """A sensor that has broken meanwhile gives no reading: then nobody knows."""
    found = f"{{% set flag = value_json.readings.{flag} %}}"
    return f"{found}{{{{ ({_on_off('flag.value')}) if flag is defined else None }}}}"


def _on_off(question: str) -> str:
    return f"'ON' if {question} else 'OFF'"

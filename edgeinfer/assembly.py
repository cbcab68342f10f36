"""Configuration -> the parts. The only file that knows both sides.

`open_pipeline` and `open_source` are the same in small, for a script of one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edgeinfer import config, introducing, plugins, rungs, shorthand
from edgeinfer.core.contracts import Rule, Sensor, Sink, Source, Tracker
from edgeinfer.errors import ConfigError, collect
from edgeinfer.loading import OnFetch, build_pipeline
from edgeinfer.model import menu
from edgeinfer.pipeline import Pipeline
from edgeinfer.rungs import Rung
from edgeinfer.sections import Config, Limits, Model, Part

_USUAL_TRACKER = "iou"
_DRAWN_MODEL, _DRAWN_SCENES = "demo_detector", ("railway", "parking")
_SIMULATED = "simulated"  # the sensor that takes the place of all others


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a service is made of; `ladder` has rungs where there is more than one model."""

    source: Source
    pipeline: Pipeline
    ladder: tuple[Rung, ...]
    rules: tuple[Rule, ...]
    sinks: tuple[Sink, ...]
    sensors: tuple[Sensor, ...]
    limits: Limits


def configure(table: Mapping[str, Any]) -> Config:
    """Check a configuration: the plug-ins' own options, the files of the sinks, the model's name.

    Raises: ConfigError: with every problem at once.
    """
    problems: list[str] = []
    table = _with_model(table)
    settings = collect(problems, lambda: config.build(table, plugins.options_of))
    for name in _menu_names(table.get("model")):
        collect(problems, partial(menu.find, name))
    sinks = table.get("sink")
    for number, sink in enumerate(sinks if isinstance(sinks, list) else [], start=1):
        collect(problems, partial(_try_sink, sink, f"sink {number}"))
    if settings is None or problems:
        raise ConfigError(problems)
    return settings


def build(
    settings: Config,
    on_fetch: OnFetch = lambda *_: None,
    *,
    heat: str | None = None,
    file: Path | None = None,
    check: Callable[[Mapping[str, Any]], Config] | None = None,
) -> Parts:
    """Make every part. The camera is not opened yet, and no broker is called.

    `heat`: the scenario of a simulated board, which takes the place of this one's sensors. `file`:
    what a restart reads again, and `check` what it makes of its tables.

    Raises: EdgeinferError: what is wrong with a model, a plug-in or a setting.
    """
    sinks = tuple(_sink(part, settings.device.name) for part in settings.sinks)
    rules = tuple(map(introducing.rule_of, settings.rules))
    pipeline, ladder = rungs.build(settings.model, _tracker(settings), on_fetch)
    _check_rules(settings.rules, pipeline.labels)
    setup = introducing.setup_of(settings, pipeline.labels, file, check or configure)
    introducing.introduce(sinks, pipeline.model, rules, setup)
    source = _source(settings.source, rungs.input_px(pipeline, ladder))
    return Parts(source, pipeline, ladder, rules, sinks, _sensors(heat), settings.limits)


def open_pipeline(model: str | Path, **settings: Any) -> Pipeline:
    """A pipeline by menu name or path; `settings` are the keys of `[model]`, as in `min_score`.

    Raises: EdgeinferError: as `build_pipeline`, or a setting is wrong.
    """
    problems: list[str] = []
    table = shorthand.model_table(str(model)) | {
        key: str(value) if isinstance(value, Path) else value for key, value in settings.items()
    }
    checked = config.check(Model, table, "model", problems)
    if checked is None or problems:
        raise ConfigError(problems)
    return build_pipeline(checked)


def open_source(text: str, **settings: Any) -> Source:
    """A source by what `edgeinfer run --source` takes; `settings` are the plug-in's options.

    Raises: EdgeinferError: no such plug-in, or a setting is wrong.
    """
    part = _part("source", shorthand.source_table(text) | settings, "source")
    source: Source = plugins.find("source", part.type)(part.options)
    return source


def _part(kind: str, table: Mapping[str, Any], where: str) -> Part:
    problems: list[str] = []
    part = config.part(kind, table, where, plugins.options_of, problems)
    if part is None or problems:
        raise ConfigError(problems)
    return part


def _with_model(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """A drawn scene that names no model gets the one that was trained on such drawings."""
    source, model = table.get("source"), table.get("model", {})
    if not isinstance(source, Mapping) or not isinstance(model, Mapping):
        return table
    if (source.get("type"), source.get("scene") in _DRAWN_SCENES) != ("synthetic", True):
        return table
    named = any(key in model for key in ("name", "path", "ladder"))
    return table if named else {**table, "model": {"name": _DRAWN_MODEL, **model}}


def _menu_names(model: object) -> list[str]:
    """What a `[model]` section names of the menu; what is not well formed `config` has told."""
    if not isinstance(model, Mapping):
        return []
    ladder = model.get("ladder")
    words = [word for word in ladder if isinstance(word, str)] if isinstance(ladder, list) else []
    names = [model.get("name"), *(shorthand.model_table(word).get("name") for word in words)]
    return [name for name in names if isinstance(name, str)]


def _try_sink(table: object, where: str) -> None:
    """Raises: ConfigError: it is well formed, and cannot be made: a file that it names is missing.

    What is not well formed `config` has told already.
    """
    part = config.part("sink", table, where, plugins.options_of, [])
    if part is not None:
        _sink(part, "device")


def _source(part: Part, model_px: tuple[int, int]) -> Source:
    source: Source = plugins.find("source", part.type)(part.options, model_px)
    return source


def _sink(part: Part, device: str) -> Sink:
    sink: Sink = plugins.find("sink", part.type)(part.options, device)
    return sink


def _sensors(heat: str | None) -> tuple[Sensor, ...]:
    """Every sensor that is installed: none of them needs a setting; or the simulated one."""
    if heat is not None:
        part = _part("sensor", {"type": _SIMULATED, "scenario": heat}, "--simulate-heat")
        return (plugins.find("sensor", _SIMULATED)(part.options),)
    names = [name for name in plugins.names("sensor") if name != _SIMULATED]
    found = [plugins.find("sensor", name) for name in names]
    return tuple(sensor(sensor.Options()) for sensor in found)


def _check_rules(rules: tuple[Part, ...], labels: tuple[str, ...]) -> None:
    """Raises: ConfigError: a rule is for a label that the model does not know."""
    if problems := introducing.unknown_labels(rules, labels):
        raise ConfigError(problems)


def _tracker(settings: Config) -> Tracker | None:
    """The one that is configured; rules that follow objects get the usual one without a word."""
    part = settings.tracker
    if part is None and settings.rules:
        part = _part("tracker", {"type": _USUAL_TRACKER}, "tracker")
    if part is None:
        return None
    tracker: Tracker = plugins.find("tracker", part.type)(part.options)
    return tracker

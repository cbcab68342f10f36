"""Configured: what `edgeinfer check -c FILE` says of a configuration, having tried its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from edgeinfer import assembly, config, plugins, rungs
from edgeinfer.core.contracts import Source
from edgeinfer.core.frame import Frame
from edgeinfer.errors import ConfigError
from edgeinfer.loading import build_pipeline
from edgeinfer.model import menu, weights
from edgeinfer.sections import Config, Model, Part
from edgeinfer.tools.line import CONFIGURATION, Line, fail, failed, ok, warn

Ask = Callable[[str, float, Callable[[], Iterable[Line]]], Iterable[Line]]
"""(name, limit_s, question) -> its lines, or one that says why there is no answer."""

# A source has 10 s by default to give a frame, and knows best why it gave none.
_SOURCE_S = 15.0
_MODEL_S = 60.0  # an Edge TPU takes seconds to start, an SD card to be read
_SINK_S = 10.0
_LOOKS = 10  # a camera sets its exposure within the first pictures
_DARK = 4.0  # of 255: a covered lens gives noise below this mean


def configured(file: Path, ask: Ask) -> Iterator[Line]:
    """Its problems, or what became of each part when it was tried."""
    try:
        settings = assembly.configure(config.read(file))
    except ConfigError as error:
        advice = f"correct it in {file}" if file.exists() else "name a file that is there"
        yield from failed(CONFIGURATION, error, advice)
        return
    yield ok(CONFIGURATION, f"{file}: valid")
    yield from _parts(settings, ask)


def _parts(settings: Config, ask: Ask) -> Iterator[Line]:
    for model in rungs.models_of(settings.model)[0]:
        yield from ask("model", _MODEL_S, partial(_model, model))
    yield from ask("source", _SOURCE_S, partial(_source, settings.source))
    for part in settings.sinks:
        yield from ask("sink", _SINK_S, partial(_sink, part, settings.device.name))


def _model(model: Model) -> Iterator[Line]:
    """Raises: EdgeinferError: it cannot be loaded, its labels do not fit, it does not run."""
    if model.name is not None and weights.locate(menu.find(model.name)) is None:
        advice = f"fetch it now: edgeinfer models pull {model.name}"
        yield warn("model", f"{model.name}: not here; the first start will pull it", advice)
        return
    pipeline = build_pipeline(model)
    height_px, width_px = pipeline.engine.input.shape[1:3]
    frame = Frame(np.zeros((height_px, width_px, 3), np.uint8), 0, 0, 0)
    pipeline.run(frame)  # the first invoke also lays out memory
    invoke_ms = pipeline.run(frame).timing.invoke_ms
    size = f"{width_px}x{height_px}"
    yield ok("model", f"{pipeline.model}: loads, and one invoke at {size} takes {invoke_ms:.1f} ms")


def _source(part: Part) -> Iterator[Line]:
    """Raises: EdgeinferError: it cannot be made or opened, or was lost."""
    source: Source = plugins.find("source", part.type)(part.options)
    with source:
        frame = _look(source)
    if frame is None:
        yield fail("source", f"{source.name}: has no picture", "name one that has")
    elif is_dark(frame):
        advice = "take the cap off the lens; let there be light"
        yield warn("source", f"{source.name}: opens, but its pictures are black", advice)
    else:
        yield ok("source", f"{source.name}: gives {frame.width_px}x{frame.height_px} pictures")


def _look(source: Source) -> Frame | None:
    """The first frame that is not black, or the last that was looked at."""
    seen = None
    for _ in range(_LOOKS):
        frame = source.read()
        if frame is None:
            break
        seen = frame
        if not is_dark(frame):
            break
    return seen


def is_dark(frame: Frame) -> bool:
    return float(frame.pixels.mean()) < _DARK


def _sink(part: Part, device: str) -> Iterator[Line]:
    """Raises: EdgeinferError: it cannot be made, or its `probe` says why it would not deliver."""
    sink = plugins.find("sink", part.type)(part.options, device)
    probe = getattr(sink, "probe", None)
    if probe is None:
        yield ok("sink", f"{sink.name}: cannot be tried without sending")
    else:
        probe()
        yield ok("sink", f"{sink.name}: ready")

"""Comparison: a model and another that should do the same, on pictures and by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgeinfer.core.frame import Frame
from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Finding
from edgeinfer.core.tensor import Array
from edgeinfer.engines import probe
from edgeinfer.engines.litert import LitertEngine
from edgeinfer.loading import build_pipeline
from edgeinfer.model import graph, labels
from edgeinfer.model.card import Card
from edgeinfer.pipeline import Pipeline
from edgeinfer.prepare import Prepare
from edgeinfer.sections import Model
from edgeinfer.tools.agreement import Agreement, Meter, Seen
from edgeinfer.tools.timing import OnDone, Percentiles, Ratio, interleaved, stopwatch, warm_up


@dataclass(frozen=True, slots=True)
class Agreements:
    """`kernels`: the two kernels of the runtime on the original; what differs there is noise."""

    pictures: int
    models: Agreement
    kernels: Agreement


@dataclass(frozen=True, slots=True)
class Speed:
    """`ratio`: how many times as long the original takes, invoke by invoke."""

    original_ms: Percentiles
    rewritten_ms: Percentiles
    ratio: Ratio
    threads: int


class Comparison:
    """`path` is where the original lies, `card` its card, `model` how a person asked for it.

    Both models have the same inputs and outputs, so one pipeline serves both.
    Raises: ModelError, EngineError: one of them cannot be run, or card and labels do not fit.
    """

    def __init__(self, model: Model, path: Path, card: Card | None, other: Path) -> None:
        self._original = probe.opened(path, model.threads)
        self._builtin = probe.opened(path, model.threads, kernels="builtin")
        self._other = probe.opened(other, model.threads)
        self._decoded = _is_decoded(model, path, card)
        if self._decoded:
            # Every score, however low: a picture's best label counts even if nothing is certain.
            self._pipeline = build_pipeline(replace(model, min_score=0.0))
        else:
            self._pipeline = _mute(self._original, card)

    def agreements(
        self, frames: Iterable[Frame], on_count: Callable[[int], None] = lambda _: None
    ) -> Agreements:
        """Of the two models, and of the two kernels, on the same frames."""
        models, kernels = (Meter(self._original.outputs, self._decoded) for _ in range(2))
        count = 0
        for count, frame in enumerate(frames, start=1):
            seen = self._look(self._original, frame)
            models.add(seen, self._look(self._other, frame))
            kernels.add(seen, self._look(self._builtin, frame))
            on_count(count)
        return Agreements(count, models.agreement(), kernels.agreement())

    def speed(self, on_done: OnDone = lambda _: None, runs: int | None = None) -> Speed:
        """On the last frame; both are warm before it counts."""
        works = [stopwatch(engine.invoke) for engine in (self._other, self._original)]
        for work in works:
            warm_up(work)
        other_ms, original_ms = interleaved(works, runs, on_done)
        return Speed(
            Percentiles.of(original_ms),
            Percentiles.of(other_ms),
            Ratio.of(other_ms, original_ms),
            self._original.threads,
        )

    def _look(self, engine: LitertEngine, frame: Frame) -> Seen:
        kept = _Keeping(engine)
        self._pipeline.engine = kept
        return Seen(self._pipeline.run(frame).findings, kept.kept)


class _Keeping:
    """An engine that keeps its last outputs."""

    def __init__(self, engine: LitertEngine) -> None:
        self.input, self.outputs = engine.input, engine.outputs
        self.kept: Sequence[Array] = ()
        self._engine = engine

    def run(self, tensor: Array) -> Sequence[Array]:
        self.kept = self._engine.run(tensor)
        return self.kept


class _Mute:
    """Decodes nothing: the outputs themselves are what is wanted."""

    def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Finding, ...]:
        return ()


def _mute(engine: LitertEngine, card: Card | None) -> Pipeline:
    if card is None:
        return Pipeline("original", Prepare(engine.input), engine, _Mute())
    prepare = Prepare(engine.input, card.fit, card.mean, card.std)
    return Pipeline(card.name, prepare, engine, _Mute())


def _is_decoded(model: Model, path: Path, card: Card | None) -> bool:
    """Whether anything is known of what the outputs mean."""
    if card is not None:
        return card.decoder_type is not None
    known = model.labels is not None or labels.from_model(path) is not None
    return known or graph.detection_classes(path) is not None

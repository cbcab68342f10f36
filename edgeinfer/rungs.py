"""Rungs: the models of a ladder, each checked and timed at the start, and loaded when wanted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import numpy as np

from edgeinfer import shorthand
from edgeinfer.core.contracts import Engine, Tracker
from edgeinfer.errors import ConfigError
from edgeinfer.loading import OnFetch, build_pipeline, locate, task_of
from edgeinfer.model.card import beside
from edgeinfer.pipeline import Pipeline
from edgeinfer.sections import Model

# The file in memory, its weights packed once more for the kernels, and room to compute: 2.8 to 3.6
# times the file were measured for six models of the menu (0.5 to 4 MB, one thread).
_MEMORY_PER_FILE = 4
_TIMED = 2  # invokes; the quicker one counts, as a disturbance only ever adds

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rung:
    """One model of a ladder: `load` makes its pipeline and runs it once.

    `invoke_s`: as measured at the start. `need_bytes`: of memory, an estimate.
    """

    model: str
    load: Callable[[], Pipeline]
    invoke_s: float
    need_bytes: int
    input_px: tuple[int, int]


def build(
    model: Model, tracker: Tracker | None = None, on_fetch: OnFetch = lambda *_: None
) -> tuple[Pipeline, tuple[Rung, ...]]:
    """The pipeline to begin with, and all rungs from the biggest; none where there is one model.

    Every rung has been fetched, loaded and run once; all share the tracker.

    Raises: ModelError, EngineError: as `build_pipeline`, for whichever of them.
    Raises: ConfigError: as well where the rungs do not fit together.
    """
    models, begin = models_of(model)
    if len(models) == 1:
        return build_pipeline(models[0], tracker, on_fetch), ()
    _check_tasks(models, on_fetch)
    rungs = tuple(_rung(each, tracker, on_fetch) for each in models)
    _compare(rungs)
    return rungs[begin].load(), rungs


def models_of(model: Model) -> tuple[tuple[Model, ...], int]:
    """Each model of the section by itself, from the biggest, and which of them runs first."""
    if not model.ladder:
        return (model,), 0
    rungs = tuple(_alone(model, word) for word in model.rungs)
    return rungs, 0 if model.named is None else model.rungs.index(model.named)


def input_px(pipeline: Pipeline, ladder: tuple[Rung, ...]) -> tuple[int, int]:
    """Width and height that are enough for each of them; without rungs, for the pipeline."""
    height_px, width_px = pipeline.engine.input.shape[1:3]
    sizes = [(width_px, height_px), *(rung.input_px for rung in ladder)]
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _alone(model: Model, word: str) -> Model:
    """`labels` are for the model that the section names, and for those that bring none."""
    if word == model.named:
        return replace(model, ladder=())
    table = shorthand.model_table(word)
    path = Path(table["path"]) if "path" in table else None
    labels = model.labels if path is not None and beside(path) is None else None
    return replace(model, name=table.get("name"), path=path, labels=labels, ladder=())


def _check_tasks(models: tuple[Model, ...], on_fetch: OnFetch) -> None:
    """Raises: ConfigError: one cannot stand in for another, or is there twice."""
    found = [locate(model, on_fetch) for model in models]
    names = [card.name if card else path.name for card, path in found]
    tasks = [task_of(card, path) for card, path in found]
    problems = [
        f"model.ladder: {name} is for {task}, {names[0]} for {tasks[0]}; take models of one task"
        for name, task in zip(names, tasks, strict=True)
        if task != tasks[0]
    ]
    if len({path.resolve() for _, path in found}) < len(found):
        problems.append(f"model.ladder: {', '.join(names)}: names a model twice")
    if problems:
        raise ConfigError(problems)


def _rung(model: Model, tracker: Tracker | None, on_fetch: OnFetch) -> Rung:
    pipeline = _checked(model, tracker, on_fetch)
    invoke_s = min(_invoke_s(pipeline.engine) for _ in range(1 + _TIMED))
    _, path = locate(model, on_fetch)
    height_px, width_px = pipeline.engine.input.shape[1:3]
    return Rung(
        pipeline.model,
        partial(_load, model, tracker),
        invoke_s,
        path.stat().st_size * _MEMORY_PER_FILE,
        (width_px, height_px),
    )


def _checked(model: Model, tracker: Tracker | None, on_fetch: OnFetch) -> Pipeline:
    """Raises: ConfigError: with the rung that lacks a word of `allow`, `deny`, `scores`."""
    try:
        return build_pipeline(model, tracker, on_fetch)
    except ConfigError as error:
        rung = model.name or model.path
        raise ConfigError(f"{problem} (for {rung})" for problem in error.problems) from error


def _load(model: Model, tracker: Tracker | None) -> Pipeline:
    pipeline = build_pipeline(model, tracker)
    _invoke_s(pipeline.engine)
    return pipeline


def _invoke_s(engine: Engine) -> float:
    began = perf_counter()
    engine.run(np.zeros(engine.input.shape, engine.input.dtype))
    return perf_counter() - began


def _compare(rungs: tuple[Rung, ...]) -> None:
    """No error: a machine that is busy at the start may mismeasure."""
    for bigger, smaller in pairwise(rungs):
        if smaller.invoke_s >= bigger.invoke_s:
            _log.warning(
                "model.ladder: %s is no faster here than %s (%.1f and %.1f ms)",
                smaller.model,
                bigger.model,
                smaller.invoke_s * 1000,
                bigger.invoke_s * 1000,
            )

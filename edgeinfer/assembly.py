"""Configuration -> the parts. The only file that knows both sides.

`open_pipeline` and `open_source` are the same in small, for a script of one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeinfer import config, plugins, shorthand
from edgeinfer.config import Config, Part
from edgeinfer.core.contracts import Decoder, Engine, Rule, Sink, Source, Tracker
from edgeinfer.core.tensor import Head
from edgeinfer.errors import ConfigError, ModelError
from edgeinfer.model import graph, labels, menu, weights
from edgeinfer.model.card import Card, beside
from edgeinfer.pipeline import Pipeline
from edgeinfer.prepare import Prepare

OnFetch = Callable[[str, int, int], None]
"""(menu name, bytes so far, bytes in all), while weights are fetched."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that a service is made of."""

    source: Source
    pipeline: Pipeline
    rules: tuple[Rule, ...]
    sinks: tuple[Sink, ...]
    max_fps: float | None


def configure(table: Mapping[str, Any]) -> Config:
    """Check a configuration, the plug-ins' own options included.

    Raises: ConfigError: with every problem at once.
    """
    return config.build(table, _options_of)


def build(settings: Config, on_fetch: OnFetch = lambda *_: None) -> Parts:
    """Make every part. The camera is not opened yet, and no broker is called.

    Raises: EdgeinferError: what is wrong with a model, a plug-in or a setting.
    """
    sinks = tuple(_sink(part, settings.device.name) for part in settings.sinks)
    rules = tuple(_rule(part) for part in settings.rules)
    tracker = _tracker(settings.tracker) if settings.tracker else None
    pipeline = build_pipeline(settings.model, tracker, on_fetch)
    source = _source(settings.source, pipeline.engine)
    return Parts(source, pipeline, rules, sinks, settings.limits.max_fps)


def build_pipeline(
    model: config.Model, tracker: Tracker | None = None, on_fetch: OnFetch = lambda *_: None
) -> Pipeline:
    """The pipeline of one model, fetched first where it is a menu model that is not here.

    Raises: ModelError: model, card, labels or tensors disagree.
    Raises: ConfigError: the menu has no such name.
    """
    card, path = _find(model, on_fetch)
    delegate = model.delegate or (card.delegate if card else None)
    engine: Engine = plugins.find("engine", model.engine)(
        path, model.threads, delegate, model.delegate_options
    )
    kind = _decoder_type(card, path)
    words = _labels(model, card, path)
    # The menu's own pairs are held together by tests and sha256.
    if card is None or card.weights is None or model.labels is not None:
        classes = _classes(kind, engine, path)
        if classes is not None:
            labels.check_count(words, classes, str(model.labels or path))
    _check_words(model, words)
    decoder = _decoder(kind, card, _head(model, card, engine, words))
    prepare = (
        Prepare(engine.input, card.fit, card.mean, card.std) if card else Prepare(engine.input)
    )
    return Pipeline(card.name if card else path.stem, prepare, engine, decoder, tracker)


def open_pipeline(model: str | Path, **settings: Any) -> Pipeline:
    """A pipeline by menu name or path; `settings` are the keys of `[model]`, as in `min_score`.

    Raises: EdgeinferError: as `build_pipeline`, or a setting is wrong.
    """
    problems: list[str] = []
    table = shorthand.model_table(str(model)) | {
        key: str(value) if isinstance(value, Path) else value for key, value in settings.items()
    }
    checked = config.check(config.Model, table, "model", problems)
    if checked is None or problems:
        raise ConfigError(problems)
    return build_pipeline(checked)


def open_source(text: str, **settings: Any) -> Source:
    """A source by what `edgeinfer run --source` takes; `settings` are the plug-in's options.

    Raises: EdgeinferError: no such plug-in, or a setting is wrong.
    """
    table = shorthand.source_table(text) | settings
    problems: list[str] = []
    kind = table.pop("type")
    options = config.check(_options_of("source", kind), table, "source", problems)
    if options is None or problems:
        raise ConfigError(problems)
    source: Source = plugins.find("source", kind)(options)
    return source


def _options_of(kind: str, name: str) -> type[Any]:
    found: type[Any] = plugins.find(kind, name).Options  # type: ignore[arg-type] # checked there
    return found


def _source(part: Part, engine: Engine) -> Source:
    height_px, width_px = engine.input.shape[1:3]
    source: Source = plugins.find("source", part.type)(part.options, (width_px, height_px))
    return source


def _sink(part: Part, device: str) -> Sink:
    sink: Sink = plugins.find("sink", part.type)(part.options, device)
    return sink


def _rule(part: Part) -> Rule:
    rule: Rule = plugins.find("rule", part.type)(part.name, part.options)
    return rule


def _tracker(part: Part) -> Tracker:
    tracker: Tracker = plugins.find("tracker", part.type)(part.options)
    return tracker


def _find(model: config.Model, on_fetch: OnFetch) -> tuple[Card | None, Path]:
    if model.path is not None:
        return beside(model.path), model.path
    card = menu.find(str(model.name))
    path = weights.locate(card)
    if path is None:
        path = weights.fetch(card, lambda done, whole: on_fetch(card.name, done, whole))
    weights.verify(path, card)
    return card, path


def _labels(model: config.Model, card: Card | None, path: Path) -> tuple[str, ...]:
    if model.labels is not None:
        return labels.read(model.labels)
    found = labels.of(card, path) if card else labels.from_model(path)
    if not found and card is None:
        raise ModelError(
            f"{path}: no card and no labels; give --labels FILE, "
            f"or write {path.with_suffix('.toml').name} beside it (docs/adding-a-model.md)"
        )
    return found or ()


def _decoder_type(card: Card | None, path: Path) -> str:
    """The card says it; without one the graph does: a detector carries its post-processing."""
    if card is None:
        return "classifier" if graph.detection_classes(path) is None else "ssd"
    if card.decoder_type is None:
        raise ModelError(
            f"{card.name}: its card names no decoder (task: {card.task}), so it finds nothing; "
            "take another of the menu (`edgeinfer models list`)"
        )
    return card.decoder_type


def _classes(kind: str, engine: Engine, path: Path) -> int | None:
    """How many labels there should be; a detector's outputs do not show it, but its graph does."""
    if kind == "classifier" and len(engine.outputs) == 1:
        return engine.outputs[0].shape[-1]
    return graph.detection_classes(path) if kind == "ssd" else None


def _check_words(model: config.Model, words: tuple[str, ...]) -> None:
    """Raises: ConfigError: a label of the configuration that the model does not have."""
    asked = {"allow": model.allow, "deny": model.deny, "scores": tuple(model.scores)}
    problems = [
        config.unknown(f"model.{key}: ", word, words)
        for key, given in asked.items()
        for word in given
        if words and word not in words
    ]
    if problems:
        raise ConfigError(problems)


def _head(model: config.Model, card: Card | None, engine: Engine, words: tuple[str, ...]) -> Head:
    least = model.min_score
    if least is None:
        least = card.min_score if card else 0.5
    return Head(
        outputs=engine.outputs,
        labels=words,
        roles=card.roles if card else {},
        min_score=least,
        label_scores=model.scores,
        allow=frozenset(model.allow),
        deny=frozenset(model.deny),
    )


def _decoder(kind: str, card: Card | None, head: Head) -> Decoder:
    plugin = plugins.find("decoder", kind)
    problems: list[str] = []
    table = card.decoder_options if card else {}
    options = config.check(plugin.Options, table, f"{kind} decoder", problems)
    if options is None or problems:
        raise ModelError("\n".join(problems))
    decoder: Decoder = plugin(head, options)
    return decoder

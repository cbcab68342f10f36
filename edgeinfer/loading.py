"""One model -> its pipeline: card, weights, labels, engine and decoder, fitted to each other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from edgeinfer import config, last_run, plugins
from edgeinfer.core.contracts import Decoder, Engine, Tracker
from edgeinfer.core.tensor import Head
from edgeinfer.engines import probe
from edgeinfer.errors import ConfigError, EngineError, ModelError
from edgeinfer.model import graph, labels, menu, weights
from edgeinfer.model.card import Card, beside
from edgeinfer.pipeline import Pipeline
from edgeinfer.prepare import Prepare
from edgeinfer.sections import Model

# A Coral takes 3 s at most; that it has passed its trial once says nothing of today.
_LOAD_S = 60.0

OnFetch = Callable[[str, int, int], None]
"""(menu name, bytes so far, bytes in all), while weights are fetched."""


def build_pipeline(
    model: Model, tracker: Tracker | None = None, on_fetch: OnFetch = lambda *_: None
) -> Pipeline:
    """The pipeline of one model, fetched first where it is a menu model that is not here.

    Raises: ModelError: model, card, labels or tensors disagree.
    Raises: ConfigError: the menu has no such name.
    """
    card, path = locate(model, on_fetch)
    engine = _engine(model, card, path)
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
    name = card.name if card else path.stem
    return Pipeline(name, prepare, engine, decoder, tracker, labels=words)


def locate(model: Model, on_fetch: OnFetch) -> tuple[Card | None, Path]:
    """Its card, if it has one, and its file, fetched first where need be."""
    if model.path is not None:
        return beside(model.path), model.path
    card = menu.find(str(model.name))
    path = weights.locate(card)
    if path is None:
        path = weights.fetch(card, lambda done, whole: on_fetch(card.name, done, whole))
    weights.verify(path, card)
    return card, path


def _engine(model: Model, card: Card | None, path: Path) -> Engine:
    delegate = model.delegate or (card.delegate if card else None)
    plugin = plugins.find("engine", model.engine)
    # A path may lie beside any card; what the menu names was held to its sha256 a moment ago.
    known = card.weights.sha256 if card and card.weights and model.path is None else None
    try:
        task = probe.task(plugin, path, delegate, model.delegate_options)
        probe.check(task, sha256=known)
        with last_run.loading(_LOAD_S) if delegate else nullcontext():
            engine: Engine = plugin(path, model.threads, delegate, model.delegate_options)
    except EngineError as error:
        if card is None or card.cpu_model is None:
            raise
        raise EngineError(f"{error}; without it take --model {card.cpu_model}") from error
    return engine


def _labels(model: Model, card: Card | None, path: Path) -> tuple[str, ...]:
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


def task_of(card: Card | None, path: Path) -> str:
    """What the model is for, in the words of the cards."""
    if card is not None:
        return card.task
    return "classification" if graph.detection_classes(path) is None else "detection"


def _classes(kind: str, engine: Engine, path: Path) -> int | None:
    """How many labels there should be; a detector's outputs do not show it, but its graph does."""
    if kind == "classifier" and len(engine.outputs) == 1:
        return engine.outputs[0].shape[-1]
    return graph.detection_classes(path) if kind == "ssd" else None


def _check_words(model: Model, words: tuple[str, ...]) -> None:
    """Raises: ConfigError: a label of the configuration that the model does not have."""
    asked = {
        "allow": model.allow,
        "deny": model.deny,
        "scores": tuple(model.scores),
        "prior": tuple(model.prior),
    }
    problems = [
        config.unknown(f"model.{key}: ", word, words)
        for key, given in asked.items()
        for word in given
        if words and word not in words
    ]
    if problems:
        raise ConfigError(problems)


def _head(model: Model, card: Card | None, engine: Engine, words: tuple[str, ...]) -> Head:
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
        prior=model.prior,
    )


def _decoder(kind: str, card: Card | None, head: Head) -> Decoder:
    plugin = plugins.find("decoder", kind)
    if head.prior and not getattr(plugin, "weighs_labels", False):
        raise ConfigError(f"model.prior: the decoder {kind} does not weigh labels; leave it out")
    problems: list[str] = []
    table = card.decoder_options if card else {}
    options = config.check(plugin.Options, table, f"{kind} decoder", problems)
    if options is None or problems:
        raise ModelError("\n".join(problems))
    decoder: Decoder = plugin(head, options)
    return decoder

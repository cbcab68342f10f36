"""On the CPU: which model does there what an accelerator's does; and does that one work again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from edgeinfer import plugins
from edgeinfer.engines import probe
from edgeinfer.errors import DownloadError, ModelError
from edgeinfer.loading import OnFetch, locate
from edgeinfer.model import graph, menu
from edgeinfer.model.card import Card, beside
from edgeinfer.rungs import models_of
from edgeinfer.sections import Model

_EDGE_TPU_OPERATOR = "edgetpu-custom-op"

_log = logging.getLogger(__name__)


def delegate_of(model: Model) -> str | None:
    """The one that the model, or the first of its ladder, runs with."""
    found = (each.delegate or _cards_delegate(each) for each in models_of(model)[0])
    return next(filter(None, found), None)


def instead(model: Model, on_fetch: OnFetch = lambda *_: None) -> Model | None:
    """The section as it runs without a delegate, every weight of it here; None: it cannot."""
    found = [_alone(each, on_fetch) for each in models_of(model)[0]]
    there = [each for each in found if each is not None]
    words = tuple(dict.fromkeys(each.named for each in there if each.named))
    if len(words) > 1:
        ladder = replace(model, name=None, path=None, ladder=words)
        return replace(ladder, delegate=None, delegate_options={})
    return there[0] if there else None


def trial(model: Model) -> Callable[[], None]:
    """Runs the first of the models with its delegate, in another process.

    It raises: EngineError, ModelError: the delegate does not work.
    """
    return partial(_try, models_of(model)[0][0])


def _try(model: Model) -> None:
    card, path = locate(model, lambda *_: None)
    delegate = model.delegate or (card.delegate if card else None)
    plugin = plugins.find("engine", model.engine)
    probe.check(probe.task(plugin, path, delegate, model.delegate_options), anew=True)


def _alone(model: Model, on_fetch: OnFetch) -> Model | None:
    card = _card(model)
    plain = replace(model, delegate=None, delegate_options={})
    if card is not None and card.cpu_model is not None:
        return _fetched(replace(plain, name=card.cpu_model, path=None, labels=None), on_fetch)
    if card is not None and card.delegate is not None:
        return None
    found = _fetched(plain, on_fetch)
    return None if found is None or _is_compiled(found) else found


def _fetched(model: Model, on_fetch: OnFetch) -> Model | None:
    try:
        locate(model, on_fetch)
    except (DownloadError, ModelError) as error:
        _log.warning("%s; without it nothing can take the delegate's place", error)
        return None
    return model


def _is_compiled(model: Model) -> bool:
    """For the Edge TPU: nothing else runs it."""
    _, path = locate(model, lambda *_: None)
    return _EDGE_TPU_OPERATOR in graph.custom_operators(path)


def _card(model: Model) -> Card | None:
    return menu.find(model.name) if model.name else beside(model.path) if model.path else None


def _cards_delegate(model: Model) -> str | None:
    card = _card(model)
    return card.delegate if card else None

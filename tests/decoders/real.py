"""A real picture through a real model: what the decoders are given in earnest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgeinfer import picture
from edgeinfer.core.frame import Frame
from edgeinfer.core.results import Finding
from edgeinfer.core.tensor import Head
from edgeinfer.engines.litert import LitertEngine
from edgeinfer.prepare import Fit, Prepare


def look(
    decoder: type[Any],
    model: Path,
    image: Path,
    labels: tuple[str, ...] = (),
    *,
    fit: Fit = "stretch",
    level: float | None = None,
    min_score: float = 0.5,
) -> tuple[Finding, ...]:
    """What the model finds; `level` is its mean and its deviation."""
    engine = LitertEngine(model, threads=1)
    frame = Frame(picture.load(image), seq=0, captured_ns=0, wall_ns=0)
    tensor, placement = Prepare(engine.input, fit, level, level)(frame)
    head = Head(engine.outputs, labels, min_score=min_score)
    found: tuple[Finding, ...] = decoder(head).decode(engine.run(tensor), placement)
    return found


def words(path: Path) -> tuple[str, ...]:
    """A label file of one label a line."""
    return tuple(path.read_text(encoding="utf-8").splitlines())

"""The training's curve as a picture: losses, and what was found, by the epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Point:
    """One epoch; `found` is the mean average precision at an IoU of 0.5, where it was measured."""

    epoch: int
    class_loss: float
    box_loss: float
    found: float | None
    rounded: bool


def draw(points: Sequence[Point], path: Path) -> None:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    losses, found = figure.subplots(1, 2)
    epochs = range(1, len(points) + 1)
    losses.plot(epochs, [point.class_loss for point in points], label="classes (focal)")
    losses.plot(epochs, [point.box_loss for point in points], label="boxes (smooth L1)")
    losses.set(xlabel="epoch", ylabel="loss per anchor that should find", yscale="log")
    losses.legend(frameon=False)
    judged = [
        (epoch, p.found) for epoch, p in zip(epochs, points, strict=True) if p.found is not None
    ]
    found.plot(*zip(*judged, strict=True), marker="o", markersize=3, color="tab:green")
    found.set(xlabel="epoch", ylabel="mAP at IoU 0.5, other seeds", ylim=(0, 1))
    first = next((epoch for epoch, p in zip(epochs, points, strict=True) if p.rounded), None)
    for axes in (losses, found):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        if first is not None:
            axes.axvspan(first - 0.5, len(points) + 0.5, color="0.93", zorder=0)
            axes.text(
                first - 0.6, 0.25, "8 bits ", ha="right", transform=axes.get_xaxis_transform()
            )
    figure.savefig(path, dpi=110)

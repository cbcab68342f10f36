"""Epochs over the drawn pictures, and the average of the weights that they lead to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pictures
import targets
import torch
from curve import Point
from network import Detector
from pictures import NONE, Pictures
from rich.progress import Progress, TaskID
from scoring import precision
from torch import Tensor, nn
from trial import detect

_BATCH = 32
_DECAY = 1e-4
_WARM_UP = 0.04  # of all steps
_SHARE = 0.003  # of a step in the average of the weights
_BOX_WEIGHT = 1.0
_MOST_GRADIENT = 10.0
_JUDGED_EVERY = 2  # epochs


class Course:
    """Epochs over all pictures, with a rate that rises for a moment and falls to zero."""

    def __init__(  # noqa: PLR0913
        self,
        learned: Pictures,
        judged: Pictures,
        *,
        seed: int,
        epochs: int,
        rate: float,
        progress: Progress,
    ) -> None:
        self._learned, self._judged = learned, judged
        self._epochs, self._rate, self._progress = epochs, rate, progress
        self._random = np.random.default_rng(seed)
        self._steps = epochs * (len(learned.pixels) // _BATCH)

    def run(self, network: Detector, *, rounded: bool) -> tuple[Detector, list[Point]]:
        """The average of the last weights, and the curve."""
        optimizer = torch.optim.AdamW(network.parameters(), self._rate, weight_decay=_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self._rate, total_steps=self._steps, pct_start=_WARM_UP
        )
        average = torch.optim.swa_utils.AveragedModel(
            network, avg_fn=_averaged, use_buffers=True
        )  # fmt: skip
        task = self._progress.add_task("8 bits" if rounded else "training", total=self._steps)
        points = []
        for epoch in range(1, self._epochs + 1):
            losses = self._epoch(network, optimizer, schedule, average, task)
            judges = epoch % _JUDGED_EVERY == 0 or epoch == self._epochs
            found = _judged(average.module, self._judged) if judges else None
            points.append(Point(epoch, *losses, found, rounded))
            self._progress.console.print(points[-1])
        return average.module, points

    def _epoch(
        self,
        network: Detector,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        average: torch.optim.swa_utils.AveragedModel,
        task: TaskID,
    ) -> tuple[float, float]:
        network.train()
        sums, steps = np.zeros(2), 0
        for pixels, boxes, classes in self._batches():
            losses = targets.loss(*network(pixels), targets.match(boxes, classes))
            optimizer.zero_grad()
            (losses[0] + _BOX_WEIGHT * losses[1]).backward()
            nn.utils.clip_grad_norm_(network.parameters(), _MOST_GRADIENT)
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
            sums += [loss.item() for loss in losses]
            steps += 1
            self._progress.advance(task)
        return float(sums[0] / steps), float(sums[1] / steps)

    def _batches(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Each picture once, half of them mirrored, each a little brighter or darker."""
        order = self._random.permutation(len(self._learned.pixels))
        for start in range(0, len(order) - _BATCH + 1, _BATCH):
            chosen = np.sort(order[start : start + _BATCH])
            pixels = torch.from_numpy(self._learned.pixels[chosen])
            boxes = torch.from_numpy(self._learned.boxes[chosen])
            mirrored = torch.from_numpy(self._random.random(_BATCH) < 0.5)
            pixels[mirrored] = pixels[mirrored].flip(2)
            flipped = boxes[mirrored]
            boxes[mirrored] = torch.stack(
                (flipped[..., 0], 1 - flipped[..., 3], flipped[..., 2], 1 - flipped[..., 1]), -1
            )
            classes = torch.from_numpy(self._learned.classes[chosen])
            most = int((classes != NONE).sum(1).max().clamp_min(1))
            yield self._varied(pixels), boxes[:, :most], classes[:, :most]

    def _varied(self, pixels: Tensor) -> Tensor:
        contrast, shift = (
            torch.from_numpy(self._random.uniform(low, high, (_BATCH, 1, 1, channels)))
            for low, high, channels in ((0.8, 1.25, 1), (-12.0, 12.0, 3))
        )
        varied = (pixels.float() * contrast.float() + shift.float()).clamp(0, 255)
        return normalised(varied)


def _averaged(average: Tensor, weight: Tensor, steps: Tensor) -> Tensor:
    """Of all steps at first, of the last 1 / `_SHARE` later."""
    return average + (weight - average) * max(_SHARE, 1 / (float(steps) + 1))


def normalised(pixels: Tensor) -> Tensor:
    """(N, height, width, 3) from 0 to 255 to what the network takes, in the same memory."""
    return ((pixels - 128) / 128).permute(0, 3, 1, 2)


def _judged(network: Detector, judged: Pictures) -> float:
    network.eval()
    found = [
        one
        for start in range(0, len(judged.pixels), _BATCH)
        for one in detect(
            network,
            normalised(torch.from_numpy(np.array(judged.pixels[start : start + _BATCH])).float()),
        )
    ]
    return precision(pictures.listed(judged), found).mean

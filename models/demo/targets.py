"""Which anchor is to find what, how far off the network is, and what its numbers mean.

Boxes are (…, 4): top, left, bottom, right in parts of the input.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from layout import CENTRE_SCALE, CLASSES, SIZE_SCALE, anchors
from torch import Tensor
from torch.nn import functional

ANCHORS = torch.from_numpy(anchors())
_POSITIVE, _NEGATIVE = 0.5, 0.4  # IoU with the truth; between the two an anchor learns nothing
_BEST = 4  # each truth gets its best anchors, however small their IoU: small boxes have no good one
_LEAST = 0.15
_GAMMA, _ALPHA = 2.0, 0.35  # of the focal loss, https://arxiv.org/abs/1708.02002
_IGNORED = -1
_NOTHING = len(CLASSES)


@dataclass(frozen=True)
class Targets:
    """Of each anchor (N, anchors): its class, `_NOTHING` or `_IGNORED`; and its box encoding."""

    classes: Tensor
    encodings: Tensor


def match(boxes: Tensor, classes: Tensor) -> Targets:
    """Truths (N, M, 4) and (N, M): the class, below -1 for padding, -1 for what does not count."""
    overlaps = iou(boxes[:, :, None], corners(ANCHORS)[None, None])
    overlaps = overlaps.masked_fill((classes < _IGNORED)[..., None], 0.0)
    best, owner = _claimed(overlaps, classes).max(1)
    found = torch.gather(classes, 1, owner)
    labels = torch.full_like(found, _NOTHING)
    labels[overlaps.amax(1) >= _NEGATIVE] = _IGNORED
    unclear = overlaps.masked_fill((classes != _IGNORED)[..., None], 0.0).amax(1) >= _LEAST
    labels[unclear] = _IGNORED
    taken = best >= _LEAST
    labels = torch.where(taken & (found >= 0), found, labels)
    owned = torch.gather(boxes, 1, owner[..., None].expand(-1, -1, 4))
    return Targets(labels, encoded(owned))


def loss(boxes: Tensor, logits: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """Of the classes and of the boxes, both by the number of anchors that should find something."""
    positive = (targets.classes >= 0) & (targets.classes < _NOTHING)
    count = positive.sum().clamp_min(1)
    learned = targets.classes != _IGNORED
    wanted = functional.one_hot(targets.classes.clamp_min(0), _NOTHING + 1)[..., :_NOTHING].float()
    found = functional.smooth_l1_loss(boxes[positive], targets.encodings[positive], reduction="sum")
    return _focal(logits[learned], wanted[learned]) / count, found / count


def encoded(boxes: Tensor) -> Tensor:
    """(N, anchors, 4): what the network should say for these boxes, one for each anchor."""
    top, left, bottom, right = boxes.unbind(-1)
    y, x, height, width = ANCHORS.unbind(-1)
    return torch.stack(
        (
            ((top + bottom) / 2 - y) / height * CENTRE_SCALE,
            ((left + right) / 2 - x) / width * CENTRE_SCALE,
            torch.log((bottom - top).clamp_min(1e-4) / height) * SIZE_SCALE,
            torch.log((right - left).clamp_min(1e-4) / width) * SIZE_SCALE,
        ),
        -1,
    )


def decoded(encodings: Tensor) -> Tensor:
    """Boxes of (N, anchors, 4) encodings, as the operator in the file computes them."""
    dy, dx, dh, dw = encodings.unbind(-1)
    y, x, height, width = ANCHORS.unbind(-1)
    sizes = torch.exp(dh / SIZE_SCALE) * height, torch.exp(dw / SIZE_SCALE) * width
    centres = dy / CENTRE_SCALE * height + y, dx / CENTRE_SCALE * width + x
    return corners(torch.stack((*centres, *sizes), -1))


def corners(centred: Tensor) -> Tensor:
    """Centre y and x, height and width to boxes."""
    centres, sizes = centred[..., :2], centred[..., 2:]
    return torch.cat((centres - sizes / 2, centres + sizes / 2), -1)


def iou(first: Tensor, second: Tensor) -> Tensor:
    least = torch.minimum(first[..., 2:], second[..., 2:])
    greatest = torch.maximum(first[..., :2], second[..., :2])
    shared = (least - greatest).clamp_min(0).prod(-1)
    union = _area(first) + _area(second) - shared
    return shared / union.clamp_min(1e-9)


def _claimed(overlaps: Tensor, classes: Tensor) -> Tensor:
    """The overlaps that make an anchor a truth's own; of its best a little more than they are."""
    best, which = overlaps.topk(_BEST, dim=2)
    claimed = torch.where(overlaps >= _POSITIVE, overlaps, 0.0)
    own = (best >= _LEAST) & (classes >= 0)[..., None]
    return claimed.scatter(2, which, torch.where(own, best + 1.0, torch.gather(claimed, 2, which)))


def _focal(logits: Tensor, wanted: Tensor) -> Tensor:
    surprise = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    hit = torch.exp(-surprise)  # the probability that was given to what is true
    weight = _ALPHA * wanted + (1 - _ALPHA) * (1 - wanted)
    return (weight * (1 - hit) ** _GAMMA * surprise).sum()


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).clamp_min(0).prod(-1)

"""What the network finds while it is trained, as the operator in the file would find it."""

from __future__ import annotations

import torch
from layout import LEAST_SCORE, MOST_DETECTIONS, NMS_IOU
from network import Detector
from scoring import Found
from targets import decoded, iou
from torch import Tensor


@torch.no_grad()
def detect(network: Detector, pixels: Tensor) -> list[list[Found]]:
    """Of each picture (N, 3, height, width): its detections, the best first."""
    encodings, logits = network(pixels)
    return [_chosen(*one) for one in zip(decoded(encodings), torch.sigmoid(logits), strict=True)]


def _chosen(boxes: Tensor, scores: Tensor) -> list[Found]:
    """Of boxes that overlap the best one alone, whatever their classes: the operator's fast way."""
    best, numbers = scores.max(1)
    order = best.argsort(descending=True, stable=True)
    order = order[best[order] >= LEAST_SCORE][:300]
    found: list[Found] = []
    while len(order) and len(found) < MOST_DETECTIONS:
        first, order = order[0], order[1:]
        top, left, bottom, right = boxes[first].clamp(0, 1).tolist()
        found.append(Found(int(numbers[first]), float(best[first]), (top, left, bottom, right)))
        order = order[iou(boxes[first], boxes[order]) <= NMS_IOU]
    return found

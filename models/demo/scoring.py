"""Average precision of detections, by pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from layout import CLASSES
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from truths import Known

_SIDE_PX = 1000  # parts of a picture become pixels of a square of this side


@dataclass(frozen=True)
class Found:
    """`corners`: top, left, bottom, right in parts of the picture."""

    number: int
    score: float
    corners: tuple[float, float, float, float]


@dataclass(frozen=True)
class Precision:
    """At an IoU of 0.5: of each class, and their mean; and the mean over IoUs from 0.5 to 0.95."""

    classes: dict[str, float]
    mean: float
    strict: float


def precision(truths: Sequence[Sequence[Known]], found: Sequence[Sequence[Found]]) -> Precision:
    """Of pictures, with their truths and what was found in each."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = _truth(truths)
        detections = _detections(found)
        if not detections:
            return Precision(dict.fromkeys(CLASSES, 0.0), 0.0, 0.0)
        judge = COCOeval(coco, coco.loadRes(detections), "bbox")
        judge.evaluate()
        judge.accumulate()
    # (IoUs, recalls, classes, sizes, most detections); -1 where a class has no truth.
    values = judge.eval["precision"][:, :, :, 0, -1]
    each = {name: _mean(values[0, :, number]) for number, name in enumerate(CLASSES)}
    return Precision(each, _mean(values[0]), _mean(values))


def _truth(truths: Sequence[Sequence[Known]]) -> COCO:
    """What does not count is a crowd to pycocotools: found or not, it changes nothing."""
    coco = COCO()
    coco.dataset = {
        "images": [{"id": image} for image in range(len(truths))],
        "categories": [{"id": number} for number in range(len(CLASSES))],
        "annotations": [
            {
                "image_id": image,
                "category_id": truth.kind,
                "iscrowd": int(not truth.counts),
                **_box(truth.corners),
            }
            for image, known in enumerate(truths)
            for truth in known
        ],
    }
    for number, annotation in enumerate(coco.dataset["annotations"], 1):
        annotation["id"] = number
    coco.createIndex()
    return coco


def _detections(found: Sequence[Sequence[Found]]) -> list[dict[str, object]]:
    return [
        {"image_id": image, "category_id": one.number, "score": one.score, **_box(one.corners)}
        for image, ones in enumerate(found)
        for one in ones
    ]


def _box(corners: tuple[float, float, float, float]) -> dict[str, object]:
    top, left, bottom, right = (_SIDE_PX * value for value in corners)
    return {
        "bbox": [left, top, right - left, bottom - top],
        "area": (right - left) * (bottom - top),
    }


def _mean(values: np.ndarray) -> float:
    known = values[values > -1]
    return float(known.mean()) if known.size else 0.0

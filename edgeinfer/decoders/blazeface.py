"""BlazeFace, short range: faces near a camera.

The numbers are those of MediaPipe's graph (mediapipe/modules/face_detection/
face_detection_short_range_common.pbtxt) and of its SsdAnchorsCalculator. MediaPipe merges the boxes
of one face, weighted by score; here the best one stands for it (plain non-maximum suppression), so
a box may differ from MediaPipe's by a few hundredths. The model wants letterboxed pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import NDArray

from edgeinfer.core.geometry import Box, Placement
from edgeinfer.core.results import Detection
from edgeinfer.core.tensor import Array, Head
from edgeinfer.decoders.roles import check_roles, listed
from edgeinfer.errors import ModelError

_INPUT_PX = 128
# stride in pixels, anchors in each cell: two for each layer, of which three have the stride 16
_LAYERS = ((8, 2), (16, 6))
_VALUES = 16  # centre x and y, width, height, then six keypoints that are not used
_GREATEST_LOGIT = 100.0  # score_clipping_thresh; exp(100) needs float64


class BlazefaceDecoder:
    """Faces at or above the threshold, the best first.

    The outputs are boxes (1, 896, 16), in pixels of the input relative to anchors, and scores
    (1, 896, 1) as logits; their shapes tell them apart.

    Without labels it is called a face.

    Raises: ModelError: they are of other shapes, or there is more than one label.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """`overlap`: the intersection over union from which two boxes are the same face."""

        overlap: Annotated[float, Ge(0), Le(1)] = 0.3

    def __init__(self, head: Head, options: Options | None = None) -> None:
        self._overlap = (options or self.Options()).overlap
        self._centres = _anchor_centres()
        self._boxes = _find(head, "boxes", (1, len(self._centres), _VALUES))
        self._scores = _find(head, "scores", (1, len(self._centres), 1))
        if len(head.labels) > 1:
            raise ModelError(f"labels: {len(head.labels)} of them; this model knows one, a face")
        self._label = head.labels[0] if head.labels else "face"
        self._least = float(replace(head, labels=(self._label,)).thresholds()[0])
        self._outputs = head.outputs

    def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Detection, ...]:
        scores = _sigmoid(self._real(outputs, self._scores).reshape(-1))
        chosen = np.flatnonzero(scores >= self._least)
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
        boxes = self._corners(self._real(outputs, self._boxes)[0, chosen], self._centres[chosen])
        faces = (
            Detection(self._label, score, placement.to_frame(Box(*corners)))
            for score, corners in zip(scores[chosen].tolist(), boxes.tolist(), strict=True)
        )
        return tuple(_clipped(_apart(faces, self._overlap)))

    def _real(self, outputs: Sequence[Array], index: int) -> NDArray[np.float32]:
        return self._outputs[index].real(outputs[index])

    @staticmethod
    def _corners(raw: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 4): left, top, right, bottom in fractions of the input."""
        middle = raw[:, 0:2] / _INPUT_PX + centres
        half = raw[:, 2:4] / (2 * _INPUT_PX)
        return np.hstack([middle - half, middle + half])


def _anchor_centres() -> NDArray[np.float32]:
    """(896, 2): x and y in fractions, row by row, layer after layer; every anchor's size is 1."""
    layers = []
    for stride_px, anchors in _LAYERS:
        cells = _INPUT_PX // stride_px
        y, x = (np.indices((cells, cells)).reshape(2, -1) + 0.5) / cells
        layers.append(np.repeat(np.stack([x, y], axis=1), anchors, axis=0))
    return np.concatenate(layers).astype(np.float32)


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    safe = np.clip(logits, -_GREATEST_LOGIT, _GREATEST_LOGIT).astype(np.float64)
    return (1 / (1 + np.exp(-safe))).astype(np.float32)


def _apart(faces: Iterable[Detection], overlap: float) -> list[Detection]:
    """Without each face that lies over a better one; the best come first."""
    kept: list[Detection] = []
    for face in faces:
        if all(face.box.iou(better.box) < overlap for better in kept):
            kept.append(face)
    return kept


def _clipped(faces: Iterable[Detection]) -> Iterable[Detection]:
    """The part of each face inside the picture; none where that is empty."""
    for face in faces:
        box = face.box.clipped()
        if box.area > 0:
            yield Detection(face.label, face.score, box)


def _find(head: Head, role: str, shape: tuple[int, ...]) -> int:
    check_roles(head, ("boxes", "scores"))
    fitting = [index for index, spec in enumerate(head.outputs) if spec.shape == shape]
    index = head.roles.get(role, fitting[0] if len(fitting) == 1 else None)
    if index is None or index not in fitting:
        raise ModelError(
            f"outputs: no {role} of the shape {shape}, as BlazeFace's short-range model has; "
            f"this one has {listed(head)}"
        )
    return index

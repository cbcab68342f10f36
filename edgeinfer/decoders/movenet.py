"""MoveNet single pose: the seventeen keypoints of one body.

The model wants pictures whose aspect ratio is kept (`letterbox`), and pixels as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeinfer.core.geometry import Box, Placement
from edgeinfer.core.results import Keypoint, Pose
from edgeinfer.core.tensor import Array, Head
from edgeinfer.decoders.roles import only_output
from edgeinfer.errors import ModelError

# The order of the COCO keypoint annotations, which is the model's:
# https://www.tensorflow.org/hub/tutorials/movenet
KEYPOINTS = (
    "nose",
    "left eye",
    "right eye",
    "left ear",
    "right ear",
    "left shoulder",
    "right shoulder",
    "left elbow",
    "right elbow",
    "left wrist",
    "right wrist",
    "left hip",
    "right hip",
    "left knee",
    "right knee",
    "left ankle",
    "right ankle",
)
_SHAPE = (1, 1, len(KEYPOINTS), 3)


class MovenetDecoder:
    """One pose, or none where the mean score of its keypoints is under the head's `min_score`.

    The output is (1, 1, 17, 3): y, x and score of each keypoint, in fractions of the input. A
    keypoint outside the picture is moved to its edge.

    Raises: ModelError: the output is of another shape.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """Nothing to choose."""

    def __init__(self, head: Head, options: Options | None = None) -> None:
        self._options = options or self.Options()
        self._index, self._spec = only_output(head, "keypoints")
        if self._spec.shape != _SHAPE:
            raise ModelError(
                f"output {self._spec.name!r}: shape {self._spec.shape} holds no single pose; "
                f"{_SHAPE} does"
            )
        self._min_score = head.min_score

    def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Pose, ...]:
        points = self._spec.real(outputs[self._index]).reshape(-1, 3).tolist()
        score = sum(point[2] for point in points) / len(points)
        if score < self._min_score:
            return ()
        named = zip(KEYPOINTS, points, strict=True)
        return (Pose(score, tuple(_keypoint(name, point, placement) for name, point in named)),)


def _keypoint(name: str, point: Sequence[float], placement: Placement) -> Keypoint:
    y, x, score = point
    place = placement.to_frame(Box(x, y, x, y)).clipped()
    return Keypoint(name, score, place.left, place.top)

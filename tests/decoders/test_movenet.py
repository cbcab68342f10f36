from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeinfer.core.geometry import Placement
from edgeinfer.core.results import Pose
from edgeinfer.core.tensor import Array, Head, TensorSpec
from edgeinfer.decoders.movenet import KEYPOINTS, MovenetDecoder
from edgeinfer.errors import ModelError
from tests.decoders.real import look


def decoder(shape: tuple[int, ...] = (1, 1, 17, 3), **head: Any) -> MovenetDecoder:
    return MovenetDecoder(Head((TensorSpec("points", shape, np.dtype(np.float32)),), (), **head))


def points(y: float = 0.5, x: float = 0.25, score: float = 0.75) -> Array:
    return np.full((1, 1, 17, 3), (y, x, score), np.float32)


def test_a_pose_has_seventeen_points_by_name() -> None:
    (pose,) = decoder().decode([points()], Placement())
    assert tuple(point.name for point in pose.keypoints) == KEYPOINTS
    assert len(set(KEYPOINTS)) == 17


def test_the_model_gives_y_before_x() -> None:
    (pose,) = decoder().decode([points(y=0.5, x=0.25)], Placement())
    assert (pose.keypoints[0].x, pose.keypoints[0].y) == (0.25, 0.5)


def test_the_score_of_a_pose_is_the_mean_of_its_points() -> None:
    values = points(score=0.0)
    values[0, 0, :, 2] = np.linspace(0.5, 1.0, 17)
    (pose,) = decoder().decode([values], Placement())
    assert pose.score == pytest.approx(0.75)
    assert pose.keypoints[16].score == 1.0


def test_a_weak_pose_is_none() -> None:
    assert decoder(min_score=0.76).decode([points(score=0.75)], Placement()) == ()
    assert len(decoder(min_score=0.75).decode([points(score=0.75)], Placement())) == 1


def test_points_are_in_fractions_of_the_frame() -> None:
    (pose,) = decoder().decode([points(y=0.5, x=0.375)], Placement(0.25, 0.0, 0.75, 1.0))
    assert (pose.keypoints[3].x, pose.keypoints[3].y) == (0.25, 0.5)


def test_a_point_in_the_bars_is_moved_to_the_edge_of_the_picture() -> None:
    (pose,) = decoder().decode([points(x=0.1)], Placement(0.25, 0.0, 0.75, 1.0))
    assert pose.keypoints[0].x == 0.0


@pytest.mark.parametrize("shape", [(1, 6, 56), (1, 1, 17, 2), (1, 17, 3)])
def test_another_model_of_poses_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="holds no single pose"):
        decoder(shape)


def test_a_real_pose_is_where_the_reference_has_it(models: Path, images: Path) -> None:
    model = models / "movenet_single_pose_lightning_ptq.tflite"
    (pose,) = look(MovenetDecoder, model, images / "squat.bmp", fit="letterbox")
    assert isinstance(pose, Pose)
    with (models / "movenet_single_pose_lightning_ptq_reference.csv").open() as file:
        wanted = [(float(r["keypoint_x"]), float(r["keypoint_y"])) for r in csv.DictReader(file)]
    seen = [(point.x, point.y) for point in pose.keypoints]
    # The reference stretched the picture, and other kernels move a point by a cell of 1/48.
    assert np.abs(np.subtract(seen, wanted)).max() < 0.05
    assert np.abs(np.subtract(seen, wanted)).mean() < 0.02

"""What the network, its training and its file share: the input, the layers, the anchors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NAME = "demo_detector"
CLASSES = ("train", "car", "person")
WIDTH_PX, HEIGHT_PX = 224, 160

STEM = 16
STAGES = (  # channels, blocks; the first block of each halves the size
    (32, 2),
    (64, 5),
    (128, 5),
    (160, 2),
    (96, 1),
)

# Of each stage's grid its stride and the width and height of its anchors: the means of the boxes
# that the scenes have (k-means by IoU), and a few larger ones. A long train is found by the grid of
# 32 px, whose rows lie near enough to each other for its height.
GRIDS_PX = (
    (4, ((5, 13),)),  # people: on a grid of 8 px their boxes lie beside them too often
    (8, ((7, 17), (10, 26), (17, 16), (17, 26), (27, 22))),
    (16, ((28, 33), (38, 46), (60, 30), (22, 56))),
    (32, ((56, 58), (127, 45), (220, 42), (220, 60))),
    (64, ((120, 120), (220, 95))),
)
# What the operator divides encodings by, as in the TensorFlow Object Detection API.
CENTRE_SCALE, SIZE_SCALE = 10.0, 5.0
BOX_RANGE = (-12.0, 12.0)
LOGIT_RANGE = (-9.0, 5.0)
NMS_IOU = 0.5
LEAST_SCORE = 0.02
MOST_DETECTIONS = 20

Array = NDArray[np.float32]


def anchors() -> Array:
    """(anchors, 4): centre y and x, height and width, in parts of the input."""
    layers = []
    for stride_px, shapes_px in GRIDS_PX:
        grid = -(-HEIGHT_PX // stride_px), -(-WIDTH_PX // stride_px)
        sizes = [(height / HEIGHT_PX, width / WIDTH_PX) for width, height in shapes_px]
        cells = np.argwhere(np.ones(grid))[:, np.newaxis] + 0.5
        centres = np.repeat(cells / grid, len(sizes), axis=1)
        layers.append(np.concatenate([centres, np.broadcast_to(sizes, centres.shape)], axis=-1))
    return np.concatenate([layer.reshape(-1, 4) for layer in layers]).astype(np.float32)

"""MobileNet v1 and v2 as skeletons, operator for operator as the published files have them.

v1: https://arxiv.org/abs/1704.04861, table 1. v2: https://arxiv.org/abs/1801.04381, table 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeinfer.model.skeleton import Builder
from edgeinfer.model.writer import Tensor

Head = Literal["conv", "fully_connected"]

CLASSES = 1001  # ImageNet's, and a background
_V1_STEM = 32
_V1_BLOCKS = (  # channels, stride
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)
_V2_STEM = 32
_V2_BLOCKS = (  # expansion, channels, repeats, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_V2_LAST = 1280
_DIVISOR = 8
# Ten sums multiply the variance by 1.5, seven blocks without one halve it: it ends as it began.
_PROJECTED = 0.5


@dataclass(frozen=True, slots=True)
class Features:
    """What a detector looks at: pictures of one 16th and one 32nd of the input's size."""

    middle: Tensor
    last: Tensor


def v1(dtype: str, width: float, px: int, classes: int | None = CLASSES) -> bytes:
    """MobileNet v1 for square pictures; `classes` None: it ends with the features."""
    builder = Builder(dtype)
    features = v1_features(builder, builder.picture(px, px), width, least=8).last
    pooled = builder.average_pool(features, stride=2)
    return builder.build([pooled if classes is None else _classified(builder, pooled, classes)])


def v2(dtype: str, width: float, px: int, classes: int = CLASSES, head: Head = "conv") -> bytes:
    """MobileNet v2 for square pictures; models that were trained again end fully connected."""
    builder = Builder(dtype)
    features = v2_features(builder, builder.picture(px, px), width).last
    pooled = builder.average_pool(features)
    if head == "conv":
        return builder.build([_classified(builder, pooled, classes)])
    return builder.build([builder.softmax(builder.fully_connected(pooled, classes))])


def v1_features(builder: Builder, picture: Tensor, width: float, least: int) -> Features:
    """`least` channels stay in each layer, however narrow the network is made."""
    tensor = builder.conv(picture, max(int(_V1_STEM * width), least), kernel=3, stride=2)
    middle = tensor
    for channels, stride in _V1_BLOCKS:
        if channels == _V1_BLOCKS[-1][0] and stride > 1:
            middle = tensor
        tensor = builder.depthwise(tensor, stride=stride)
        tensor = builder.conv(tensor, max(int(channels * width), least))
    return Features(middle, tensor)


def v2_features(builder: Builder, picture: Tensor, width: float) -> Features:
    tensor = builder.conv(picture, _divisible(_V2_STEM * width), kernel=3, stride=2)
    middle = tensor
    for expansion, channels, repeats, first_stride in _V2_BLOCKS:
        for number in range(repeats):
            stride = first_stride if number == 0 else 1
            expanded = _expanded(builder, tensor, expansion)
            if stride > 1:
                middle = expanded
            tensor = _bottleneck(builder, tensor, expanded, _divisible(channels * width), stride)
    # A narrow network keeps its last layer whole; a wide one widens it (v2, section 6.1).
    return Features(middle, builder.conv(tensor, _divisible(_V2_LAST * max(width, 1.0))))


def _expanded(builder: Builder, tensor: Tensor, expansion: int) -> Tensor:
    channels = builder.shape(tensor)[-1]
    return tensor if expansion == 1 else builder.conv(tensor, _divisible(channels * expansion))


def _bottleneck(
    builder: Builder, tensor: Tensor, expanded: Tensor, channels: int, stride: int
) -> Tensor:
    filtered = builder.depthwise(expanded, stride=stride)
    projected = builder.conv(filtered, channels, activation="NONE", gain=_PROJECTED)
    alike = builder.shape(projected) == builder.shape(tensor)
    return builder.add(projected, tensor) if alike else projected


def _classified(builder: Builder, pooled: Tensor, classes: int) -> Tensor:
    logits = builder.conv(pooled, classes, activation="NONE")
    return builder.softmax(builder.reshape(logits, (1, classes)))


def _divisible(channels: float) -> int:
    """The nearest multiple of 8, and never less than nine tenths, as the published code rounds."""
    rounded = max(_DIVISOR, int(channels + _DIVISOR / 2) // _DIVISOR * _DIVISOR)
    return rounded + _DIVISOR if rounded < 0.9 * channels else rounded

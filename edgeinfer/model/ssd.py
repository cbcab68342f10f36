"""SSD detectors as skeletons: a MobileNet, six layers of boxes, and the post-processing operator.

The layout is that of `ssd_mobilenet_v1_coco` and `ssd_mobilenet_v2_coco` of the TensorFlow Object
Detection API (https://github.com/tensorflow/models/tree/master/research/object_detection).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeinfer.model import mobilenet
from edgeinfer.model.numbers import Array, Range
from edgeinfer.model.skeleton import Builder
from edgeinfer.model.writer import Tensor

CLASSES = 91  # COCO's ids go to 90; the first is the background
_LEAST_CHANNELS = 16
_EXTRA_LAYERS = (512, 256, 256, 128)
_SCALES = (*np.linspace(0.2, 0.95, 6), 1.0)  # an anchor's part of the picture, layer by layer
_FIRST_SHAPES = ((0.1, 1.0), (0.2, 2.0), (0.2, 0.5))  # scale, aspect: fewer where cells are many
_ASPECTS = (1.0, 2.0, 1 / 2, 3.0, 1 / 3)

# COCO SSD on real pictures: logits of -5.3 ± 0.9, so nearly every box passes the operator's
# threshold with a low score, and it sorts them all. Both ranges are that file's.
_LOGIT_MEAN = -5.3
_LOGITS = Range(-11.1, 1.6)
_BOXES = Range(-15.1, 5.1)
# The converter of the uint8 days let each layer keep a scale of its own; today's makes them equal.
_UINT8_SHRINK = 0.95

_POSTPROCESS = "TFLite_Detection_PostProcess"
_OUTPUTS = 4  # boxes, classes, scores, count
_OPTIONS = {  # as in COCO SSD
    "_output_quantized": True,
    "max_detections": 10,
    "max_classes_per_detection": 1,
    "num_classes": CLASSES - 1,
    "nms_score_threshold": 1e-8,
    "nms_iou_threshold": 0.6,
    "x_scale": 10.0,
    "y_scale": 10.0,
    "w_scale": 5.0,
    "h_scale": 5.0,
}


@dataclass(frozen=True, slots=True)
class Predictions:
    """Box encodings (1, anchors, 4) and class scores (1, anchors, classes).

    `grids` holds height and width of the layers that they come from.
    """

    boxes: Tensor
    scores: Tensor
    grids: tuple[tuple[int, int], ...]


def v1(dtype: str, width: float, px: int) -> bytes:
    """SSD on MobileNet v1 for square pictures, up to the list of detections."""
    builder = Builder(dtype)
    return builder.build(_detections(builder, _v1_predictions(builder, width, px)))


def v1_raw(dtype: str, width: float, px: int) -> bytes:
    """The same, without the post-processing operator."""
    builder = Builder(dtype)
    predictions = _v1_predictions(builder, width, px)
    return builder.build([predictions.boxes, predictions.scores])


def v2(dtype: str, width: float, px: int) -> bytes:
    """SSD on MobileNet v2 for square pictures, up to the list of detections."""
    builder = Builder(dtype)
    features = mobilenet.v2_features(builder, builder.picture(px, px), width)
    return builder.build(_detections(builder, _predictions(builder, features, width)))


def anchors(grids: Sequence[tuple[int, int]]) -> Array:
    """Float (anchors, 4): centre y and x, height and width, as parts of the picture."""
    layers = []
    for number, (height, width) in enumerate(grids):
        shapes = _FIRST_SHAPES if number == 0 else _shapes(*_SCALES[number : number + 2])
        sizes = [(scale / aspect**0.5, scale * aspect**0.5) for scale, aspect in shapes]
        cells = np.argwhere(np.ones((height, width)))[:, np.newaxis] + 0.5
        centres = np.repeat(cells / (height, width), len(sizes), axis=1)
        layers.append(np.concatenate([centres, np.broadcast_to(sizes, centres.shape)], axis=-1))
    return np.concatenate([layer.reshape(-1, 4) for layer in layers])


def _shapes(scale: float, next_scale: float) -> list[tuple[float, float]]:
    """Scale and aspect; the last one is a square between this layer's scale and the next one's."""
    return [*((scale, aspect) for aspect in _ASPECTS), ((scale * next_scale) ** 0.5, 1.0)]


def _v1_predictions(builder: Builder, width: float, px: int) -> Predictions:
    picture = builder.picture(px, px)
    features = mobilenet.v1_features(builder, picture, width, _LEAST_CHANNELS)
    return _predictions(builder, features, width)


def _predictions(builder: Builder, features: mobilenet.Features, width: float) -> Predictions:
    """Boxes are joined before the last layer's scores, as in the published files."""
    layers = [features.middle, features.last, *_extra_layers(builder, features.last, width)]
    boxes, scores = [], []
    for number, layer in enumerate(layers[:-1]):
        boxes.append(_encodings(builder, layer, number))
        scores.append(_logits(builder, layer, number))
    boxes.append(_encodings(builder, layers[-1], len(boxes)))
    joined = builder.concatenation(boxes, 1, _BOXES)
    encodings = builder.reshape(joined, (1, builder.shape(joined)[1], 4))
    scores.append(_logits(builder, layers[-1], len(scores)))
    probabilities = builder.logistic(builder.concatenation(scores, 1, _LOGITS))
    return Predictions(encodings, probabilities, tuple(_grid(builder, layer) for layer in layers))


def _extra_layers(builder: Builder, tensor: Tensor, width: float) -> list[Tensor]:
    """Smaller and smaller pictures: to half the channels, then to half the size."""
    layers = []
    for channels in _EXTRA_LAYERS:
        squeezed = builder.conv(tensor, max(int(channels / 2 * width), _LEAST_CHANNELS))
        wide = max(int(channels * width), _LEAST_CHANNELS)
        tensor = builder.conv(squeezed, wide, kernel=3, stride=2)
        layers.append(tensor)
    return layers


def _encodings(builder: Builder, layer: Tensor, number: int) -> Tensor:
    per_cell = _per_cell(number)
    values = _layer_range(builder, _BOXES, number)
    tensor = builder.conv(layer, per_cell * 4, activation="NONE", values=values)
    return builder.reshape(tensor, (1, _cells(builder, layer) * per_cell, 1, 4))


def _logits(builder: Builder, layer: Tensor, number: int) -> Tensor:
    per_cell = _per_cell(number)
    values = _layer_range(builder, _LOGITS, number)
    tensor = builder.conv(
        layer, per_cell * CLASSES, activation="NONE", bias=_LOGIT_MEAN, values=values
    )
    return builder.reshape(tensor, (1, _cells(builder, layer) * per_cell, CLASSES))


def _layer_range(builder: Builder, values: Range, number: int) -> Range:
    shrink = _UINT8_SHRINK ** (number + 1) if builder.dtype == "uint8" else 1.0
    return Range(values.low * shrink, values.high * shrink)


def _per_cell(number: int) -> int:
    return len(_FIRST_SHAPES) if number == 0 else len(_ASPECTS) + 1


def _grid(builder: Builder, layer: Tensor) -> tuple[int, int]:
    _, height, width, _ = builder.shape(layer)
    return height, width


def _cells(builder: Builder, layer: Tensor) -> int:
    height, width = _grid(builder, layer)
    return height * width


def _detections(builder: Builder, predictions: Predictions) -> list[Tensor]:
    """Boxes, classes, scores and their count. The operator's kernel knows uint8 and float."""
    table = anchors(predictions.grids)
    inputs = [predictions.boxes, predictions.scores]
    if builder.dtype == "int8":
        inputs = [builder.dequantize(tensor) for tensor in inputs]
    quantized = builder.dtype == "uint8"
    sizes = builder.constant(table, Range(0.0, float(table.max())) if quantized else None)
    return builder.custom(_POSTPROCESS, [*inputs, sizes], _OUTPUTS, _OPTIONS)

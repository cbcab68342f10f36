"""The trained network as a .tflite: int8, with the operator that makes boxes of its numbers."""

from __future__ import annotations

from collections.abc import Iterator

import layout
import numpy as np
from network import Conv, Detector

from edgeinfer.model.numbers import Array, Range
from edgeinfer.model.trained import TrainedBuilder
from edgeinfer.model.writer import Tensor

_POSTPROCESS = "TFLite_Detection_PostProcess"
_OUTPUTS = 4  # boxes, classes, scores, count
_OPTIONS = {
    "max_detections": layout.MOST_DETECTIONS,
    "max_classes_per_detection": 1,
    "num_classes": len(layout.CLASSES),  # as many as there are scores: none for the background
    "nms_score_threshold": layout.LEAST_SCORE,
    "nms_iou_threshold": layout.NMS_IOU,
    "x_scale": layout.CENTRE_SCALE,
    "y_scale": layout.CENTRE_SCALE,
    "w_scale": layout.SIZE_SCALE,
    "h_scale": layout.SIZE_SCALE,
}


def write(network: Detector) -> bytes:
    """The file of a folded network."""
    builder = TrainedBuilder(_filters(network), "edgeinfer demo detector: trained on drawn scenes")
    tensor = builder.picture(layout.WIDTH_PX, layout.HEIGHT_PX)
    tensor = builder.conv(tensor, layout.STEM, kernel=3, stride=2)
    boxes, logits = [], []
    for (channels, blocks), (_, shapes) in zip(layout.STAGES, layout.GRIDS_PX, strict=True):
        for block in range(blocks):
            tensor = builder.depthwise(tensor, stride=2 if block == 0 else 1)
            tensor = builder.conv(tensor, channels)
        filtered, anchors = builder.depthwise(tensor), len(shapes)
        boxes.append(_rows(builder, filtered, anchors, 4, layout.BOX_RANGE))
        logits.append(_rows(builder, filtered, anchors, len(layout.CLASSES), layout.LOGIT_RANGE))
    builder.finish()
    outputs = _detections(builder, boxes, logits)
    return builder.build(outputs)


def _detections(builder: TrainedBuilder, boxes: list[Tensor], logits: list[Tensor]) -> list[Tensor]:
    encodings = builder.concatenation(boxes, 1, Range(*layout.BOX_RANGE))
    scores = builder.logistic(builder.concatenation(logits, 1, Range(*layout.LOGIT_RANGE)))
    inputs = [builder.dequantize(encodings), builder.dequantize(scores)]
    anchors = builder.constant(layout.anchors())
    return builder.custom(_POSTPROCESS, [*inputs, anchors], _OUTPUTS, _OPTIONS)


def _rows(
    builder: TrainedBuilder, tensor: Tensor, anchors: int, columns: int, values: tuple[float, float]
) -> Tensor:
    """(1, anchors, columns) of one grid."""
    channels = anchors * columns
    found = builder.conv(tensor, channels, activation="NONE", values=Range(*values))
    _, height, width, _ = builder.shape(found)
    return builder.reshape(found, (1, height * width * anchors, columns))


def _filters(network: Detector) -> Iterator[tuple[Array, Array]]:
    for layer in network.convolutions():
        weights = layer.conv.weight.detach().numpy()
        order = (1, 2, 3, 0) if _is_depthwise(layer) else (0, 2, 3, 1)
        yield np.ascontiguousarray(weights.transpose(order)), layer.conv.bias.detach().numpy()


def _is_depthwise(layer: Conv) -> bool:
    return layer.conv.groups > 1

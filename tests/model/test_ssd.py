from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeinfer.model import flatbuffer, ssd

GRIDS = [(19, 19), (10, 10), (5, 5), (3, 3), (2, 2), (1, 1)]  # of a picture of 300 px


def test_the_anchors_are_those_of_the_real_file(models: Path) -> None:
    model = flatbuffer.read(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite")
    graph = model.subgraphs[0]
    tensor = graph.tensors[graph.operators[-1].inputs[2]]
    scale = tensor.quantization.scale[0]
    real = model.buffers[tensor.buffer].data.reshape(-1, 4) * scale
    np.testing.assert_allclose(ssd.anchors(GRIDS), real, rtol=0, atol=scale / 2 + 1e-6)

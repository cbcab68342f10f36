from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgeinfer.model import cost
from edgeinfer.model.flatbuffer import schema
from tests.model import built

# What their makers published, in millions: MACs, parameters (the issue of this verb names them).
PUBLISHED = {
    "mobilenet_v1_0.25_128_quant": ("13.6", "0.47"),
    "mobilenet_v1_0.5_160_quant": ("76.5", "1.33"),
    "mobilenet_v1_0.75_192_quant": ("239.3", "2.58"),
    "mobilenet_v2_1.0_224_quant": ("300.8", "3.49"),
    "coco_ssd_mobilenet_v1_1.0_quant": ("728.0", "4.11"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_figures_come_out(models: Path, name: str) -> None:
    found = cost.read(models / f"{name}.tflite")
    assert found.macs is not None
    assert found.parameters is not None
    macs, parameters = PUBLISHED[name]
    assert (f"{found.macs / 1e6:.1f}", f"{found.parameters / 1e6:.2f}") == (macs, parameters)
    assert found.flops == 2 * found.macs
    assert found.uncounted == ()


def test_every_real_model_is_read_and_adds_up(models: Path) -> None:
    paths = [path for path in models.glob("*.tflite") if "invalid" not in path.name]
    assert len(paths) >= 11
    for path in paths:
        found = cost.read(path)
        assert found.file_bytes == path.stat().st_size
        carried = sum(found.weight_bytes.values()) + found.custom_bytes
        assert 0.8 * found.file_bytes < carried < found.file_bytes, path.name
        assert sum(kind.count for kind in found.kinds) == len(found.operators)
        ends = sum(tensor.memory_bytes or 0 for tensor in (*found.inputs, *found.outputs))
        assert found.activation_peak_bytes >= min(ends, found.inputs[0].memory_bytes or 0)


def test_the_inputs_of_a_quantized_model_say_how_they_are_quantized(models: Path) -> None:
    found = cost.read(models / "mobilenet_v1_0.25_128_quant.tflite")
    (tensor,) = found.inputs
    assert (tensor.shape, tensor.dtype) == ((1, 128, 128, 3), "uint8")
    assert tensor.quantization is not None
    assert tensor.quantization.scales == (0.0078125,)
    assert tensor.quantization.zero_points == (128,)


def test_weights_with_a_scale_for_each_channel_keep_them_all(models: Path) -> None:
    found = cost.read(models / "movenet_single_pose_lightning_ptq.tflite")
    first = next(operator for operator in found.operators if operator.name == "CONV_2D")
    weights = first.inputs[1]
    assert weights is not None
    assert weights.quantization is not None
    assert weights.shape is not None
    assert len(weights.quantization.scales) == weights.shape[weights.quantization.axis] > 1


def test_half_precision_weights_belong_to_the_operator_behind_their_dequantize(
    models: Path,
) -> None:
    found = cost.read(models / "face_detection_short_range.tflite")
    assert found.weight_bytes == {"float16": 202780}
    assert found.parameters == 101390
    unpackers = [operator for operator in found.operators if operator.name == "DEQUANTIZE"]
    assert len(unpackers) == 74
    assert not any(operator.parameters for operator in unpackers)


def test_labels_and_metadata_are_found(models: Path) -> None:
    found = cost.read(models / "mobilenet_v1_0.25_128_quant.tflite")
    assert found.metadata == ("min_runtime_version", "TFLITE_METADATA")
    assert found.files == ("imagenet_labels.txt",)
    assert len(found.labels) == 1001
    assert found.labels[0] == "background"


def test_what_is_compiled_for_the_edge_tpu_is_unknown_and_not_zero(models: Path) -> None:
    found = cost.read(models / "mobilenet_v1_0.25_128_quant_edgetpu.tflite")
    assert (found.macs, found.flops, found.parameters) == (None, None, None)
    assert found.uncounted == ("edgetpu-custom-op",)
    assert [graph.macs for graph in found.subgraphs] == [None]
    assert found.sealed == ("edgetpu-custom-op",)
    assert found.custom_bytes == 778324
    assert found.edgetpu.compiled


def test_a_detector_names_the_outputs_that_have_no_size_yet(models: Path) -> None:
    found = cost.read(models / "coco_ssd_mobilenet_v1_1.0_quant.tflite")
    assert found.unsized == tuple(tensor.name for tensor in found.outputs)
    assert all(tensor.shape is None for tensor in found.outputs)


def test_a_recurrent_model_is_counted_for_every_step(tmp_path: Path) -> None:
    path = built.lstm(batch=2, steps=5, features=3, cells=4).save(tmp_path)
    found = cost.read(path)
    assert found.macs == 2 * 5 * (4 * 4 * 3 + 4 * 4 * 4)
    assert found.parameters == 4 * 4 * 3 + 4 * 4 * 4 + 4 * 4
    # The input, the output, and two states that live always; 4 bytes each.
    assert found.activation_peak_bytes == 4 * (2 * 5 * 3 + 2 * 5 * 4 + 2 * 2 * 4)
    assert _runs(path)


def test_what_a_loop_runs_is_counted_once_and_the_loop_is_named(tmp_path: Path) -> None:
    path = built.loop().save(tmp_path)
    found = cost.read(path)
    assert [graph.name for graph in found.subgraphs] == ["main", "condition", "body"]
    assert [graph.macs for graph in found.subgraphs] == [0, 0, 4]
    assert (found.macs, found.uncounted, found.control_flow) == (4, (), ("WHILE",))
    assert found.parameters == 2 * 2 + 1  # the matrix, and what the counter is raised by
    # main: in and out; condition: in, and the answer; body: the vector, the sum, the product.
    assert found.activation_peak_bytes == 2 * (4 + 8) + (4 + 8 + 1) + (8 + 4 + 8)
    assert found.operators[0].note == "runs other subgraphs, each counted once"
    assert _runs(path)


def test_weights_that_two_operators_share_count_once(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    tensors = [graph.tensor(name, (1, 3)) for name in "abc"]
    weights = graph.constant("w", built.ones(3, 3))
    options = schema.FullyConnectedOptionsT
    for source, target in ((0, 1), (1, 2)):
        graph.operator(
            "FULLY_CONNECTED", [tensors[source], weights, -1], [tensors[target]], options()
        )
    graph.ends(tensors[:1], tensors[2:])
    found = cost.read(model.save(tmp_path))
    assert (found.macs, found.parameters, found.weight_bytes) == (18, 9, {"float32": 36})
    assert [operator.parameters for operator in found.operators] == [9, 0]


def test_an_unknown_custom_operator_is_named_and_the_rest_counted(tmp_path: Path) -> None:
    model = built.chain()
    graph = model.graph("second")
    ends = [graph.tensor(name, (1, 3)) for name in "xy"]
    graph.operator("Sparkle", ends[:1], ends[1:])
    graph.ends(ends[:1], ends[1:])
    found = cost.read(model.save(tmp_path))
    assert found.uncounted == ("Sparkle",)
    assert found.macs == 4 * 8 + 8 * 2
    assert found.operators[-1].macs is None
    assert found.operators[-1].note == "a custom operator without a rule"


def test_a_subgraph_of_unknown_operators_alone_is_unknown(tmp_path: Path) -> None:
    model = built.chain()
    graph = model.graph("second")
    ends = [graph.tensor(name, (1, 3)) for name in "xy"]
    graph.operator("Sparkle", ends[:1], ends[1:]).customOptions = [1, 2, 3]
    graph.ends(ends[:1], ends[1:])
    found = cost.read(model.save(tmp_path))
    assert [graph.macs for graph in found.subgraphs] == [4 * 8 + 8 * 2, None]
    assert (found.parameters, found.sealed) == (4 * 8 + 8 * 2, ("Sparkle",))


def test_what_an_operator_works_on_is_no_setting(tmp_path: Path) -> None:
    (operator,) = cost.read(built.transposed().save(tmp_path)).operators
    assert operator.activation is not None
    assert (operator.activation.name, operator.macs) == ("small", 4 * 4 * 2 * 2 * 2 * 3)


def test_a_batch_of_any_size_is_named(tmp_path: Path) -> None:
    model = built.chain()
    model.table.subgraphs[0].tensors[0].shapeSignature = [-1, 4]
    found = cost.read(model.save(tmp_path))
    assert found.dynamic == ("a",)
    assert found.macs == 4 * 8 + 8 * 2


def test_a_shape_that_is_not_in_the_file_is_unknown_and_not_zero(tmp_path: Path) -> None:
    model = built.chain()
    model.table.subgraphs[0].tensors[1].shape = [-1, 8]
    found = cost.read(model.save(tmp_path))
    first, second = found.operators
    assert (first.macs, second.macs) == (None, 8 * 2)
    assert first.note == "its shapes are known only when it runs"
    assert found.unsized == ("b",)
    assert found.uncounted == ("FULLY_CONNECTED",)


def _runs(path: Path) -> bool:
    """Does the runtime take it? A model that no runtime takes proves nothing."""
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], detail["dtype"]))
    interpreter.invoke()
    (*_, last) = interpreter.get_output_details()
    return bool(np.isfinite(interpreter.get_tensor(last["index"])).all())

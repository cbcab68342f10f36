from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edgeinfer.engines.litert import LitertEngine
from edgeinfer.errors import ModelError
from edgeinfer.model import flatbuffer, int8
from edgeinfer.model.flatbuffer import schema
from tests.model import built, legacy
from tests.model.legacy import activation, add_conv, bias, names, tensor, values, versions, weights

UINT8, INT8 = schema.TensorType.UINT8, schema.TensorType.INT8
CODES = arrays(np.uint8, (3, 1, 1, 2))
FITTING = np.array([[1, 255], [128, 3], [200, 77]]).reshape(3, 1, 1, 2)
TOO_FAR = np.array([[1, 255], [128, 3], [0, 255]]).reshape(3, 1, 1, 2)
"""With a zero point of 120 its last channel reaches from -120 to 135."""


def rewritten(model: built.Model) -> tuple[Any, int8.Changes]:
    with TemporaryDirectory() as folder:
        return int8.to_int8(legacy.read(model, Path(folder)))


def outputs(model: Any, folder: Path, picture: Any, name: str) -> Any:
    path = folder / f"{name}.tflite"
    path.write_bytes(flatbuffer.pack(model))
    return [found.astype(int) for found in LitertEngine(path, threads=1).run(picture)]


def check_alike(model: built.Model, folder: Path) -> Any:
    """Both say the same of random numbers, give or take a rounding; the rewritten model."""
    original = legacy.read(model, folder)
    changed, _ = int8.to_int8(original)
    shape = original.subgraphs[0].tensors[int(original.subgraphs[0].inputs[0])].shape
    for seed in range(5):
        picture = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        before, after = (
            outputs(one, folder, picture, name)
            for one, name in ((original, "original"), (changed, "changed"))
        )
        for one, other in zip(before, after, strict=True):
            assert np.ptp(one) > 0
            assert np.abs(one - other).max() <= 1
    return changed


# Weights and biases.


@given(CODES, st.integers(0, 255))
def test_a_channel_that_fits_loses_nothing_and_another_half_a_step_at_most(
    codes: Any, zero_point: int
) -> None:
    changed, changes = rewritten(legacy.conv(codes, zero_point))
    centred = codes.astype(int) - zero_point
    found = values(changed, "filters", np.int8).astype(int)
    scales = tensor(changed, "filters").quantization.scale
    fits = np.abs(centred).reshape(3, -1).max(axis=1) <= 127
    assert changes == int8.Changes(channels=3, rescaled=int((~fits).sum()), added_operators=4)
    for channel in range(3):
        if fits[channel]:
            assert np.array_equal(found[channel], centred[channel])
            assert scales[channel] == np.float32(0.25)
        else:
            apart = found[channel] * scales[channel] - centred[channel] * 0.25
            assert np.abs(apart).max() <= scales[channel] * 0.5001
            assert np.abs(found[channel]).max() == 127


def test_weights_have_no_zero_point_and_one_scale_for_each_channel() -> None:
    table = tensor(rewritten(legacy.conv(TOO_FAR, 120))[0], "filters").quantization
    assert table.zeroPoint.tolist() == [0, 0, 0]
    assert table.quantizedDimension == 0
    assert table.scale == pytest.approx([0.25 * 135 / 127 if i else 0.25 for i in (1, 0, 1)])


def test_a_bias_follows_the_scale_of_its_channel() -> None:
    changed, _ = rewritten(legacy.conv(TOO_FAR, 120))
    filters, added = (tensor(changed, name).quantization.scale for name in ("filters", "bias"))
    assert added == pytest.approx(filters * legacy.ACTIVATION[0])
    real = values(changed, "bias", np.int32) * added
    assert real == pytest.approx(np.array([-50, 50, 150]) * 0.125, abs=0.13)


def test_the_channels_of_a_depthwise_convolution_lie_along_its_last_axis(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    source, target = activation(graph, "source"), activation(graph, "target", values=(4.0, 120))
    codes = np.array([[1, 0], [240, 255]]).reshape(1, 2, 1, 2)
    filters = weights(graph, "filters", codes, 0.25, 120)
    options = schema.DepthwiseConv2DOptionsT()
    options.strideW = options.strideH = options.depthMultiplier = 1
    added = bias(graph, "bias", np.array([10, -10]), 0.125)
    graph.operator("DEPTHWISE_CONV_2D", [source, filters, added], [target], options)
    graph.ends([source], [target])
    table = tensor(check_alike(model, tmp_path), "filters").quantization
    assert table.quantizedDimension == 3
    assert table.scale == pytest.approx([0.25, 0.25 * 135 / 127])


@pytest.mark.parametrize(("codes", "scales", "version"), [(FITTING, 1, 4), (TOO_FAR, 3, 12)])
def test_a_fully_connected_layer_has_one_scale_where_one_does(
    codes: Any, scales: int, version: int, tmp_path: Path
) -> None:
    model = built.Model()
    graph = model.graph()
    source, target = activation(graph, "source", (1, 2)), activation(graph, "target", (1, 3))
    filters = weights(graph, "filters", codes.reshape(3, 2), 0.01, 120 if scales > 1 else 128)
    added = bias(graph, "bias", np.array([10, -10, 0]), 0.005)
    options = schema.FullyConnectedOptionsT()
    graph.operator("FULLY_CONNECTED", [source, filters, added], [target], options)
    graph.ends([source], [target])
    changed = check_alike(model, tmp_path)
    assert len(tensor(changed, "filters").quantization.scale) == scales
    assert versions(changed)["FULLY_CONNECTED"] == version


def test_weights_that_two_operators_share_are_rewritten_once(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    source, middle, target = (activation(graph, name, values=(8.0, 120)) for name in "abc")
    filters = weights(graph, "filters", FITTING[:2], 0.25, 128)
    added = bias(graph, "bias", np.array([10, -10]), 2.0)
    add_conv(graph, source, filters, added, middle)
    add_conv(graph, middle, filters, added, target)
    graph.ends([source], [target])
    changed = check_alike(model, tmp_path)
    assert np.array_equal(values(changed, "filters", np.int8), FITTING[:2] - 128)


def test_a_bias_that_two_weights_share_is_copied(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    source = activation(graph, "source", values=(8.0, 120))
    left, right = (activation(graph, name, values=(64.0, 120)) for name in ("left", "right"))
    added = bias(graph, "bias", np.array([900, -900]), 2.0)
    for name, codes, target in (("v", FITTING[1:], left), ("w", TOO_FAR[1:], right)):
        add_conv(graph, source, weights(graph, name, codes, 0.25, 120), added, target)
    graph.ends([source], [left, right])
    changed = check_alike(model, tmp_path)
    assert values(changed, "bias", np.int32).tolist() == [900, -900]
    assert values(changed, "bias_int8", np.int32).tolist() == [900, -847]


def test_weights_that_are_added_elsewhere_are_copied(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    source = activation(graph, "source", (1, 1, 1, 2))
    middle = activation(graph, "middle", (1, 1, 1, 3), (8.0, 120))
    target = activation(graph, "target", (3, 1, 1, 2), (2.0, 100))
    filters = weights(graph, "filters", TOO_FAR, 0.25, 120)
    add_conv(graph, source, filters, bias(graph, "bias", np.zeros(3), 0.125), middle)
    graph.operator("ADD", [source, filters], [target], schema.AddOptionsT())
    graph.ends([source], [middle, target])
    changed = check_alike(model, tmp_path)
    assert np.array_equal(values(changed, "filters", np.int8), TOO_FAR - 128)
    assert tensor(changed, "filters").quantization.zeroPoint == -8
    assert tensor(changed, "filters_weights").quantization.zeroPoint.tolist() == [0, 0, 0]


def test_weights_that_are_an_output_stay_there_what_they_were() -> None:
    model = legacy.conv(FITTING, 120)
    model.table.subgraphs[0].outputs.append(2)
    changed, _ = rewritten(model)
    assert np.array_equal(values(changed, "filters", np.uint8), FITTING)
    assert tensor(changed, "filters_weights").type == INT8


# Activations.


def test_activations_move_by_128_and_keep_their_scale(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    source, middle, target = (activation(graph, name, values=(8.0, 120)) for name in "abc")
    for number, (one, other) in enumerate(((source, middle), (middle, target))):
        filters = weights(graph, f"filters_{number}", FITTING[:2], 0.25, 128)
        add_conv(graph, one, filters, bias(graph, f"bias_{number}", np.zeros(2), 2.0), other)
    graph.ends([source], [target])
    found = tensor(check_alike(model, tmp_path), "b")
    assert (found.type, found.quantization.scale, found.quantization.zeroPoint) == (INT8, 8.0, -8)


def test_the_inputs_and_outputs_are_what_they_were(tmp_path: Path) -> None:
    original = legacy.read(legacy.conv(FITTING, 128), tmp_path)
    changed, _ = int8.to_int8(original)
    before, after = original.subgraphs[0], changed.subgraphs[0]
    assert (after.inputs, after.outputs) == (before.inputs, before.outputs)
    for name in ("source", "target"):
        one, other = tensor(original, name), tensor(changed, name)
        assert (other.type, other.quantization.zeroPoint) == (UINT8, one.quantization.zeroPoint)


def test_the_original_stays_what_it_was(tmp_path: Path) -> None:
    path = legacy.conv(TOO_FAR, 120).save(tmp_path)
    original = flatbuffer.read(path)
    int8.to_int8(original)
    assert flatbuffer.pack(original) == flatbuffer.pack(flatbuffer.read(path))


def test_a_constant_of_an_addition_moves_too(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    source, target = activation(graph, "source"), activation(graph, "target", values=(1.0, 100))
    constant = weights(graph, "constant", np.arange(32).reshape(1, 4, 4, 2), 0.5, 7)
    graph.operator("ADD", [source, constant], [target], schema.AddOptionsT())
    graph.ends([source], [target])
    changed = check_alike(model, tmp_path)
    assert values(changed, "constant", np.int8).ravel().tolist() == list(range(-128, -96))
    assert tensor(changed, "constant").quantization.zeroPoint == -121


def concatenation(scales: tuple[float, float]) -> built.Model:
    model = built.Model()
    graph = model.graph()
    source = activation(graph, "source")
    parts = [activation(graph, f"part_{n}", values=(s, 90)) for n, s in enumerate(scales)]
    for number, part in enumerate(parts):
        filters = weights(graph, f"filters_{number}", FITTING[:2], 0.25, 128)
        add_conv(graph, source, filters, bias(graph, f"b_{number}", np.zeros(2), 0.125), part)
    target = activation(graph, "target", (1, 4, 4, 4), (8.0, 90))
    options = schema.ConcatenationOptionsT()
    options.axis = 3
    graph.operator("CONCATENATION", parts, [target], options)
    graph.ends([source], [target])
    return model


@pytest.mark.parametrize(("scales", "joints"), [((8.0, 8.0), 0), ((8.0, 4.0), 1), ((6.0, 4.0), 2)])
def test_what_a_concatenation_joins_gets_its_scale(
    scales: tuple[float, float], joints: int, tmp_path: Path
) -> None:
    changed = check_alike(concatenation(scales), tmp_path)
    assert names(changed) == [
        "DEQUANTIZE", "QUANTIZE", "CONV_2D", "CONV_2D",
        *["QUANTIZE"] * joints, "CONCATENATION", "DEQUANTIZE", "QUANTIZE",
    ]  # fmt: skip


def test_a_custom_operator_keeps_uint8_on_both_sides() -> None:
    model = built.Model()
    graph = model.graph()
    source, before, after, target = (activation(graph, name) for name in "abcd")
    anchors = weights(graph, "anchors", FITTING, 0.1, 3)
    for number, (one, other) in enumerate(((source, before), (after, target))):
        filters = weights(graph, f"filters_{number}", FITTING[:2], 0.25, 128)
        add_conv(graph, one, filters, bias(graph, f"b_{number}", np.zeros(2), 0.125), other)
        if number == 0:
            graph.operator("Frobnicate", [before, anchors], [after])
    graph.ends([source], [target])
    changed, _ = rewritten(model)
    assert names(changed) == [
        "DEQUANTIZE", "QUANTIZE", "CONV_2D", "DEQUANTIZE", "QUANTIZE",
        "CUSTOM",
        "DEQUANTIZE", "QUANTIZE", "CONV_2D", "DEQUANTIZE", "QUANTIZE",
    ]  # fmt: skip
    found = changed.subgraphs[0].operators[5]
    touched = [changed.subgraphs[0].tensors[index] for index in (*found.inputs, *found.outputs)]
    assert [one.name for one in touched] == [b"b", b"anchors", b"c"]
    assert {one.type for one in touched} == {UINT8}
    assert np.array_equal(values(changed, "anchors", np.uint8), FITTING)


def test_a_sigmoid_gets_the_output_that_int8_insists_on() -> None:
    model = built.Model()
    graph = model.graph()
    source, target = activation(graph, "source"), activation(graph, "target", values=(1 / 200, 5))
    graph.operator("LOGISTIC", [source], [target])
    graph.ends([source], [target])
    changed, _ = rewritten(model)
    fixed = [one for one in changed.subgraphs[0].tensors if one.name.endswith(b"_fixed")]
    assert [(one.quantization.scale, one.quantization.zeroPoint) for one in fixed] == [
        (1 / 256, -128)
    ]
    assert names(changed)[2:4] == ["LOGISTIC", "QUANTIZE"]


def test_versions_are_raised_and_never_lowered() -> None:
    model = legacy.conv(FITTING, 128)
    assert versions(rewritten(model)[0])["CONV_2D"] == 3
    model.table.operatorCodes[0].version = 6
    assert versions(rewritten(model)[0])["CONV_2D"] == 6


# What cannot be rewritten.

HYBRID = "mixes float with uint8; a hybrid is not rewritten"


def of_float() -> built.Model:
    return built.chain()


def recurrent() -> built.Model:
    return built.lstm(1, 2, 3, 4)


def with_cast() -> built.Model:
    model = built.Model()
    graph = model.graph()
    source, target = activation(graph, "source"), graph.tensor("target", legacy.SHAPE)
    graph.operator("CAST", [source], [target], schema.CastOptionsT())
    graph.ends([source], [target])
    return model


def custom_alone() -> built.Model:
    model = built.Model()
    graph = model.graph()
    source, target = activation(graph, "source"), activation(graph, "target")
    graph.operator("Frobnicate", [source], [target])
    graph.ends([source], [target])
    return model


def with_computed_weights() -> built.Model:
    model = built.Model()
    graph = model.graph()
    source, target = activation(graph, "source"), activation(graph, "target")
    filters = activation(graph, "filters", (2, 1, 1, 2))
    add_conv(graph, source, filters, -1, target)
    graph.ends([source, filters], [target])
    return model


def hybrid(*, with_bias: bool) -> built.Model:
    """Float activations, uint8 weights."""
    model = built.Model()
    graph = model.graph()
    source, target = graph.tensor("source", (1, 2)), graph.tensor("target", (1, 3))
    filters = weights(graph, "filters", TOO_FAR.reshape(3, 2), 0.01, 120)
    added = graph.constant("bias", built.ones(3)) if with_bias else -1
    options = schema.FullyConnectedOptionsT()
    graph.operator("FULLY_CONNECTED", [source, filters, added], [target], options)
    graph.ends([source], [target])
    return model


def with_a_float_bias() -> built.Model:
    model = legacy.conv(FITTING, 128)
    model.table.subgraphs[0].tensors[3].type = built.FLOAT32
    assert model.table.subgraphs[0].tensors[3].name == "bias"
    return model


def with_wide_products() -> built.Model:
    """int32 instead of uint8 is what it gives."""
    model = legacy.conv(FITTING, 128)
    model.table.subgraphs[0].tensors[1].type = built.INT32
    return model


def without_scale() -> built.Model:
    model = built.Model()
    graph = model.graph()
    source, target = graph.tensor("source", legacy.SHAPE, UINT8), activation(graph, "target")
    graph.operator("RESHAPE", [source], [target])
    graph.ends([source], [target])
    return model


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (of_float, "computes in float; only uint8 models are rewritten"),
        (recurrent, "a recurrent model; those are not rewritten"),
        (built.loop, "has 3 graphs; only models with one are rewritten"),
        (with_cast, "operator CAST: not known to do in int8 what it does in uint8"),
        (custom_alone, "only custom operators compute in uint8; they cannot be rewritten"),
        (with_computed_weights, "tensor filters: weights that are computed, not stored"),
        (partial(hybrid, with_bias=True), f"operator FULLY_CONNECTED: {HYBRID}"),
        (partial(hybrid, with_bias=False), f"operator FULLY_CONNECTED: {HYBRID}"),
        (with_a_float_bias, f"operator CONV_2D: {HYBRID}"),
        (with_wide_products, "operator CONV_2D: target is not uint8; it is not rewritten"),
        (without_scale, "tensor source: has 0 scales; a uint8 one has 1"),
    ],
)
def test_what_cannot_be_rewritten_is_said(make: Callable[[], built.Model], words: str) -> None:
    with pytest.raises(ModelError) as caught:
        rewritten(make())
    assert str(caught.value) == words


def test_a_rewritten_model_is_not_rewritten_again() -> None:
    changed, _ = rewritten(legacy.conv(FITTING, 128))
    with pytest.raises(ModelError, match="computes in int8 already"):
        int8.to_int8(changed)


# Real models.


def test_a_model_of_today_is_int8_already(models: Path) -> None:
    with pytest.raises(ModelError, match="computes in int8 already"):
        int8.to_int8(flatbuffer.read(models / "movenet_single_pose_lightning_ptq.tflite"))


@pytest.mark.parametrize(
    ("name", "channels", "rescaled"),
    [
        ("mobilenet_v1_0.25_128_quant", 3737, 56),
        ("mobilenet_v2_1.0_224_inat_bird_quant", 18021, 75),
        ("coco_ssd_mobilenet_v1_1.0_quant", 12639, 73),
        ("deeplabv3_mnv2_dm05_pascal_quant", 8677, 65),
    ],
)
def test_nearly_all_channels_of_real_models_lose_nothing(
    name: str, channels: int, rescaled: int, models: Path, tmp_path: Path
) -> None:
    original = flatbuffer.read(models / f"{name}.tflite")
    changed, changes = int8.to_int8(original)
    assert (changes.channels, changes.rescaled) == (channels, rescaled)
    path = tmp_path / "changed.tflite"
    path.write_bytes(flatbuffer.pack(changed))
    before, after = LitertEngine(models / f"{name}.tflite"), LitertEngine(path)
    assert after.input == before.input
    assert after.outputs == before.outputs


def test_metadata_stays_but_for_the_lowest_runtime(models: Path) -> None:
    original = flatbuffer.read(models / "mobilenet_v1_0.25_128_quant.tflite")
    changed, _ = int8.to_int8(original)

    def entries(model: Any) -> dict[bytes, bytes]:
        return {one.name: bytes(model.buffers[one.buffer].data) for one in model.metadata}

    kept = entries(original)
    assert kept.pop(b"min_runtime_version")
    assert kept.keys() == {b"TFLITE_METADATA"}
    assert entries(changed) == kept

"""Each rule against a count by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeinfer.model import cost, operators
from edgeinfer.model.flatbuffer import OPERATORS, schema
from tests.model import built

Shape = tuple[int, ...]


def _macs(
    folder: Path, name: str, inputs: list[Shape | None], output: Shape, options: object = None
) -> int | None:
    model = built.Model()
    graph = model.graph()
    given = [
        -1 if shape is None else graph.tensor(f"in{slot}", shape)
        for slot, shape in enumerate(inputs)
    ]
    out = graph.tensor("out", output)
    graph.operator(name, given, [out], options)
    graph.ends([index for index in given if index >= 0], [out])
    return cost.read(model.save(folder)).macs


@pytest.mark.parametrize(
    ("name", "inputs", "output", "expected"),
    [
        ("CONV_2D", [(1, 8, 8, 3), (16, 3, 3, 3)], (1, 4, 4, 16), 4 * 4 * 16 * 27),
        # Two groups: each filter sees half of the channels.
        ("CONV_2D", [(1, 8, 8, 4), (6, 3, 3, 2)], (1, 8, 8, 6), 8 * 8 * 6 * 18),
        ("DEPTHWISE_CONV_2D", [(1, 8, 8, 3), (1, 3, 3, 6)], (1, 8, 8, 6), 8 * 8 * 6 * 9),
        ("FULLY_CONNECTED", [(5, 12), (7, 12)], (5, 7), 5 * 7 * 12),
        ("TRANSPOSE_CONV", [(4,), (6, 2, 2, 3), (1, 4, 4, 3)], (1, 8, 8, 6), 48 * 2 * 2 * 6),
        ("Convolution2DTransposeBias", [(1, 4, 4, 3), (6, 2, 2, 3)], (1, 8, 8, 6), 48 * 24),
        ("CONV_3D", [(1, 4, 4, 4, 2), (3, 3, 3, 2, 5)], (1, 2, 2, 2, 5), 40 * 54),
        ("CONV_3D_TRANSPOSE", [(5,), (2, 2, 2, 5, 3), (1, 2, 2, 2, 3)], (1, 4, 4, 4, 5), 24 * 40),
        ("BATCH_MATMUL", [(2, 3, 4), (2, 4, 5)], (2, 3, 5), 2 * 3 * 5 * 4),
        ("SVDF", [(2, 10), (8, 10), (8, 6)], (2, 4), 2 * (80 + 48)),
        ("RNN", [(2, 10), (8, 10), (8, 8)], (2, 8), 2 * (80 + 64)),
        ("UNIDIRECTIONAL_SEQUENCE_RNN", [(2, 5, 10), (8, 10), (8, 8)], (2, 5, 8), 10 * 144),
        ("UNIDIRECTIONAL_SEQUENCE_GRU",
         [(5, 2, 3), (2, 4), (8, 7), (8,), (4, 7), (4,)], (5, 2, 4), 10 * (56 + 28)),
        ("LSTM", [(2, 3), *[(4, 3)] * 4, *[(4, 4)] * 4, *[(4,)] * 3, *[(4,)] * 4, (2, 4)], (2, 2),
         2 * (48 + 64 + 12 + 8)),
        # Without an input gate, which is coupled to the forget gate.
        ("LSTM", [(2, 3), None, *[(4, 3)] * 3, None, *[(4, 4)] * 3], (2, 4), 2 * (36 + 48)),
        ("SOFTMAX", [(1, 10)], (1, 10), 0),
        ("WHERE", [(1, 10)], (1, 10), 0),
        ("RFFT2D", [(1, 10)], (1, 10), None),
        ("CONV_2D", [(1, 8, 8, 3), (16, 3, 3)], (1, 4, 4, 16), None),
        ("CONV_2D", [(1, 8, 8, 3)], (1, 4, 4, 16), None),
    ],
)  # fmt: skip
def test_an_operator_is_counted_as_by_hand(
    tmp_path: Path, name: str, inputs: list[Shape | None], output: Shape, expected: int | None
) -> None:
    assert _macs(tmp_path, name, inputs, output) == expected


def test_a_transposed_factor_is_counted_along_its_other_side(tmp_path: Path) -> None:
    options = schema.BatchMatMulOptionsT()
    options.adjX = True
    assert _macs(tmp_path, "BATCH_MATMUL", [(4, 3), (4, 5)], (3, 5), options) == 3 * 5 * 4


def test_the_basic_lstm_has_one_matrix_for_all_gates(tmp_path: Path) -> None:
    options = schema.LSTMOptionsT()
    options.kernelType = schema.LSTMKernelType.BASIC
    shapes: list[Shape | None] = [(2, 3), (2, 4), (16, 7), (16,), (2, 4)]
    assert _macs(tmp_path, "LSTM", shapes, (2, 4), options) == 2 * 16 * 7


def test_both_directions_of_a_recurrent_operator_are_counted(tmp_path: Path) -> None:
    one: list[Shape | None] = [*[(4, 3)] * 4, *[(4, 4)] * 4, None, None, None, *[(4,)] * 4]
    shapes: list[Shape | None] = [(2, 5, 3), *one, None, None, *one]
    assert _macs(tmp_path, "BIDIRECTIONAL_SEQUENCE_LSTM", shapes, (2, 5, 8)) == 10 * 2 * (48 + 64)


def test_shapes_and_axes_are_no_parameters_but_biases_are(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    source, flat, out = (
        graph.tensor("a", (1, 2, 2, 1)), graph.tensor("b", (1, 4)), graph.tensor("c", (1, 3)),
    )  # fmt: skip
    graph.operator("RESHAPE", [source, graph.constant("s", np.array([1, 4], np.int32))], [flat])
    weights = graph.constant("w", np.ones((3, 4), np.int8))
    bias = graph.constant("v", np.ones(3, np.int32))
    graph.operator("FULLY_CONNECTED", [flat, weights, bias], [out])
    graph.ends([source], [out])
    found = cost.read(model.save(tmp_path))
    assert found.parameters == 3 * 4 + 3
    assert found.weight_bytes == {"int8": 12, "int32": 12}


def test_every_name_in_the_tables_is_an_operator_of_tflite() -> None:
    custom = {"TFLite_Detection_PostProcess", "MaxPoolingWithArgmax2D", "MaxUnpooling2D"}
    assert not operators.UNMULTIPLIED.difference(OPERATORS, custom)
    assert not operators.SETTINGS.difference(OPERATORS)
    assert not [name for name in operators.BIASES if name in operators.UNMULTIPLIED]

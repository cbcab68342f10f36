"""A file that is damaged or was made to do harm ends as one line, in bounded time and memory."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import flatbuffers
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeinfer.errors import ModelError
from edgeinfer.model import cost, flatbuffer, layout
from edgeinfer.model.flatbuffer import schema
from tests.model import built

FUZZED = ("mobilenet_v1_0.25_128_quant.tflite", "face_detection_short_range.tflite")


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """Cut, flipped, or with numbers written over it: in what describes the model, most often."""
    kind = chance.choice(("cut", "flip", "number", "numbers"))
    if kind == "cut":
        return data[: chance.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(20 if kind == "numbers" else 1):
        position = chance.choice((chance.randrange(len(data)), chance.randrange(20_000)))
        position = min(position, len(data) - 4)
        if kind == "flip":
            changed[position] ^= 1 << chance.randrange(8)
        else:
            number = chance.choice((0, 1, -1, 2**31 - 1, -(2**31), chance.randrange(1 << 20)))
            struct.pack_into("<i", changed, position, number)
    return bytes(changed)


def _survives(path: Path) -> bool:
    """Is it read, or refused? Anything else is raised."""
    with suppress(ModelError):
        cost.read(path)
        return True
    return False


@pytest.mark.parametrize("name", FUZZED)
def test_mutated_models_are_read_or_refused(models: Path, tmp_path: Path, name: str) -> None:
    data, path = (models / name).read_bytes(), tmp_path / "x.tflite"
    chance = random.Random(1)  # noqa: S311 - the same mutations in every run
    read = 0
    for _ in range(250):
        path.write_bytes(_mutated(data, chance))
        read += _survives(path)
    assert 0 < read < 250


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(position=st.integers(0, 2000), number=st.integers(-(2**31), 2**31 - 1))
def test_any_number_anywhere_in_a_small_model_is_survived(
    tmp_path: Path, position: int, number: int
) -> None:
    data = bytearray(built.loop().bytes())
    struct.pack_into("<i", data, position % (len(data) - 4), number)
    path = tmp_path / "x.tflite"
    path.write_bytes(data)
    _survives(path)


@pytest.mark.parametrize("kept", [0, 4, 8, 12, 100, 5000, 400_000])
def test_a_truncated_model_is_refused(models: Path, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes((models / FUZZED[0]).read_bytes()[:kept])
    with pytest.raises(ModelError, match="damaged|not a TFLite model"):
        cost.read(path)


def test_a_length_beyond_the_file_is_found_without_building_it() -> None:
    data = bytearray(built.chain().bytes())
    table = schema.Model.GetRootAs(data, 0)._tab
    start = table.Vector(table.Offset(8))  # the subgraphs
    struct.pack_into("<I", data, start - 4, 0x3FFFFFFF)
    with pytest.raises(ValueError, match="out of the file"):
        layout.check(bytes(data))


def _crafted(path: Path, tensors: int, graphs: int, name: str) -> Path:
    """Tensors that share one name, as often in one graph, and that graph many times over."""
    builder = flatbuffers.Builder(1024)
    shared = builder.CreateString(name)
    tables = []
    for _ in range(tensors):
        schema.TensorStart(builder)
        schema.TensorAddName(builder, shared)
        tables.append(schema.TensorEnd(builder))
    vector = _vector(builder, tables)
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, vector)
    graph = schema.SubGraphEnd(builder)
    vector = _vector(builder, [graph] * graphs)
    schema.ModelStart(builder)
    schema.ModelAddSubgraphs(builder, vector)
    builder.Finish(schema.ModelEnd(builder), file_identifier=flatbuffer.IDENTIFIER)
    path.write_bytes(bytes(builder.Output()))
    return path


def _vector(builder: Any, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in offsets:
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


@pytest.mark.parametrize(
    ("tensors", "graphs", "name"),
    [(1000, 10_000, "x"), (5000, 1, "x" * 20_000)],  # ten million tables; 100 MB of text
)
def test_a_small_file_that_asks_for_much_memory_does_not_get_it(
    tmp_path: Path, tensors: int, graphs: int, name: str
) -> None:
    path = _crafted(tmp_path / "x.tflite", tensors, graphs, name)
    assert path.stat().st_size < 250_000
    tracemalloc.start()
    with pytest.raises(ModelError, match="damaged"):
        cost.read(path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_the_bounds_leave_an_honest_file_alone(tmp_path: Path) -> None:
    layout.check(_crafted(tmp_path / "x.tflite", 1000, 1, "x" * 100).read_bytes())


def _without_subgraphs(model: built.Model) -> None:
    model.table.subgraphs = []


def _without_buffers(model: built.Model) -> None:
    model.table.buffers = None


def _newer_operator(model: built.Model) -> None:
    model.table.operatorCodes[0].builtinCode = 900


def _newer_type(model: built.Model) -> None:
    model.table.subgraphs[0].tensors[0].type = 99


def _missing_tensor(model: built.Model) -> None:
    model.table.subgraphs[0].operators[0].inputs = [99]


def _missing_output(model: built.Model) -> None:
    model.table.subgraphs[0].outputs = [-1]


def _missing_buffer(model: built.Model) -> None:
    model.table.subgraphs[0].tensors[0].buffer = 99


def _missing_code(model: built.Model) -> None:
    model.table.subgraphs[0].operators[0].opcodeIndex = 1


def _short_weights(model: built.Model) -> None:
    model.table.buffers[1].data = model.table.buffers[1].data[:-4]


def _endless_shape(model: built.Model) -> None:
    model.table.subgraphs[0].tensors[0].shape = [2**31 - 1] * 100


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_without_subgraphs, "a model without subgraphs"),
        (_without_buffers, "a model without buffers"),
        (_newer_operator, "operator 900 is newer than the schema"),
        (_newer_type, "tensor type 99 is newer than the schema"),
        (_missing_tensor, "an operator's inputs: number 99 of 5"),
        (_missing_output, "the graph's outputs: number -1 of 5"),
        (_missing_buffer, "tensors: number 99 of 3"),
        (_missing_code, "operators: number 1 of 1"),
        (_short_weights, "the constant 'w' has 124 bytes, but its shape and type need 128"),
        (_endless_shape, "a tensor of 100 dimensions"),
    ],
)
def test_a_model_that_names_what_it_has_not_is_refused(
    tmp_path: Path, spoil: Callable[[built.Model], None], message: str
) -> None:
    model = built.chain()
    spoil(model)
    with pytest.raises(ModelError, match=message) as caught:
        cost.read(model.save(tmp_path))
    assert str(caught.value).startswith(f"{tmp_path / 'built.tflite'}: ")
    assert "\n" not in str(caught.value)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_text("this is a text file, whatever its name says")
    with pytest.raises(ModelError, match="not a TFLite model"):
        cost.read(path)
    with pytest.raises(ModelError, match="No such file"):
        cost.read(tmp_path / "none.tflite")
    with pytest.raises(ModelError, match="directory"):
        cost.read(tmp_path)

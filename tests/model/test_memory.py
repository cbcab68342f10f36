from __future__ import annotations

from pathlib import Path

from edgeinfer.model import cost
from tests.model import built


def test_a_tensor_lives_from_its_producer_to_its_last_reader(tmp_path: Path) -> None:
    # 4 -> 8 -> 2 floats: 4 + 8 alive in the first step, 8 + 2 in the second.
    found = cost.read(built.chain().save(tmp_path))
    assert found.activation_peak_bytes == 4 * (4 + 8)


def test_what_a_later_operator_reads_again_stays_alive(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    a, b, c, d = (graph.tensor(name, (1, n)) for name, n in zip("abcd", (5, 7, 3, 5), strict=True))
    graph.operator("TANH", [a], [b])
    graph.operator("TANH", [b], [c])
    graph.operator("ADD", [a, c], [d])
    graph.ends([a], [d])
    found = cost.read(model.save(tmp_path))
    # Step 1: a b; step 2: a b c, the peak; step 3: a c d.
    assert found.activation_peak_bytes == 4 * (5 + 7 + 3)


def test_an_output_stays_alive_to_the_end_and_what_nobody_reads_does_not(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    a, b, c, d = (
        graph.tensor(name, (1, n)) for name, n in zip("abcd", (1, 10, 20, 100), strict=True)
    )
    graph.operator("TANH", [a], [b])
    graph.operator("SPLIT", [a], [c, d])
    graph.operator("TANH", [c], [graph.tensor("e", (1, 50))])
    graph.ends([a], [b])
    found = cost.read(model.save(tmp_path))
    # In the second step: a, the output b, and c and d; d dies with it.
    assert found.activation_peak_bytes == 4 * (1 + 10 + 20 + 100)


def test_small_numbers_are_packed(tmp_path: Path) -> None:
    from edgeinfer.model.flatbuffer import schema

    model = built.Model()
    graph = model.graph()
    ends = [graph.tensor(name, (1, 5), schema.TensorType.INT4) for name in "ab"]
    graph.operator("TANH", ends[:1], ends[1:])
    graph.ends(ends[:1], ends[1:])
    assert cost.read(model.save(tmp_path)).activation_peak_bytes == 3 + 3


def test_a_graph_without_operators_holds_its_inputs(tmp_path: Path) -> None:
    model = built.Model()
    graph = model.graph()
    same = graph.tensor("a", (1, 6))
    graph.ends([same], [same])
    found = cost.read(model.save(tmp_path))
    assert (found.activation_peak_bytes, found.macs, found.parameters) == (24, 0, 0)

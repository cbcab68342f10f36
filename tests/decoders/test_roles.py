from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from edgeinfer.core.tensor import Head, TensorSpec
from edgeinfer.decoders.roles import check_roles, listed, only_output
from edgeinfer.errors import ModelError


def head(outputs: int, roles: Mapping[str, int]) -> Head:
    specs = (TensorSpec(f"out{i}", (1, i + 1), np.dtype(np.float32)) for i in range(outputs))
    return Head(tuple(specs), (), roles)


def test_the_only_output_needs_no_role() -> None:
    assert only_output(head(1, {}), "scores")[0] == 0


def test_one_of_several_outputs_is_the_one_that_the_card_names() -> None:
    index, spec = only_output(head(3, {"scores": 2}), "scores")
    assert (index, spec.name) == (2, "out2")


def test_several_outputs_without_a_role_say_what_to_write() -> None:
    with pytest.raises(ModelError, match=r"write roles = \{ scores = … \} in the card"):
        only_output(head(2, {}), "scores")


def test_a_model_without_outputs_is_refused() -> None:
    with pytest.raises(ModelError, match="the model has no output"):
        only_output(head(0, {}), "scores")


def test_a_role_that_the_decoder_has_no_use_for_is_refused() -> None:
    with pytest.raises(ModelError, match="roles.boxes: unknown; this decoder knows scores"):
        check_roles(head(2, {"boxes": 1}), ("scores",))


@pytest.mark.parametrize("index", [2, -1])
def test_a_role_for_an_output_that_is_not_there_lists_those_that_are(index: int) -> None:
    with pytest.raises(ModelError, match=rf"there is no output {index}; the model has 0 'out0'"):
        check_roles(head(2, {"scores": index}), ("scores",))


def test_two_roles_cannot_share_an_output() -> None:
    with pytest.raises(ModelError, match="two name the same output"):
        check_roles(head(2, {"scores": 1, "boxes": 1}), ("scores", "boxes"))


def test_the_outputs_are_listed_with_their_shapes() -> None:
    assert listed(head(2, {})) == "0 'out0' (1, 1), 1 'out1' (1, 2)"

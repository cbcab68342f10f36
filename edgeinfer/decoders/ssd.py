"""SSD and its kin: models that end in the operator `TFLite_Detection_PostProcess`.

The operator (tensorflow/lite/kernels/detection_postprocess.cc) gives boxes (1, N, 4) as top, left,
bottom, right in fractions of the input; classes (1, N); scores (1, N); and how many of the N count.
Exporters reorder and rename them, and classes and scores cannot be told apart by shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from edgeinfer.core.geometry import Box, Placement
from edgeinfer.core.results import Detection
from edgeinfer.core.tensor import Array, Head, TensorSpec
from edgeinfer.decoders.roles import check_roles, listed
from edgeinfer.errors import ModelError

ROLES = ("boxes", "classes", "scores", "count")
"""In the order of the operator's outputs."""

_WORDS = {
    "boxes": ("box", "location"),
    "classes": ("class", "categor"),
    "scores": ("score",),
    "count": ("count", "num"),
}
_OPERATOR = "tflite_detection_postprocess"


class SsdDecoder:
    """Detections at or above their labels' thresholds, clipped to the picture, in model order.

    A box comes with one label: a prior lowers or raises its score, and names no other label.

    Raises: ModelError: the outputs are not the operator's, or nothing says which is which.
    """

    weighs_labels = True

    @dataclass(frozen=True, slots=True)
    class Options:
        """Nothing to choose: thresholds stand in the head."""

    def __init__(self, head: Head, options: Options | None = None) -> None:
        self._options = options or self.Options()
        roles = _roles(head)
        _check_shapes(head, roles)
        self._head = head
        self._read = tuple(_reader(head.outputs[roles[role]], roles[role]) for role in ROLES)
        thresholds, weights = head.thresholds().tolist(), head.weights().tolist()
        self._known = tuple(zip(head.labels, thresholds, weights, strict=True))

    def decode(self, outputs: Sequence[Array], placement: Placement) -> tuple[Detection, ...]:
        boxes, classes, scores, count = (read(outputs) for read in self._read)
        found = []
        for raw, index, corners in zip(scores[: round(count[0])], classes, boxes, strict=False):
            label, least, weight = self._name(round(index))
            score = raw if weight == 1.0 else weighed(raw, weight)
            if score >= least:
                top, left, bottom, right = corners
                box = placement.to_frame(Box(left, top, right, bottom)).clipped()
                if box.right > box.left and box.bottom > box.top:
                    found.append(Detection(label, score, box))
        return tuple(found)

    def _name(self, index: int) -> tuple[str, float, float]:
        """The label of a class, its threshold and its weight."""
        if 0 <= index < len(self._known):
            return self._known[index]
        stranger = replace(self._head, labels=(f"class {index}",))
        return stranger.labels[0], float(stranger.thresholds()[0]), 1.0


def weighed(score: float, weight: float) -> float:
    """Bayes' rule for one label against all else: the odds times the weight."""
    return score * weight / (score * weight + 1 - score)


def _reader(spec: TensorSpec, index: int) -> Callable[[Sequence[Array]], list[Any]]:
    """How the real values of an output become a plain list: a loop over one is far quicker."""
    rows = (-1, 4) if len(spec.shape) == 3 else (-1,)
    if spec.scale == 0.0:
        return lambda outputs: outputs[index].reshape(rows).tolist()
    return lambda outputs: spec.real(outputs[index]).reshape(rows).tolist()


def _roles(head: Head) -> Mapping[str, int]:
    check_roles(head, ROLES)
    roles = head.roles or _by_operator(head) or _by_words(head)
    missing = [role for role in ROLES if role not in roles]
    if missing:
        raise ModelError(
            f"outputs: which one holds the {' and the '.join(missing)} is not said; write roles = "
            "{ boxes = 0, classes = 1, scores = 2, count = 3 } in the card, "
            f"the model has {listed(head)}"
        )
    return roles


def _by_operator(head: Head) -> dict[str, int]:
    """The operator's own names number its outputs."""
    names = [spec.name.lower().rpartition("/")[2] for spec in head.outputs]
    wanted = [_OPERATOR, *(f"{_OPERATOR}:{number}" for number in range(1, len(ROLES)))]
    if any(names.count(name) != 1 for name in wanted):
        return {}
    return {role: names.index(name) for role, name in zip(ROLES, wanted, strict=True)}


def _by_words(head: Head) -> dict[str, int]:
    """The roles that exactly one output's name speaks of, and no other role claims."""
    names = [spec.name.lower().rpartition("/")[2] for spec in head.outputs]
    claims = {
        role: [i for i, name in enumerate(names) if any(word in name for word in words)]
        for role, words in _WORDS.items()
    }
    every = [index for indices in claims.values() for index in indices]
    return {
        role: indices[0]
        for role, indices in claims.items()
        if len(indices) == 1 and every.count(indices[0]) == 1
    }


def _check_shapes(head: Head, roles: Mapping[str, int]) -> None:
    shapes = {role: head.outputs[index].shape for role, index in roles.items()}
    boxes = shapes["boxes"]
    if len(boxes) != 3 or boxes[0] != 1 or boxes[2] != 4:
        raise _misfit(head, roles, "boxes", "(1, N, 4)")
    for role in ("classes", "scores"):
        if shapes[role] != boxes[:2]:
            raise _misfit(head, roles, role, f"{boxes[:2]}")
    if prod(shapes["count"]) != 1:
        raise _misfit(head, roles, "count", "(1,)")


def _misfit(head: Head, roles: Mapping[str, int], role: str, wanted: str) -> ModelError:
    return ModelError(
        f"roles.{role}: output {roles[role]} has the shape {head.outputs[roles[role]].shape}, "
        f"should be {wanted}; the model has {listed(head)}"
    )

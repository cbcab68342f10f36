"""What a model sees in pictures, as JSON, to be laid beside what it sees on another processor.

    python goldens.py MODEL INPUTS PICTURE... >OUT   what this machine sees
    python goldens.py --compare ONE OTHER            exit status 1 where they differ by too much

The reference kernels are plain loops without a processor's own instructions: with them, and the
same bytes as input, every output has to be the same to the bit. The bytes lie in the folder INPUTS:
the first machine writes them there, for a picture may be resized a little differently on the next.
The default kernels get what the machine itself has made of the picture, and may differ by rounding.
"""
# ruff: noqa: INP001, T201

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LEAST_SCORE = 0.5
SCORE_APART = 0.06  # 15 steps of 1/256; seen between x86-64 and arm64: see benchmarks/results/arm64
LEAST_IOU = 0.9
# Of what is small an edge may be this much elsewhere, one pixel of the model's 300: a kite of
# four by five pixels has an IoU of 0.83 on a Cortex-A53.
EDGES_APART = 1 / 300


class Reference:
    """The interpreter with its reference kernels, in an engine's place.

    `given`: where the bytes are that it gets; where there are none, they are written.
    """

    given: Path

    def __init__(self, path: Path, engine: Any) -> None:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        self.input, self.outputs = engine.input, engine.outputs
        self._interpreter = Interpreter(
            str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF
        )
        self._interpreter.allocate_tensors()
        self.output_sha256, self.input_apart = "", 0

    def run(self, tensor: Any) -> Sequence[Any]:
        import numpy as np

        if not self.given.exists():
            np.save(self.given, tensor)
        own, tensor = tensor, np.load(self.given)
        self.input_apart = int(np.abs(tensor.astype(int) - own).max())
        interpreter = self._interpreter
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
        interpreter.invoke()
        outputs = [
            interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()
        ]
        self.output_sha256 = _sha256(outputs)
        return outputs


def seen(model: str, inputs: Path, pictures: Sequence[Path]) -> dict[str, Any]:
    from edgeinfer.assembly import open_pipeline
    from edgeinfer.core.frame import Frame
    from edgeinfer.loading import locate
    from edgeinfer.picture import load
    from edgeinfer.sections import Model

    path = locate(Model(name=model), lambda *_: None)[1]
    default = open_pipeline(model, min_score=LEAST_SCORE - SCORE_APART)
    plain = open_pipeline(model, min_score=LEAST_SCORE - SCORE_APART)
    reference = plain.engine = Reference(path, plain.engine)
    found = {}
    for picture in pictures:
        frame = Frame(load(picture), 0, 0, 0)
        reference.given = inputs / f"{picture.name}.npy"
        plain.run(frame)
        found[picture.name] = {
            "input_apart": reference.input_apart,
            "reference_sha256": reference.output_sha256,
            "default": [_detection(each) for each in default.run(frame).findings],
        }
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The pictures whose bytes differ, and how far apart the default kernels are at most."""
    both = {name: (one[name], other[name]) for name in one}
    return {
        "pictures": len(both),
        "input_apart": max(b["input_apart"] for _, b in both.values()),
        "reference_differs": [
            n for n, (a, b) in both.items() if a["reference_sha256"] != b["reference_sha256"]
        ],
        "default_unmatched": [
            f"{name}: {each}" for name, (a, b) in both.items() for each in _unmatched(a, b)
        ],
        "default_score_apart": round(max(_apart(a, b) for a, b in both.values()), 4),
        "default_least_iou": round(min(_least_iou(a, b) for a, b in both.values()), 3),
        "detections": sum(_confident(a) for a, _ in both.values()),
    }


def _sha256(arrays: Sequence[Any]) -> str:
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def _detection(finding: Any) -> dict[str, Any]:
    box = finding.box
    corners = [round(float(x), 5) for x in (box.left, box.top, box.right, box.bottom)]
    return {"label": finding.label, "score": round(float(finding.score), 5), "box": corners}


def _confident(picture: dict[str, Any]) -> int:
    return sum(each["score"] >= LEAST_SCORE for each in picture["default"])


def _unmatched(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """The confident detections of either that have no partner in the other, with their nearest."""
    return [
        f"{each['label']} {each['score']}, nearest {_nearest(each, there['default'])}"
        for here, there in ((one, other), (other, one))
        for each in here["default"]
        if each["score"] >= LEAST_SCORE and _partner(each, there["default"]) is None
    ]


def _nearest(detection: dict[str, Any], others: list[dict[str, Any]]) -> str:
    found = [each for each in others if each["label"] == detection["label"]]
    nearest = max(found, key=lambda each: _iou(each["box"], detection["box"]), default=None)
    if nearest is None:
        return "none"
    return f"{nearest['score']} with an IoU of {_iou(nearest['box'], detection['box']):.3f}"


def _least_iou(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Of the confident ones and their partners."""
    confident = [each for each in one["default"] if each["score"] >= LEAST_SCORE]
    pairs = [(each, _partner(each, other["default"])) for each in confident]
    return min((_iou(a["box"], b["box"]) for a, b in pairs if b), default=1.0)


def _apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    pairs = [(each, _partner(each, other["default"])) for each in one["default"]]
    return max((abs(a["score"] - b["score"]) for a, b in pairs if b), default=0.0)


def _partner(detection: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any] | None:
    fitting = [
        other
        for other in others
        if other["label"] == detection["label"]
        and abs(other["score"] - detection["score"]) <= SCORE_APART
        and _is_there(other["box"], detection["box"])
    ]
    return max(fitting, key=lambda other: _iou(other["box"], detection["box"]), default=None)


def _is_there(one: Sequence[float], other: Sequence[float]) -> bool:
    edges_apart = max(abs(a - b) for a, b in zip(one, other, strict=True))
    return edges_apart <= EDGES_APART or _iou(one, other) >= LEAST_IOU


def _iou(one: Sequence[float], other: Sequence[float]) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)]
    return shared / (sum(areas) - shared) if shared else 0.0


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        apart = differences(*(json.loads(Path(name).read_text()) for name in sys.argv[2:4]))
        print(json.dumps(apart))
        sys.exit(bool(apart["reference_differs"] or apart["default_unmatched"]))
    inputs, *pictures = (Path(name) for name in sys.argv[2:])
    print(json.dumps(seen(sys.argv[1], inputs, pictures)))

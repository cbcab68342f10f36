"""The card of the detector, with the figures of its file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from layout import NAME

_CARD = """\
# Made by models/demo/train.py and evaluate.py. It has seen drawings alone.
summary = "Train, car, person: trained on drawn scenes, for the demo and tests, not for a camera"
task = "detection"
licence = "Apache-2.0"
labels = "demo.txt"
fit = "stretch"
min_score = {min_score}

[decoder]
type = "ssd"

# No url: the file lies beside this card and comes with edgeinfer.
[weights]
file = "{name}.tflite"
bytes = {size_bytes}
sha256 = "{sha256}"
"""
_ACCURACY = """
[accuracy]
metric = "mAP50"
value = {percent:.1f}
source = "models/demo/results.md: {pictures} drawn pictures of other seeds, the int8 file"
"""
# Low, since rules smooth over time; a rule that has to be surer asks for more by its `scores`.
_MIN_SCORE = 0.4


def write(model: Path, percent: float | None = None, pictures: int = 0) -> None:
    """Beside the model; `percent` is its measured accuracy on that many pictures."""
    data = model.read_bytes()
    text = _CARD.format(
        min_score=_MIN_SCORE,
        name=NAME,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    if percent is not None:
        text += _ACCURACY.format(percent=percent, pictures=pictures)
    model.with_suffix(".toml").write_text(text)

"""The families of models that can be written here with random weights, to be timed."""

from __future__ import annotations

from collections.abc import Callable

from edgeinfer.errors import ModelError
from edgeinfer.model import mobilenet, ssd

_FAMILIES: dict[str, Callable[[str, float, int], bytes]] = {
    "mobilenet_v1": mobilenet.v1,
    "mobilenet_v2": mobilenet.v2,
    "ssd_mobilenet_v1": ssd.v1,
    "ssd_mobilenet_v1_raw": ssd.v1_raw,
    "ssd_mobilenet_v2": ssd.v2,
}
FAMILIES = tuple(_FAMILIES)


def write(family: str, width: float, px: int, dtype: str) -> bytes:
    """The .tflite of that family for square pictures of `px`; `width` multiplies its channels.

    Raises: ModelError: a family or a number type that is not written, or a size of nothing.
    """
    if family not in _FAMILIES:
        raise ModelError(f"{family}: cannot be written here, only {', '.join(FAMILIES)}")
    if width <= 0 or px <= 0:
        raise ModelError(f"{family}: width {width} and {px} px should be greater than 0")
    return _FAMILIES[family](dtype, width, px)

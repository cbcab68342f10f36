"""Speed: what a person who measured the picture can be told."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Gt, Le

MetresPerPictureWidth = Annotated[float, Gt(0), Le(100_000)]
"""The width of what the picture shows, where the objects go."""


def speed(widths_per_s: float | None, metres: float | None) -> dict[str, float]:
    """The facts `speed_m_s` and `speed_km_h`; none where one of the two is not known."""
    if widths_per_s is None or metres is None:
        return {}
    metres_per_s = widths_per_s * metres
    return {"speed_m_s": round(metres_per_s, 2), "speed_km_h": round(metres_per_s * 3.6, 1)}

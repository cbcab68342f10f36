"""The little of libcamera that the picamera source uses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Transform:
    hflip: int = 0
    vflip: int = 0


class ColorSpace:
    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def Smpte170m(cls) -> ColorSpace:  # noqa: N802 - libcamera's name
        return cls("BT.601, limited range")

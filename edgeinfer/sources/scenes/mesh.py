"""Meshes: solid things made of flat faces, in metres of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np

from edgeinfer.sources.scenes.air import Colour
from edgeinfer.sources.scenes.camera import Points

Corner = tuple[float, float, float]
Outline = Sequence[tuple[float, float]]
"""(x, y) corners of an upright face."""


@dataclass(frozen=True, slots=True)
class Face:
    """`first` to `last` of the mesh's corners; `lit`: its colour in the dark."""

    first: int
    last: int
    colour: Colour
    lit: Colour | None


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """x is forward, y up, z to the left. Faces in the order in which they are painted."""

    corners: Points
    normals: Points
    middles: Points
    faces: tuple[Face, ...]


class Builder:
    """Faces one after the other: what is painted first may be hidden by what comes later."""

    def __init__(self) -> None:
        self._corners: list[Corner] = []
        self._normals: list[Points] = []
        self._middles: list[Points] = []
        self._faces: list[Face] = []

    def face(self, corners: Sequence[Corner], colour: Colour, lit: Colour | None = None) -> None:
        """Corners counterclockwise where x points right, y up and z towards the viewer."""
        points = np.array(corners)
        normal = np.cross(points[1] - points[0], points[2] - points[0])
        length = float(np.linalg.norm(normal))
        self._normals.append(normal / length if length else normal)
        self._middles.append(points.mean(axis=0))
        first = len(self._corners)
        self._corners += corners
        self._faces.append(Face(first, len(self._corners), colour, lit))

    def side(self, outline: Outline, z: float, colour: Colour, lit: Colour | None = None) -> None:
        """An upright face on the left (z > 0) or on the right; counterclockwise from z > 0."""
        turned = outline[::-1] if z < 0 else outline
        self.face([(x, y, z) for x, y in turned], colour, lit)

    def both_sides(
        self, outline: Outline, z: float, colour: Colour, lit: Colour | None = None
    ) -> None:
        for half in (-z, z):
            self.side(outline, half, colour, lit)

    def prism(
        self, outline: Outline, half: float, colour: Colour, shares: Sequence[float] = ()
    ) -> None:
        """A convex outline, counterclockwise, from -half to half.

        `shares` narrows each of its corners to that share of `half`.
        """
        widths = [half * share for share in shares] or [half] * len(outline)
        ring = list(zip(outline, widths, strict=True))
        for ((x, y), w), ((x2, y2), w2) in zip(ring, ring[1:] + ring[:1], strict=True):
            self.face([(x, y, -w), (x2, y2, -w2), (x2, y2, w2), (x, y, w)], colour)
        self.face([(x, y, -w) for (x, y), w in reversed(ring)], colour)
        self.face([(x, y, w) for (x, y), w in ring], colour)

    def box(self, low: Corner, high: Corner, colour: Colour) -> None:
        (x, y, z), (x2, y2, z2) = low, high
        middle = (z + z2) / 2
        start = len(self._corners)
        self.prism([(x, y), (x2, y), (x2, y2), (x, y2)], (z2 - z) / 2, colour)
        if middle:
            moved = self._corners[start:]
            self._corners[start:] = [(a, b, c + middle) for a, b, c in moved]
            for number in range(-6, 0):
                self._middles[number] = self._middles[number] + (0.0, 0.0, middle)

    def done(self) -> Mesh:
        return Mesh(
            np.array(self._corners),
            np.array(self._normals),
            np.array(self._middles),
            tuple(self._faces),
        )


def rectangle(left: float, low: float, right: float, high: float) -> list[tuple[float, float]]:
    return [(left, low), (right, low), (right, high), (left, high)]


def disc(x: float, y: float, radius: float, corners: int = 14) -> list[tuple[float, float]]:
    angles = [2 * pi * number / corners for number in range(corners)]
    return [(x + radius * cos(angle), y + radius * sin(angle)) for angle in angles]

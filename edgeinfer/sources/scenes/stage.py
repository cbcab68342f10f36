"""Stage: one picture being painted, from the far things to the near, with the truth of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, hypot, sin
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels
from edgeinfer.core.geometry import Box
from edgeinfer.sources.scenes import glow
from edgeinfer.sources.scenes.air import Air, Colour
from edgeinfer.sources.scenes.camera import Camera, Points
from edgeinfer.sources.scenes.mesh import Face, Mesh
from edgeinfer.sources.scenes.scene import Truth

_Pixels = NDArray[Any]  # (N, 2), of whatever type OpenCV gives

_BITS = 4  # of a pixel's fraction: slow things do not jump
_MASK_PX = 320  # the width at which it is counted what hides what
_LEAST_PX = 1.0  # an object that shows less of itself is not in the picture
_MOST_OBJECTS = 250  # the mask has one byte; 0 is the scenery
_FAINT = 0.05  # light that is not worth drawing
_SHARP_PX, _SOFTEST_PX = 0.7, 12.0  # of the edges of shadows
_FAR_PX = 1 << 14  # OpenCV counts corners in 32 bits, 4 of them fraction


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mesh stands: `heading` turns its front from x towards z, in radians."""

    x: float
    z: float
    heading: float = 0.0
    y: float = 0.0
    limits: tuple[float, float] | None = None
    """The x beyond which nothing is seen, so that nothing gets behind the camera."""


@dataclass(slots=True)
class _Object:
    """`value`: what stands for it in the mask."""

    label: str
    id: int
    value: int
    bounds: list[float] = field(default_factory=list)
    drawn: int = 0


class Stage:
    """Paints on `pixels` in place."""

    def __init__(self, pixels: Pixels, camera: Camera, air: Air, sun: Points) -> None:
        self.pixels, self.camera, self.air = pixels, camera, air
        self._sun = sun * air.sun
        self._eye = np.array([0.0, camera.height_m, 0.0])
        self._objects: dict[int, _Object] = {}
        self._scale = min(1.0, _MASK_PX / camera.width_px)
        shape = round(camera.height_px * self._scale), round(camera.width_px * self._scale)
        self._mask = np.zeros((max(1, shape[0]), max(1, shape[1])), np.uint8)
        size = camera.width_px, camera.height_px
        self._frame = np.array(((0, 0), (size[0], 0), size, (0, size[1])), np.float32)

    def mesh(self, mesh: Mesh, place: Place, label: str = "", number: int = 0) -> None:
        """Paints it and, with a label, notes its truth; without one it only hides others."""
        corners, turn = _placed(mesh.corners, place)
        flat, depth = self.camera.project(corners)
        middles, _ = _placed(mesh.middles, place)
        normals = mesh.normals @ turn
        shown = np.flatnonzero(((self._eye - middles) * normals).sum(axis=1) > 0).tolist()
        faces = [mesh.faces[index] for index in shown]
        self.cover([flat[face.first : face.last] for face in faces], label, number)
        fixed = _fixed(flat)
        for face, bright in zip(faces, self.light(normals[shown]).tolist(), strict=True):
            colour = self._colour(face, bright, float(depth[face.first]))
            cv2.fillPoly(self.pixels, [fixed[face.first : face.last]], colour, cv2.LINE_AA, _BITS)

    def _colour(self, face: Face, bright: float, far_m: float) -> Colour:
        if face.lit is None:
            return self.air.colour(face.colour, bright, far_m)
        return self.air.glow(face.colour, face.lit, bright, far_m)

    def light(self, normals: Points) -> NDArray[np.float64]:
        """On faces that look that way; 1 on an even ground."""
        even = 0.62 + 0.1 + self._sun[1] * 0.5
        sun = np.maximum(normals @ self._sun, 0) * 0.5
        return cast("NDArray[np.float64]", (0.62 + 0.1 * normals[:, 1] + sun) / even)

    def shadow(self, mesh: Mesh, place: Place) -> None:
        """On the ground: the sun's, and without it the soft dark under all that stands."""
        corners, _ = _placed(mesh.corners, place)
        slope = self._sun / self._sun[1] if self._sun[1] > _FAINT else np.zeros(3)
        corners = corners - corners[:, 1:2] * slope
        corners[:, 1] = 0.0
        flat, depth = self.camera.project(corners)
        hull = cv2.convexHull(flat.astype(np.float32))[:, 0]
        share = 0.3 + 0.35 * float(self._sun[1])
        self._darken(hull, share, 0.16 * self.camera.focal_px / float(depth.mean()))

    def _darken(self, outline: _Pixels, share: float, soft_px: float) -> None:
        margin = 2 * soft_px + 2
        low, high = outline.min(axis=0) - margin, outline.max(axis=0) + margin
        left, top = (max(int(value), 0) for value in low)
        part = self.pixels[top : max(int(high[1]), 0), left : max(int(high[0]), 0)]
        if not part.size:
            return
        mask = np.full(part.shape[:2], 255, np.uint8)
        corners = _fixed(outline - np.array((left, top), np.float32))
        cv2.fillConvexPoly(mask, corners, round(255 * (1 - share)), cv2.LINE_AA, _BITS)
        if soft_px > _SHARP_PX:
            side = 2 * round(min(soft_px, _SOFTEST_PX)) + 1
            mask = np.asarray(cv2.blur(mask, (side, side)), np.uint8)
        three = cv2.merge((mask, mask, mask))
        cv2.multiply(part, three, dst=part, scale=1 / 255)

    def beam(self, place: Place, length_m: float) -> None:
        """What the headlights of a car make of the road before it."""
        if self.air.lamps > _FAINT:
            ahead = length_m / 2 + np.array([2.2, 4.5])
            x = place.x + np.cos(place.heading) * ahead
            z = place.z + np.sin(place.heading) * ahead
            self._glows(np.column_stack((x, np.zeros(2), z)), 2.2, 0.32, 0.35)
            front = place.x + cos(place.heading) * length_m / 2
            deep = place.z + sin(place.heading) * length_m / 2
            if sin(place.heading) < 0.3:  # else the car itself hides them
                self.headlight(np.array([[front, 0.7, deep]]))

    def headlight(self, lamps: Points) -> None:
        """The halo around each of them (N, 3)."""
        if self.air.lamps > _FAINT:
            self._glows(lamps, 1.1 + self.air.fog + self.air.rain, 0.75, 1.0)

    def _glows(self, places: Points, radius_m: float, strength: float, flat_by: float) -> None:
        flat, depth = self.camera.project(places)
        for (x, y), far in zip(flat.tolist(), depth.tolist(), strict=True):
            wide = radius_m * self.camera.focal_px / far
            glow.add(self.pixels, (x, y), (wide, wide * flat_by), strength * self.air.lamps)

    def fill(self, flat: Points, colour: Colour) -> None:
        """A polygon of pixels in a colour as the camera sees it."""
        cv2.fillPoly(self.pixels, [_fixed(flat)], colour, cv2.LINE_AA, _BITS)

    def cover(self, pieces: Sequence[Points], label: str, number: int) -> None:
        """Notes what the hull of those polygons hides, and the truth of their object."""
        if not pieces:
            return
        hull = cv2.convexHull(np.vstack(pieces).astype(np.float32))
        one = self._object(label, number) if label else None
        corners = _fixed(hull[:, 0] * self._scale)
        cv2.fillConvexPoly(self._mask, corners, one.value if one else 0, cv2.LINE_8, _BITS)
        if one:
            self._bound(one, hull, pieces)
            one.drawn = self._count(one)

    def _bound(self, one: _Object, hull: _Pixels, pieces: Sequence[Points]) -> None:
        """Where the picture cuts it, by its pieces: its hull would reach into empty corners."""
        low, high = hull[:, 0].min(axis=0), hull[:, 0].max(axis=0)
        if (low >= 0).all() and (high <= self._frame[2]).all():
            _widen(one.bounds, hull[:, 0])
            return
        for piece in pieces:
            convex = cv2.convexHull(piece.astype(np.float32))
            area, inside = cv2.intersectConvexConvex(convex, self._frame)
            if area > 0 and inside is not None:
                _widen(one.bounds, inside[:, 0])

    def _object(self, label: str, number: int) -> _Object:
        value = min(len(self._objects) + 1, _MOST_OBJECTS)
        return self._objects.setdefault(number, _Object(label, number, value))

    def _count(self, one: _Object) -> int:
        if not one.bounds:
            return 0
        left, top, right, bottom = (value * self._scale for value in one.bounds)
        part = self._mask[int(top) : int(bottom) + 1, int(left) : int(right) + 1]
        return int(np.count_nonzero(part == one.value))

    def truths(self) -> tuple[Truth, ...]:
        """Of all that can be seen, in the order in which it was painted."""
        return tuple(
            Truth(one.label, self._box(one.bounds), one.id, self._share(one))
            for one in self._objects.values()
            if one.bounds and _is_seen(one.bounds) and self._share(one) > 0
        )

    def _share(self, one: _Object) -> float:
        return min(1.0, round(self._count(one) / one.drawn, 3)) if one.drawn else 1.0

    def _box(self, bounds: Sequence[float]) -> Box:
        width, height = self.camera.width_px, self.camera.height_px
        left, top, right, bottom = bounds
        return Box(left / width, top / height, right / width, bottom / height).clipped()


def _placed(points: Points, place: Place) -> tuple[Points, Points]:
    """In metres of the scene, and how they were turned."""
    cosine, sine = cos(place.heading), sin(place.heading)
    turn = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
    moved = points @ turn + (place.x, place.y, place.z)
    if place.limits:
        np.clip(moved[:, 0], *place.limits, out=moved[:, 0])
    return moved, turn


def _fixed(flat: _Pixels) -> NDArray[np.int32]:
    near = np.clip(flat - 0.5, -_FAR_PX, _FAR_PX)
    return np.round(near * (1 << _BITS)).astype(np.int32)


def _widen(bounds: list[float], points: _Pixels) -> None:
    low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    old = bounds or [*low, *high]
    bounds[:] = [
        min(old[0], low[0]),
        min(old[1], low[1]),
        max(old[2], high[0]),
        max(old[3], high[1]),
    ]


def _is_seen(bounds: Sequence[float]) -> bool:
    return min(bounds[2] - bounds[0], bounds[3] - bounds[1]) >= _LEAST_PX


def unit(x: float, y: float, z: float) -> Points:
    """The direction towards x, y, z."""
    length = hypot(x, y, z)
    return np.array([x / length, y / length, z / length])

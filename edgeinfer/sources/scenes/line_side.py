"""Beside the line: poles and wires of the catenary, and a platform."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from edgeinfer.sources.scenes.air import Colour
from edgeinfer.sources.scenes.mesh import Builder, Mesh, rectangle
from edgeinfer.sources.scenes.railway_layout import Layout
from edgeinfer.sources.scenes.stage import Place, Stage

_POLE: Colour = (134, 140, 142)
_WIRE: Colour = (70, 72, 76)
_EVERY_M = 26.0  # from pole to pole
_WIRES_M = (5.5, 6.6)  # the contact wire, and the one that carries it
_WIDE_M = 3.4  # of a platform


class Catenary:
    def __init__(self, plan: Layout) -> None:
        self._plan = plan
        self._arms = {z: _arm(1.0 if z < plan.tracks[0] else -1.0) for z in plan.poles}

    def poles(self, z: float, stage: Stage, _t_s: float) -> None:
        left, right = self._plan.camera.edges_m(z, 3.0)
        for number in range(int(left // _EVERY_M) - 1, int(right // _EVERY_M) + 2):
            place = Place((number + 0.35) * _EVERY_M, z)
            for mesh in (_POST, self._arms[z]):  # apart: the hull of both would hide too much
                stage.mesh(mesh, place)

    def wire(self, z: float, stage: Stage, _t_s: float) -> None:
        left, right = self._plan.camera.edges_m(z, 0.0)
        ends = np.array([(x, y, z) for y in _WIRES_M for x in (left - 3, right + 3)])
        flat, depth = stage.camera.project(ends)
        colour = stage.air.colour(_WIRE, 1.0, float(depth.mean()))
        fixed = np.round(flat * 16).astype(int).tolist()
        for start, end in (fixed[:2], fixed[2:]):
            cv2.line(stage.pixels, start, end, colour, 1, cv2.LINE_AA, 4)


def _post() -> Mesh:
    build = Builder()
    build.prism(rectangle(-0.12, 0.0, 0.12, 7.2), 0.12, _POLE)
    return build.done()


def _arm(towards: float) -> Mesh:
    """Over the track beside the post."""
    build = Builder()
    low, high = sorted((0.0, 2.2 * towards))
    build.box((-0.05, 6.5, low), (0.05, 6.62, high), _POLE)
    return build.done()


_POST = _post()


def platform(plan: Layout) -> Callable[[Stage, float], None]:
    """Its top, the face that is seen, and the white line at the edge."""
    z, y = plan.path, plan.path_y
    low, high = z - _WIDE_M / 2, z + _WIDE_M / 2
    line = (high - 0.55, high - 0.4) if z < plan.tracks[0] else (low + 0.4, low + 0.55)
    left, right = plan.camera.edges_m(high, y)
    left_near, right_near = plan.camera.edges_m(low, y)
    x, x2 = min(left, left_near) - 1, max(right, right_near) + 1
    build = Builder()
    build.face([(x, 0, low), (x, y, low), (x2, y, low), (x2, 0, low)], (116, 112, 108))
    build.face([(x, y, low), (x, y, high), (x2, y, high), (x2, y, low)], (168, 164, 158))
    build.face([(x, y, line[0]), (x, y, line[1]), (x2, y, line[1]), (x2, y, line[0])],
               (236, 234, 224))  # fmt: skip
    for joint in np.arange(np.ceil(x), x2, 2.0):
        j = float(joint)
        build.face([(j, y, low), (j, y, high), (j + 0.04, y, high), (j + 0.04, y, low)],
                   (148, 144, 138))  # fmt: skip
    mesh = build.done()

    def paint(stage: Stage, _t_s: float) -> None:
        stage.mesh(mesh, Place(0.0, 0.0))

    return paint

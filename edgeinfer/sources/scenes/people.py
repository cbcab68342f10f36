"""People: flat figures that face the camera, walking or standing."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

import numpy as np
from numpy.random import Generator

from edgeinfer.sources.scenes.air import Colour
from edgeinfer.sources.scenes.camera import Points
from edgeinfer.sources.scenes.stage import Stage

_CLOTHES: tuple[Colour, ...] = (
    (44, 60, 104), (150, 40, 46), (60, 62, 68), (224, 218, 204), (54, 104, 76), (212, 150, 50),
    (108, 74, 128), (200, 96, 60), (90, 130, 170), (30, 30, 34),
)  # fmt: skip
_SKINS: tuple[Colour, ...] = ((236, 196, 168), (204, 152, 116), (142, 98, 70), (92, 62, 46))
_HAIRS: tuple[Colour, ...] = ((40, 30, 26), (92, 62, 38), (196, 160, 96), (150, 150, 150))
_STRIDE_M = 1.45  # two steps


@dataclass(frozen=True, slots=True)
class Person:
    height_m: float
    coat: Colour
    trousers: Colour
    skin: Colour
    hair: Colour
    bag: bool


def drawn(chance: Generator) -> Person:
    """Somebody, as chance has it."""
    coat, trousers = (_CLOTHES[int(one)] for one in chance.integers(len(_CLOTHES), size=2))
    skin = _SKINS[int(chance.integers(len(_SKINS)))]
    hair = _HAIRS[int(chance.integers(len(_HAIRS)))]
    height = float(chance.uniform(1.55, 1.92))
    return Person(height, coat, trousers, skin, hair, bool(chance.random() < 0.4))


@dataclass(frozen=True, slots=True)
class Stand:
    """Where somebody is. `walked_m`: the way so far, which moves the legs; `towards`: -1 or 1."""

    x: float
    z: float
    y: float = 0.0
    walked_m: float | None = None
    towards: int = 1


def paint(stage: Stage, person: Person, stand: Stand, number: int) -> None:
    """The figure in its own widths and heights, laid upright where it stands."""
    shapes = _shapes(person, stand)
    base = np.array([[stand.x, stand.y, stand.z], [stand.x, stand.y + 1.0, stand.z]])
    flat, depth = stage.camera.project(base)
    size = np.array([flat[0, 1] - flat[1, 1]] * 2) * (1, -1)
    outlines = [flat[0] + points * size for points, _ in shapes]
    stage.cover(outlines, "person", number)
    for outline, (_, colour) in zip(outlines, shapes, strict=True):
        stage.fill(outline, stage.air.colour(colour, 1.0, float(depth[0])))


def _shapes(person: Person, stand: Stand) -> list[tuple[Points, Colour]]:
    """Polygons (x, y) in metres from the feet, from the far ones to the near."""
    tall, turn = person.height_m, stand.towards
    swing = 0.0 if stand.walked_m is None else sin(2 * pi * stand.walked_m / _STRIDE_M)
    hip, shoulder = 0.5 * tall, 0.82 * tall
    dark: Colour = (person.trousers[0] * 0.8, person.trousers[1] * 0.8, person.trousers[2] * 0.8)
    sleeve: Colour = (person.coat[0] * 0.85, person.coat[1] * 0.85, person.coat[2] * 0.85)
    stance = 0.42 * swing if stand.walked_m is not None else 0.12
    shapes = [
        (_limb((0, shoulder - 0.08), (-0.45 * swing, 0.46 * tall), 0.11), sleeve),
        (_limb((-0.04, hip), (-stance, 0.03), 0.15), dark),
        (_limb((0.04, hip), (stance, 0.03), 0.15), person.trousers),
        (_torso(tall, hip, shoulder), person.coat),
        (_limb((0, shoulder - 0.08), (0.45 * swing, 0.46 * tall), 0.11), sleeve),
    ]
    if person.bag:
        shapes.append((_oval(-0.2 * turn, 0.68 * tall, 0.12, 0.2), person.trousers))
    head = 0.925 * tall
    shapes.append((_oval(-0.02 * turn, head + 0.01, 0.105, 0.075 * tall), person.hair))
    shapes.append((_oval(0.03 * turn, head - 0.02, 0.085, 0.055 * tall), person.skin))
    return shapes


def _torso(tall: float, hip: float, shoulder: float) -> Points:
    return np.array(
        [(-0.17, hip - 0.06), (0.17, hip - 0.06), (0.19, 0.66 * tall), (0.17, shoulder),
         (0.06, shoulder + 0.05), (-0.06, shoulder + 0.05), (-0.17, shoulder), (-0.19, 0.66 * tall)]
    )  # fmt: skip


def _limb(top: tuple[float, float], foot: tuple[float, float], width: float) -> Points:
    half = width / 2
    return np.array(
        [(top[0] - half, top[1]), (top[0] + half, top[1]), (foot[0] + half * 0.8, foot[1]),
         (foot[0] - half * 0.8, foot[1])]
    )  # fmt: skip


def _oval(x: float, y: float, wide: float, high: float) -> Points:
    angles = [2 * pi * number / 12 for number in range(12)]
    return np.array([(x + wide * cos(angle), y + high * sin(angle)) for angle in angles])

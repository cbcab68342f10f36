"""Trains: what they are made of, as meshes, one for each wagon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from numpy.random import Generator

from edgeinfer.sources.scenes.air import Colour
from edgeinfer.sources.scenes.mesh import Builder, Mesh, disc, rectangle

WIDTH_M = 3.0
HEIGHT_M = 4.3
KINDS = ("freight", "commuter", "fast", "locomotive")

_GAP_M = 0.5  # between two wagons
_ROOF = 0.86  # of a coach's width, at the top
_HALF = WIDTH_M / 2
_GLASS: Colour = (48, 58, 70)
_LIT: Colour = (255, 226, 160)
_HEADLIGHT: Colour = (255, 250, 225)
_DARK: Colour = (44, 44, 48)
_STEEL: Colour = (92, 92, 96)
_LIVERIES: tuple[tuple[Colour, Colour], ...] = (
    ((196, 32, 40), (236, 236, 232)),
    ((32, 84, 158), (240, 206, 60)),
    ((224, 226, 230), (200, 40, 44)),
    ((52, 128, 92), (232, 228, 214)),
    ((238, 176, 40), (56, 60, 68)),
    ((74, 80, 92), (90, 190, 230)),
    ((128, 36, 60), (226, 214, 190)),
)
_BOXES: tuple[Colour, ...] = (
    (170, 74, 48), (44, 96, 140), (60, 120, 74), (204, 160, 52), (150, 152, 156), (122, 46, 42),
    (224, 224, 220), (220, 110, 40),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One wagon: its middle lies `behind_m` behind the train's nose. `turned`: it faces back."""

    mesh: Mesh
    behind_m: float
    length_m: float
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Train:
    """From its nose to its end."""

    kind: str
    parts: tuple[Part, ...]
    length_m: float


def make(kind: str, chance: Generator) -> Train:
    """A train of that kind, as chance has it."""
    main, second = _LIVERIES[int(chance.integers(len(_LIVERIES)))]
    if kind == "locomotive":
        return _train(kind, [(_locomotive(main, second), 17.0, False)])
    if kind == "freight":
        wagons = [_wagon(chance) for _ in range(int(chance.integers(4, 10)))]
        return _train(kind, [(_locomotive(main, second), 17.0, False), *wagons])
    cars, length, nose = (3, 19.0, 1.2) if kind == "commuter" else (5, 24.0, 5.0)
    count = cars + int(chance.integers(-1, 2))
    head, middle = (_coach(main, second, length, end) for end in (nose, 0.0))
    row = [(head, length, False), *[(middle, length, False)] * (count - 2), (head, length, True)]
    return _train(kind, row)


def _train(kind: str, row: list[tuple[Mesh, float, bool]]) -> Train:
    parts, behind = [], 0.0
    for mesh, length, turned in row:
        parts.append(Part(mesh, behind + length / 2, length, turned))
        behind += length + _GAP_M
    return Train(kind, tuple(parts), behind - _GAP_M)


def _wagon(chance: Generator) -> tuple[Mesh, float, bool]:
    kind = ("container", "container", "tank", "hopper", "van")[int(chance.integers(5))]
    colours = [_BOXES[int(number)] for number in chance.integers(len(_BOXES), size=2)]
    return _load(kind, colours[0], colours[1]), 14.0, False


@lru_cache(maxsize=64)
def _coach(main: Colour, second: Colour, length: float, nose: float) -> Mesh:
    """`nose`: the metres over which the front slopes; 0 is a middle coach."""
    build, half = Builder(), length / 2
    _running_gear(build, length, skirt=nose > 2)
    front = half - nose
    body = [(-half, 0.75), (half - 0.1 * nose, 0.75), (half, 1.3), (front + 0.25 * nose, 3.0),
            (front - 0.1, 3.75), (front - 0.7, 4.0), (-half, 4.0)]  # fmt: skip
    if not nose:
        body = [(-half, 0.75), (half, 0.75), (half, 3.75), (half - 0.2, 4.0), (-half, 4.0)]
    build.prism(body, _HALF, main, [*[1.0] * (len(body) - 2), *[_ROOF] * 2])
    _stripes(build, -half, front, second)
    _windows(build, -half + 1.2, front - (1.6 if nose else 1.2), length)
    if nose:
        _face(build, half, front, nose)
    return build.done()


def _stripes(build: Builder, left: float, right: float, colour: Colour) -> None:
    build.both_sides(rectangle(left, 1.15, right, 1.5), _HALF, colour)
    build.both_sides(rectangle(left, 3.45, right, 3.58), _HALF, colour)


def _windows(build: Builder, left: float, right: float, length: float) -> None:
    count = round(length / 2.1)
    pitch = (right - left) / count
    for number in range(count):
        x = left + number * pitch
        if number in (count // 4, 3 * count // 4):
            build.both_sides(rectangle(x + 0.2, 0.9, x + 1.7, 3.3), _HALF, _STEEL)
            build.both_sides(rectangle(x + 0.4, 1.9, x + 1.5, 3.1), _HALF, _GLASS, _LIT)
        else:
            build.both_sides(rectangle(x + 0.2, 1.95, x + pitch - 0.2, 3.1), _HALF, _GLASS, _LIT)


def _face(build: Builder, half: float, front: float, nose: float) -> None:
    low, high = (front + 0.3 * nose, 2.95), (front - 0.05, 3.7)
    build.face(
        [(low[0], low[1], -1.25), (low[0], low[1], 1.25), (high[0], high[1], 1.2),
         (high[0], high[1], -1.2)][::-1],
        _GLASS, (110, 120, 120),
    )  # fmt: skip
    for z in (-0.95, 0.95):
        x = half + 0.02
        build.face(
            [(x, 1.0, z - 0.2), (x, 1.3, z - 0.2), (x, 1.3, z + 0.2), (x, 1.0, z + 0.2)],
            (230, 230, 220), _HEADLIGHT,
        )  # fmt: skip


@lru_cache(maxsize=32)
def _locomotive(main: Colour, second: Colour) -> Mesh:
    build, half = Builder(), 8.5
    _running_gear(build, 17.0, skirt=False)
    body = [(-half, 0.8), (half, 0.8), (half, 2.2), (half - 0.6, 3.5), (half - 1.0, 3.9),
            (-half + 1.0, 3.9), (-half + 0.6, 3.5), (-half, 2.2)]  # fmt: skip
    build.prism(body, _HALF, main, [0.97, 0.97, 0.97, 0.95, 0.82, 0.82, 0.95, 0.97])
    build.both_sides(rectangle(-half + 0.05, 1.0, half - 0.05, 1.45), _HALF, second)
    for x in (-3.6, -1.2, 1.2, 3.6):
        build.both_sides(rectangle(x - 0.9, 2.3, x + 0.9, 3.2), _HALF, _STEEL)
        for y in (2.45, 2.7, 2.95):
            build.both_sides(rectangle(x - 0.8, y, x + 0.8, y + 0.1), _HALF, _DARK)
    for x in (-half + 1.2, half - 2.2):
        build.both_sides(rectangle(x, 2.4, x + 1.0, 3.3), _HALF, _GLASS, _LIT)
    _face(build, half, half - 0.75, 0.7)
    build.box((-3.0, 3.9, -0.6), (3.0, 4.2, 0.6), _STEEL)
    return build.done()


@lru_cache(maxsize=64)
def _load(kind: str, colour: Colour, other: Colour) -> Mesh:
    build, half = Builder(), 7.0
    _running_gear(build, 14.0, skirt=False)
    build.prism(rectangle(-half, 0.95, half, 1.2), 1.4, _DARK)
    if kind == "container":
        for left, right, paint in ((-6.7, -0.15, colour), (0.15, 6.7, other)):
            build.prism(rectangle(left, 1.2, right, 3.8), 1.25, paint)
            _ribs(build, left, right, 1.25, paint)
    elif kind == "tank":
        _tank(build, colour)
    elif kind == "hopper":
        body = [(-5.2, 1.2), (5.2, 1.2), (6.6, 3.2), (6.6, 3.5), (-6.6, 3.5), (-6.6, 3.2)]
        build.prism(body, 1.4, colour, [0.6, 0.6, 1, 1, 1, 1])
    else:
        build.prism(rectangle(-6.8, 1.2, 6.8, 3.6), 1.4, colour)
        build.prism([(-6.8, 3.6), (6.8, 3.6), (6.6, 4.0), (-6.6, 4.0)], 1.4, _STEEL,
                    [1, 1, 0.6, 0.6])  # fmt: skip
        _ribs(build, -6.8, 6.8, 1.4, colour)
        build.both_sides(rectangle(-1.4, 1.3, 1.4, 3.4), 1.41, other)
    return build.done()


def _tank(build: Builder, colour: Colour) -> None:
    """A lying cylinder: strips of an octagon, from below to above."""
    for low, high, inner, outer in (
        (1.2, 1.6, 0.7, 1.2), (1.6, 2.9, 1.25, 1.25), (2.9, 3.4, 1.2, 0.85), (3.4, 3.65, 0.85, 0.3),
    ):  # fmt: skip
        build.prism(rectangle(-6.4, low, 6.4, high), 1.0, colour, [inner, inner, outer, outer])
    build.both_sides(rectangle(-1.2, 1.9, 1.2, 2.6), 1.26, (232, 232, 228))
    build.box((-0.5, 3.6, -0.4), (0.5, 3.9, 0.4), _STEEL)


def _ribs(build: Builder, left: float, right: float, half: float, colour: Colour) -> None:
    dark: Colour = (colour[0] * 0.8, colour[1] * 0.8, colour[2] * 0.8)
    count = max(2, round((right - left) / 0.9))
    for number in range(count):
        x = left + (number + 0.4) * (right - left) / count
        build.both_sides(rectangle(x, 1.35, x + 0.18, 3.5), half, dark)


def _running_gear(build: Builder, length: float, *, skirt: bool) -> None:
    half = length / 2
    build.prism(rectangle(-half, 0.7, half, 0.95), 1.2, _DARK)
    for middle in (-half + 2.8, half - 2.8):
        build.both_sides(rectangle(middle - 1.7, 0.45, middle + 1.7, 0.8), 1.1, (58, 56, 56))
        for x in (middle - 1.15, middle + 1.15):
            build.both_sides(disc(x, 0.45, 0.45), 1.12, (66, 60, 56))
            build.both_sides(disc(x, 0.45, 0.25, 8), 1.13, (120, 116, 112))
    if skirt:
        build.both_sides(rectangle(-half + 0.3, 0.35, half - 0.6, 0.9), _HALF - 0.06, _STEEL)

"""Cars: what they are made of, as meshes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from numpy.random import Generator

from edgeinfer.sources.scenes.air import Colour
from edgeinfer.sources.scenes.mesh import Builder, Mesh, Outline, disc, rectangle

_GLASS: Colour = (40, 50, 62)
_TYRE: Colour = (34, 34, 36)
_RIM: Colour = (150, 152, 156)
_TRIM: Colour = (46, 46, 50)
_PAINTS: tuple[Colour, ...] = (
    (226, 228, 230), (176, 180, 186), (96, 100, 106), (40, 42, 48), (168, 30, 34), (34, 66, 132),
    (70, 124, 176), (40, 92, 66), (206, 170, 60), (214, 112, 36), (122, 92, 70), (120, 40, 90),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """Metres. The cabin stands from `rear` to `front`, `slope` metres shorter above at each."""

    length: float
    half: float
    bonnet: float
    roof: float
    rear: float
    front: float
    rear_slope: float
    front_slope: float


_SHAPES = {
    "hatchback": Shape(3.9, 0.86, 0.92, 1.47, -1.88, 0.95, 0.35, 0.85),
    "saloon": Shape(4.6, 0.9, 0.93, 1.45, -1.55, 1.05, 0.75, 0.9),
    "estate": Shape(4.7, 0.9, 0.95, 1.5, -2.25, 1.1, 0.4, 0.9),
    "suv": Shape(4.5, 0.94, 1.1, 1.72, -2.15, 1.05, 0.3, 0.75),
    "van": Shape(5.1, 0.98, 1.2, 2.05, -2.52, 1.85, 0.05, 0.75),
    "small": Shape(3.3, 0.8, 0.95, 1.5, -1.58, 0.95, 0.2, 0.65),
    "pickup": Shape(5.2, 0.96, 1.1, 1.75, -0.4, 1.35, 0.2, 0.75),
}


def drawn(chance: Generator) -> tuple[str, Colour]:
    """A shape and a paint, as chance has it."""
    shape = tuple(_SHAPES)[int(chance.integers(len(_SHAPES)))]
    return shape, _PAINTS[int(chance.integers(len(_PAINTS)))]


def length_m(shape: str) -> float:
    return _SHAPES[shape].length


@lru_cache(maxsize=256)
def car(shape: str, paint: Colour, *, lights: bool = False) -> Mesh:
    """`lights`: it drives, so they are on in the dark."""
    build, form = Builder(), _SHAPES[shape]
    end = form.length / 2
    wheels = (-end + 0.78, end - 0.82)
    build.prism(rectangle(-end + 0.1, 0.22, end - 0.1, 0.4), form.half * 0.94, _TRIM)
    _body(build, form, paint)
    _wheels(build, wheels, form)
    _cabin(build, form, paint)
    _lights(build, form, lights=lights)
    return build.done()


def _body(build: Builder, form: Shape, paint: Colour) -> None:
    end, top = form.length / 2, form.bonnet
    outline: Outline = [
        (-end + 0.06, 0.38), (end - 0.06, 0.38), (end, 0.62), (end - 0.12, top - 0.14),
        (form.front, top), (form.rear, top), (-end + 0.05, top - 0.06), (-end, 0.6),
    ]  # fmt: skip
    build.prism(outline, form.half, paint, [0.94, 0.9, 0.9, 0.88, 0.95, 0.95, 0.9, 0.94])
    dark: Colour = (paint[0] * 0.8, paint[1] * 0.8, paint[2] * 0.8)
    build.both_sides(rectangle(-end + 0.9, 0.4, end - 0.9, 0.46), form.half * 0.97, dark)
    for x in (form.rear * 0.35, form.front * 0.75):
        build.both_sides(rectangle(x, 0.5, x + 0.03, top - 0.08), form.half * 0.97, dark)


def _wheels(build: Builder, places: tuple[float, float], form: Shape) -> None:
    radius = 0.3 + 0.06 * (form.roof - 1.4)
    for x in places:
        build.both_sides(disc(x, radius + 0.06, radius + 0.07), form.half * 0.975, _TRIM)
        build.both_sides(disc(x, radius, radius), form.half * 0.98, _TYRE)
        build.both_sides(disc(x, radius, radius * 0.6, 10), form.half * 0.99, _RIM)


def _cabin(build: Builder, form: Shape, paint: Colour) -> None:
    low, high, half = form.bonnet - 0.02, form.roof, form.half * 0.93
    rear, front = form.rear + form.rear_slope, form.front - form.front_slope
    outline: Outline = [(form.rear, low), (form.front, low), (front, high), (rear, high)]
    narrow = 0.82
    build.prism(outline, half, paint, [1, 1, narrow, narrow])
    _end_glass(build, (form.front, low), (front, high), half, narrow)
    _end_glass(build, (rear, high), (form.rear, low), half, narrow)
    middle = (rear + front) / 2 - 0.05
    for left, right in ((0.06, 0.5), (0.55, 0.94)):
        _side_glass(build, form, (rear, front), (left, right))
    build.both_sides(rectangle(middle, low, middle + 0.02, low + 0.02), half, paint)


def _end_glass(
    build: Builder, one: tuple[float, float], two: tuple[float, float], half: float, narrow: float
) -> None:
    """The windscreen, or the rear one, within its frame; from outside counterclockwise."""
    points = []
    for share, sign in ((0.1, -1), (0.9, -1), (0.9, 1), (0.1, 1)):
        x, y = (a + (b - a) * share for a, b in zip(one, two, strict=True))
        lift = (y - min(one[1], two[1])) / abs(two[1] - one[1])
        points.append((x, y, sign * half * (1 + (narrow - 1) * lift) * 0.9))
    build.face(points, _GLASS)


def _side_glass(
    build: Builder, form: Shape, top: tuple[float, float], span: tuple[float, float]
) -> None:
    low, high, half = form.bonnet + 0.04, form.roof - 0.08, form.half * 0.93
    reach = [(form.rear + 0.1, form.front - 0.12), (top[0] + 0.08, top[1] - 0.04)]
    (left, right), (left2, right2) = (
        [start + (end - start) * share for share in span] for start, end in reach
    )
    for sign in (-1, 1):
        low_z, high_z = sign * half * 0.99, sign * half * 0.85
        points = [(left, low, low_z), (right, low, low_z), (right2, high, high_z),
                  (left2, high, high_z)]  # fmt: skip
        build.face(points if sign > 0 else points[::-1], _GLASS)


def _lights(build: Builder, form: Shape, *, lights: bool) -> None:
    end, half = form.length / 2, form.half * 0.9
    for z in (-1, 1):
        inner, outer = z * half * 0.55, z * half * 0.95
        low, high = sorted((inner, outer))
        y = form.bonnet - 0.3
        front = [(end - 0.02, y - 0.1, high), (end - 0.02, y - 0.1, low),
                 (end - 0.08, y + 0.1, low), (end - 0.08, y + 0.1, high)]  # fmt: skip
        build.face(front, (232, 234, 230), (255, 250, 220) if lights else None)
        rear = [(-end, y - 0.08, low), (-end, y - 0.08, high),
                (-end + 0.02, y + 0.12, high), (-end + 0.02, y + 0.12, low)]  # fmt: skip
        build.face(rear, (150, 24, 26), (255, 40, 36) if lights else None)
    plate = [(end, 0.45, 0.26), (end, 0.45, -0.26), (end, 0.56, -0.26), (end, 0.56, 0.26)]
    build.face(plate, (235, 235, 225))
    build.face([(-x, y, -z) for x, y, z in plate], (235, 235, 225))

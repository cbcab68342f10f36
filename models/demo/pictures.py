"""Pictures for the training, drawn on the spot and kept in one file while it runs.

Clips for training have even seeds, all others odd ones, so none can meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from layout import HEIGHT_PX, WIDTH_PX
from numpy.typing import NDArray
from truths import IGNORED, Known, known

from edgeinfer.core.frame import Pixels
from edgeinfer.sources.scenes.named import SCENES, make
from edgeinfer.sources.scenes.scene import Light, Scene, Weather

_SIZES_PX = (
    (640, 480),
    (640, 480),
    (640, 360),
)  # a camera's usual one, and now and then a wide one
_WEATHERS: tuple[Weather, ...] = ("clear", "rain", "mixed", "snow", "fog")
_LIGHTS: tuple[Light, ...] = ("day", "dusk", "night", "mixed")
_INSTANTS = 16  # of a clip
_SPAN_S = 600.0
_BUSY = 0.65  # of the instants something happens in
_LEAST_CUT = 0.5  # of the frame's width and height
_MOST = 32  # truths of a picture
NONE = -2

Array = NDArray[Any]


@dataclass(frozen=True)
class Clip:
    scene: str
    seed: int
    weather: Weather
    light: Light
    size_px: tuple[int, int]


@dataclass(frozen=True)
class Pictures:
    """Pixels (N, height, width, 3); of N x truths the boxes (…, 4) and the classes.

    `classes` is `IGNORED` for what does not count, `NONE` where there is no more; `kinds` is the
    class all the same.
    """

    pixels: Array
    boxes: Array
    classes: Array
    kinds: Array


def training(clips: int) -> list[Clip]:
    return list(_clips(clips, range(0, 2 * clips, 2)))


def validation(clips: int) -> list[Clip]:
    return list(_clips(clips, range(1, 2 * clips, 2)))


def collect(clips: Sequence[Clip], path: Path, on_clip: Callable[[], None]) -> Pictures:
    """Two views of each instant, the whole frame and a part of it, in files at `path`.

    Those that are there already are taken as they are.
    """
    pixels, truths = path.with_suffix(".npy"), path.with_suffix(".npz")
    if not truths.exists():
        _collect(clips, pixels, truths, on_clip)
    with np.load(truths) as found:
        return Pictures(np.load(pixels, mmap_mode="r"), **found)


def _collect(
    clips: Sequence[Clip], path: Path, truths_path: Path, on_clip: Callable[[], None]
) -> None:
    pixels = np.lib.format.open_memmap(
        path, "w+", np.uint8, (len(clips) * _INSTANTS * 2, HEIGHT_PX, WIDTH_PX, 3)
    )
    boxes = np.zeros((len(pixels), _MOST, 4), np.float32)
    classes = np.full((len(pixels), _MOST), NONE, np.int64)
    kinds = classes.copy()
    with ProcessPoolExecutor() as pool:
        views = (view for drawn in _drawn(pool, clips, on_clip) for view in drawn)
        for number, (picture, truths) in enumerate(views):
            pixels[number] = picture
            for place, truth in enumerate(truths[:_MOST]):
                boxes[number, place], kinds[number, place] = truth.corners, truth.kind
                classes[number, place] = truth.kind if truth.counts else IGNORED
    np.savez(truths_path, boxes=boxes, classes=classes, kinds=kinds)


def instants(clip: Clip, count: int) -> list[float]:
    """Most of them while something passes or stands there: an empty track teaches little."""
    random = np.random.default_rng((clip.seed, 1))
    spans = [(0.0, _SPAN_S)]
    for event in scene(clip).events(0.0, _SPAN_S):
        begin, end = max(event.start_s, 0.0), min(event.end_s, _SPAN_S)
        spans += [(begin, end)] if begin < end else []
    busy = random.random(count) < _BUSY
    chosen = np.where(busy, random.integers(len(spans), size=count), 0)
    return [float(random.uniform(*spans[number])) for number in chosen]


def scene(clip: Clip) -> Scene:
    return make(clip.scene, clip.seed, clip.size_px, clip.weather, clip.light)


def _clips(count: int, seeds: Sequence[int]) -> Iterator[Clip]:
    """Every scene in every weather and light in turn."""
    kinds = islice(cycle(product(_WEATHERS, _LIGHTS, SCENES)), count)
    for seed, (weather, light, name) in zip(seeds, kinds, strict=True):
        yield Clip(name, seed, weather, light, _SIZES_PX[seed // 2 % len(_SIZES_PX)])


def _drawn(
    pool: ProcessPoolExecutor, clips: Sequence[Clip], on_clip: Callable[[], None]
) -> Iterator[list[tuple[Pixels, list[Known]]]]:
    for views in pool.map(_views, clips):
        yield views
        on_clip()


def _views(clip: Clip) -> list[tuple[Pixels, list[Known]]]:
    cv2.setNumThreads(1)
    random = np.random.default_rng((clip.seed, 2))
    drawing, views = scene(clip), []
    for t_s in instants(clip, _INSTANTS):
        pixels, truths = drawing.draw(t_s)
        cuts = (0.0, 0.0, 1.0, 1.0), _cut(random)
        views += [(_seen(pixels, cut), known(truths, cut)) for cut in cuts]
    return views


def _cut(random: np.random.Generator) -> tuple[float, float, float, float]:
    """Top, left, bottom, right."""
    height, width = np.minimum(random.uniform(_LEAST_CUT, 1) * random.uniform(0.85, 1.15, 2), 1)
    top, left = random.uniform(0, 1 - height), random.uniform(0, 1 - width)
    return float(top), float(left), float(top + height), float(left + width)


def _seen(pixels: Pixels, cut: tuple[float, float, float, float]) -> Pixels:
    """As `Prepare` makes it of a whole frame."""
    height, width = pixels.shape[:2]
    top, left, bottom, right = np.round(np.multiply(cut, (height, width) * 2)).astype(int)
    return cv2.resize(np.ascontiguousarray(pixels[top:bottom, left:right]), (WIDTH_PX, HEIGHT_PX))


def listed(drawn: Pictures) -> list[list[Known]]:
    """The truths of each picture."""
    return [
        [
            Known(int(kind), tuple(box), counts=bool(number != IGNORED))
            for box, number, kind in zip(boxes.tolist(), numbers, kinds, strict=True)
            if number != NONE
        ]
        for boxes, numbers, kinds in zip(drawn.boxes, drawn.classes, drawn.kinds, strict=True)
    ]

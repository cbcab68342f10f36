"""Sheet: a picture that is drawn on. Widths and letters follow its size; nothing leaves it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from edgeinfer.core.frame import Pixels
from edgeinfer.core.geometry import Box

Points = Sequence[tuple[float, float]]
"""x from the left and y from the top, in fractions of the picture."""

_Colour = tuple[int, int, int]
_Rectangle = tuple[int, int, int, int]  # left, top, width, height in pixels
# Bright enough for dark letters on them, and to stand out from a picture with a dark rim around.
_COLOURS: tuple[_Colour, ...] = (
    (255, 200, 40),
    (70, 200, 255),
    (255, 120, 110),
    (110, 225, 130),
    (205, 150, 255),
    (255, 155, 60),
    (70, 225, 205),
    (255, 140, 205),
)
_DARK, _WHITE = (24, 24, 28), (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITAL_PX = 21.0  # the height of its capital letters at scale 1
_FINER = 4  # letters are drawn so much larger and scaled down: OpenCV's own are ragged when small


class Sheet:
    """A copy of RGB `pixels` (H, W, 3), drawn on in the order of the calls."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels.copy(order="C")
        self._height: int = pixels.shape[0]
        self._width: int = pixels.shape[1]
        side: int = min(self._height, self._width)
        self._line = max(1, round(side / 200))
        self._rim = max(1, self._line // 2)
        self._capital = max(8, round(side / 38))
        self._taken: list[_Rectangle] = []
        self._lines_of_text = 0

    def box(self, box: Box, label: str) -> None:
        corners = self._at((box.left, box.top)), self._at((box.right, box.bottom), less=1)
        for width, colour in self._strokes(colour_of(label)):
            cv2.rectangle(self.pixels, *corners, colour, width, cv2.LINE_AA)

    def dots(self, points: Iterable[tuple[tuple[float, float], str]]) -> None:
        """Points with the words that colour them."""
        for point, word in points:
            for more, colour in ((self._rim, _DARK), (0, colour_of(word))):
                radius = 2 * self._line + more
                cv2.circle(self.pixels, self._at(point), radius, colour, -1, cv2.LINE_AA)

    def trail(self, points: Points, label: str) -> None:
        """The way of one object, thin where it was long ago."""
        way = [self._at(point) for point in points]
        for start, (one, other) in enumerate(pairwise(way), start=1):
            width = max(1, round(2 * self._line * start / len(way)))
            cv2.line(self.pixels, one, other, colour_of(label), width, cv2.LINE_AA)

    def place(self, points: Points) -> None:
        """A line with an arrow to its right-hand side, or a polygon."""
        if len(points) == 2:
            self._arrow(points)
        if len(points) > 2:
            outline = self._array(points)
            self._wash(outline)
            self._stroke(outline, closed=True)

    def name(self, box: Box, text: str, label: str) -> None:
        """A tag above the box; inside it, or below, where there is no room or another tag."""
        letters = self._letters(text)
        width, height = self._tag_size(letters)
        x, top = self._at((box.left, box.top))
        bottom = self._at((box.right, box.bottom))[1]
        edge = self._line // 2
        above, below = top - height - edge, bottom + edge
        places = [(x - edge, y) for y in (above, top + edge, below, bottom - height - edge)]
        self._tag(letters, self._free(places, (width, height)), colour_of(label))

    def line_of_text(self, text: str, label: str) -> None:
        """A tag in the upper left corner, below those that are there already."""
        letters = self._letters(text)
        width, height = self._tag_size(letters)
        y = self._capital + self._lines_of_text * (height + self._rim)
        self._lines_of_text += 1
        self._tag(letters, (self._capital, y, width, height), colour_of(label))

    def caption(self, text: str) -> None:
        if text:
            letters = self._letters(text)
            width, height = self._tag_size(letters)
            self._tag(letters, (0, self._height - height, width, height), _DARK, _WHITE)

    def _strokes(self, colour: _Colour) -> tuple[tuple[int, _Colour], ...]:
        """A dark stroke, and a bright one on it: seen on any ground."""
        return (self._line + 2 * self._rim, _DARK), (self._line, colour)

    def _at(self, point: tuple[float, float], less: int = 0) -> tuple[int, int]:
        return round(point[0] * self._width) - less, round(point[1] * self._height) - less

    def _array(self, points: Points) -> NDArray[np.int32]:
        return np.array([self._at(point) for point in points], np.int32)

    def _stroke(self, points: NDArray[np.int32], *, closed: bool) -> None:
        for width, colour in self._strokes(_WHITE):
            cv2.polylines(self.pixels, [points], closed, colour, width, cv2.LINE_AA)

    def _wash(self, outline: NDArray[np.int32]) -> None:
        """Lighten what lies inside by a fifth."""
        washed = cv2.fillPoly(self.pixels.copy(), [outline], _WHITE, cv2.LINE_AA)
        cv2.addWeighted(washed, 0.2, self.pixels, 0.8, 0, dst=self.pixels)

    def _arrow(self, points: Points) -> None:
        ends = self._array(points)
        self._stroke(ends, closed=False)
        along = (ends[1] - ends[0]).astype(float)
        right = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1.0)
        middle = ends.mean(axis=0)
        tip = middle + right * 4 * self._capital
        wing = np.array([-right[1], right[0]]) * self._capital
        back = middle + right * 3 * self._capital
        self._stroke(np.array([middle, tip], np.int32), closed=False)
        self._stroke(np.array([back - wing, tip, back + wing], np.int32), closed=False)

    def _letters(self, text: str) -> NDArray[np.uint8]:
        """What covers the picture, from 0 to 255; narrower than the picture."""
        letters = _drawn(text, self._capital)
        room = max(1, self._width - self._capital)
        if letters.shape[1] > room:
            size = room, max(1, letters.shape[0] * room // letters.shape[1])
            letters = np.asarray(cv2.resize(letters, size, interpolation=cv2.INTER_AREA), np.uint8)
        return letters

    def _tag_size(self, letters: NDArray[np.uint8]) -> tuple[int, int]:
        pad = self._capital // 2
        return letters.shape[1] + 2 * pad, letters.shape[0] + pad

    def _free(self, places: list[tuple[int, int]], size: tuple[int, int]) -> _Rectangle:
        """The first of the places that is inside and free; else the first, moved inside."""
        moved = [self._inside(place, size) for place in places]
        fits = [m for m, place in zip(moved, places, strict=True) if m[1] == place[1]]
        free = [m for m in fits if not any(_overlap(m, taken) for taken in self._taken)]
        return (free or fits or moved)[0]

    def _inside(self, place: tuple[int, int], size: tuple[int, int]) -> _Rectangle:
        x = max(0, min(place[0], self._width - size[0]))
        y = max(0, min(place[1], self._height - size[1]))
        return x, y, *size

    def _tag(
        self,
        letters: NDArray[np.uint8],
        where: _Rectangle,
        ground: _Colour,
        ink: _Colour = _DARK,
    ) -> None:
        self._taken.append(where)
        x, y, width, height = where
        tag = np.full((height, width, 3), ground, np.float32)
        top, left = (height - letters.shape[0]) // 2, (width - letters.shape[1]) // 2
        part = tag[top : top + letters.shape[0], left : left + letters.shape[1]]
        cover = letters[..., None] / np.float32(255)
        part += (np.array(ink, np.float32) - part) * cover
        target = self.pixels[y : y + height, x : x + width]
        target[:] = tag[: target.shape[0], : target.shape[1]].round().astype(np.uint8)


def colour_of(label: str) -> tuple[int, int, int]:
    """The same colour for the same word."""
    return _COLOURS[crc32(label.encode()) % len(_COLOURS)]


# Few: a caption holds the time and is never asked for again; at 1280 px it has 12 kB.
@lru_cache(maxsize=32)
def _drawn(text: str, capital_px: int) -> NDArray[np.uint8]:
    """(rows, columns) uint8: how much the letters cover, 0 to 255."""
    words = _plain(text)
    scale = _FINER * capital_px / _CAPITAL_PX
    stroke = max(1, round(_FINER * capital_px / 7))
    (width, height), below = cv2.getTextSize(words, _FONT, scale, stroke)
    canvas = np.zeros((height + below + stroke, width + 2 * stroke), np.uint8)
    cv2.putText(canvas, words, (stroke, height), _FONT, scale, 255, stroke, cv2.LINE_AA)
    size = max(1, canvas.shape[1] // _FINER), max(1, canvas.shape[0] // _FINER)
    return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.uint8)


def _plain(text: str) -> str:
    """OpenCV's letters are ASCII: without accents, and a question mark for what is left."""
    apart = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return bare.encode("ascii", "replace").decode()


def _overlap(one: _Rectangle, other: _Rectangle) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )

"""Pictures: the newest frame as a JPEG, made once for all who look at that width."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from time import monotonic

from edgeinfer import picture
from edgeinfer.core.frame import Frame
from edgeinfer.sinks.dashboard.exchange import RefusedError
from edgeinfer.sinks.dashboard.work import Work

MOST_STREAMS = 32
BOUNDARY = "frame"
STREAM_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
# A few, so that 32 viewers with windows of 32 sizes do not have each frame made 32 times.
_WIDTHS_PX = (320, 480, 640, 960, 1280, 1920)
_QUALITY = 75
_FIRST_S = 5.0  # for the very first frame: a camera takes seconds


@dataclass(frozen=True, slots=True)
class Jpeg:
    """`number` counts the frames that came, `seq` is the frame's own."""

    data: bytes = b""
    number: int = 0
    seq: int = 0
    made_s: float = float("-inf")


@dataclass(slots=True)
class _Size:
    jpeg: Jpeg = field(default_factory=Jpeg)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Pictures:
    """`put` is for the sink's thread, and only replaces the newest; all else is the loop's.

    It is given at most `most_fps` frames a second; the JPEG of a width is made when somebody waits
    for it.
    `made` counts them, `viewers` the open streams.
    """

    def __init__(self, most_fps: float, most_width_px: int, work: Work) -> None:
        self.made = 0
        self.viewers = 0
        # Frames come at that pace already; a little less, so that none of them is passed over.
        self._least_s = 0.8 / most_fps
        self._most_width_px = most_width_px
        self._work = work
        self._newest: tuple[int, Frame] | None = None
        self._sizes: dict[int, _Size] = {}
        self._waiting = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._came = asyncio.Event()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def put(self, frame: Frame) -> None:
        number = self._newest[0] + 1 if self._newest else 1
        self._newest = number, frame
        if self._waiting and self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    @property
    def newest(self) -> Frame | None:
        return self._newest[1] if self._newest else None

    async def one(self, width_px: int) -> Jpeg:
        """The newest picture. Raises: RefusedError: there is none yet."""
        try:
            async with asyncio.timeout(_FIRST_S):
                return await self._newer(width_px, 0)
        except TimeoutError:
            raise RefusedError(503, "frame: none has come yet; is the camera there?") from None

    async def stream(self, width_px: int, fps: float) -> AsyncIterator[bytes]:
        """A part for each picture."""
        number, due_s = 0, monotonic()
        while True:
            await asyncio.sleep(max(0.0, due_s - monotonic()))
            jpeg = await self._newer(width_px, number)
            number, due_s = jpeg.number, monotonic() + 0.9 / fps
            yield _part(jpeg)

    def enter(self) -> None:
        """Take a place, which `leave` gives back.

        Raises: RefusedError: the stream would be one too many.
        """
        if self.viewers >= MOST_STREAMS:
            raise RefusedError(
                503,
                f"stream: {MOST_STREAMS} are open, the most; close one, or take frame.jpg",
                headers={"Retry-After": "10"},
            )
        self.viewers += 1

    def leave(self) -> None:
        self.viewers -= 1

    async def _newer(self, width_px: int, than: int) -> Jpeg:
        size = self._sizes.setdefault(self._width(width_px), _Size())
        while not self._serves(size.jpeg, than):
            if self._newest is None or self._newest[0] == size.jpeg.number:
                await self._next()
                continue
            async with size.turn:  # one has it made; the others find it
                if not self._serves(size.jpeg, than):
                    await self._pace(size.jpeg)
                    size.jpeg = await self._make(*self._newest, self._width(width_px))
        return size.jpeg

    def _serves(self, jpeg: Jpeg, than: int) -> bool:
        """It is newer than what the viewer has, and as new as one may be."""
        is_newest = self._newest is not None and self._newest[0] == jpeg.number
        return jpeg.number > than and (is_newest or monotonic() - jpeg.made_s < self._least_s)

    async def _pace(self, jpeg: Jpeg) -> None:
        await asyncio.sleep(max(0.0, jpeg.made_s + self._least_s - monotonic()))

    async def _make(self, number: int, frame: Frame, width_px: int) -> Jpeg:
        made_s = monotonic()
        data = await self._work.do(lambda: encoded(frame, width_px))
        self.made += 1
        return Jpeg(data, number, frame.seq, made_s)

    async def _next(self) -> None:
        """Until another frame comes; looked at again now and then, should it have slipped by."""
        self._waiting += 1
        try:
            async with asyncio.timeout(1.0):
                await self._came.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1

    def _wake(self) -> None:
        self._came.set()
        self._came = asyncio.Event()

    def _width(self, asked_px: int) -> int:
        fitting = [width for width in _WIDTHS_PX if width >= asked_px]
        return min(fitting[0] if fitting else _WIDTHS_PX[-1], self._most_width_px)


def encoded(frame: Frame, width_px: int, quality: int = _QUALITY) -> bytes:
    """In the source's own order of colours: a camera's is a JPEG's, and need not be turned."""
    return picture.jpeg(picture.narrowed(frame.pixels, width_px), quality, frame.order)


def _part(jpeg: Jpeg) -> bytes:
    head = (
        f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg.data)}\r\n"
        f"X-Seq: {jpeg.seq}\r\n\r\n"
    )
    return head.encode() + jpeg.data + b"\r\n"

"""Synthetic: a drawn scene, for a demonstration or a test without a camera or a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Annotated, ClassVar, Literal, Self

from annotated_types import Ge, Gt

from edgeinfer.core.frame import Frame, Pixels
from edgeinfer.picture import ViewOptions
from edgeinfer.sources.clock import Opening, now
from edgeinfer.sources.scenes import named, signs
from edgeinfer.sources.scenes.scene import Light, Weather

_SIZE_PX = (640, 480)


class SyntheticSource:
    """Endless, it is live and keeps a camera's pace; with `frames` it is finite and does not wait.

    Picture n depends on the options alone; entering again begins with picture 0.
    """

    argument: ClassVar[str] = "scene"

    @dataclass(frozen=True, slots=True)
    class Options(ViewOptions):
        """`frames`: how many, endless by default; `fps`: the pace, or the clock of a finite one.

        `weather` and `light` are of railway and parking; the signs know fine days only.
        """

        scene: Literal["signs", "railway", "parking"] = "signs"
        frames: Annotated[int, Ge(1)] | None = None
        fps: Annotated[float, Gt(0)] = 15.0
        seed: Annotated[int, Ge(0)] = 0
        weather: Weather = "clear"
        light: Light = "day"

        def __post_init__(self) -> None:
            ViewOptions.__post_init__(self)
            if self.scene == "signs" and (self.weather, self.light) != ("clear", "day"):
                raise ValueError(
                    "the scene signs has no weather and no light; choose railway or parking"
                )

    def __init__(self, options: Options, model_px: tuple[int, int] | None = None) -> None:
        del model_px  # the scene is drawn at the size that was asked for
        self._options = options
        self._draw = _drawer(options)
        self.live = options.frames is None
        self.name = f"synthetic:{options.scene}"
        self._sequence = count()

    def __enter__(self) -> Self:
        self._opening = Opening()
        self._index = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def read(self) -> Frame | None:
        if self._index == self._options.frames:
            return None
        captured_ns, wall_ns = self._clocks(self._index / self._options.fps)
        pixels = self._draw(self._index)
        self._index += 1
        shown = self._options.turn_and_cut(pixels)
        return Frame(shown, next(self._sequence), captured_ns, wall_ns, self.name)

    def _clocks(self, position_s: float) -> tuple[int, int]:
        if not self.live:
            return self._opening.at(position_s)
        self._opening.wait_for(position_s)
        return now()


def _drawer(options: SyntheticSource.Options) -> Callable[[int], Pixels]:
    """What draws picture n."""
    size = options.size or _SIZE_PX
    if options.scene == "signs":
        return lambda index: signs.draw(options.seed, index, *size)
    scene = named.make(options.scene, options.seed, size, options.weather, options.light)
    return lambda index: scene.draw(index / options.fps)[0]

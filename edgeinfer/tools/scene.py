"""Scene: a drawn clip and its truth as files, for anyone's tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import isinf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2

from edgeinfer.core.frame import Pixels
from edgeinfer.errors import ConfigError, StoreError
from edgeinfer.sources.scenes import named
from edgeinfer.sources.scenes.parking import Parking
from edgeinfer.sources.scenes.scene import Light, Scene, SceneEvent, Truth, Weather

OnStep = Callable[[str, float], None]
"""Is told what is being done, and how much of it, from 0 to 1."""

_CODECS = {".mp4": "mp4v", ".avi": "MJPG"}  # those that opencv-python-headless itself brings
_DIGITS = 5  # of a fraction of the picture: a hundredth of a pixel


@dataclass(frozen=True, slots=True)
class Request:
    """`size`: width and height in pixels; `truth`: where it is written, if at all."""

    scene: str
    out: Path
    truth: Path | None = None
    seed: int = 0
    seconds: float = 60.0
    fps: float = 15.0
    size: tuple[int, int] = (640, 480)
    weather: Weather = "clear"
    light: Light = "day"

    @property
    def frames(self) -> int:
        return max(1, round(self.seconds * self.fps))


@dataclass(frozen=True, slots=True)
class Report:
    """`objects`: how many truths there are of each label, over all frames."""

    scene: str
    out: str
    truth: str | None
    frames: int
    seconds: float
    events: int
    objects: dict[str, int]


def write(asked: Request, on_step: OnStep = lambda *_: None) -> Report:
    """Draw the clip, and move it and its truth into place when both are whole.

    Raises: ConfigError: the words are wrong. StoreError: there is no writing there.
    """
    _check(asked)
    scene = named.make(asked.scene, asked.seed, asked.size, asked.weather, asked.light)
    with _draft(asked.out) as clip:
        truths = _clip(asked, scene, clip, on_step)
        events = scene.events(0.0, asked.frames / asked.fps)
        if asked.truth:
            with _draft(asked.truth) as draft:
                text = json.dumps(document(asked, scene, truths, events))
                draft.write_text(text + "\n", encoding="utf-8")
    return _report(asked, truths, events)


def _check(asked: Request) -> None:
    """Raises: ConfigError: the words are wrong."""
    problems = []
    if asked.scene not in named.SCENES:
        problems.append(f"{asked.scene}: no such scene; there are {', '.join(named.SCENES)}")
    if asked.out.suffix.lower() not in _CODECS:
        problems.append(f"-o {asked.out}: should end in {' or '.join(_CODECS)}")
    if any(side % 2 for side in asked.size):
        wide, high = asked.size
        problems.append(f"--size {wide}x{high}: both should be even, as the codecs want it")
    for option, path in (("-o", asked.out), ("--truth", asked.truth)):
        if path and path.is_dir():
            problems.append(f"{option} {path}: a folder; name a file in it")
        elif path and not path.parent.is_dir():
            problems.append(f"{option} {path}: there is no folder {path.parent}; make it first")
    if asked.truth and asked.truth.resolve() == asked.out.resolve():
        problems.append(f"--truth {asked.truth}: is the clip itself; choose another name")
    if problems:
        raise ConfigError(problems)


def _clip(
    asked: Request, scene: Scene, path: Path, on_step: OnStep
) -> list[tuple[float, tuple[Truth, ...]]]:
    """Each frame's time and truth."""
    codec = cv2.VideoWriter.fourcc(*_CODECS[path.suffix.lower()])
    writer = cv2.VideoWriter(str(path), codec, asked.fps, asked.size)
    if not writer.isOpened():
        raise StoreError(f"{asked.out}: OpenCV cannot write a clip there")
    truths = []
    try:
        for number in range(asked.frames):
            t_s = number / asked.fps
            pixels, truth = scene.draw(t_s)
            writer.write(_bgr(pixels))
            truths.append((t_s, truth))
            on_step("drawing", (number + 1) / asked.frames)
    finally:
        writer.release()
    if _readable(path) != asked.frames:  # OpenCV does not say that a write failed
        raise StoreError(f"{asked.out}: the clip could not be written whole; is the disk full?")
    return truths


def _readable(path: Path) -> int:
    """How many frames of it can be read. What its header says was written when all was well."""
    clip = cv2.VideoCapture(str(path))
    try:
        return sum(1 for _ in iter(clip.grab, False))
    finally:
        clip.release()


def _bgr(pixels: Pixels) -> Any:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)


@contextmanager
def _draft(path: Path) -> Iterator[Path]:
    """A file beside it that takes its place at the end: nobody ever reads half of it.

    Raises: StoreError: there is no writing there.
    """
    try:
        with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            yield Path(folder) / path.name
            (Path(folder) / path.name).replace(path)
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error


def document(
    asked: Request,
    scene: Scene,
    truths: list[tuple[float, tuple[Truth, ...]]],
    events: tuple[SceneEvent, ...],
) -> dict[str, Any]:
    """The truth as JSON: see docs/scenes.md."""
    return {
        "v": 1,
        "type": "scene",
        "scene": asked.scene,
        "seed": asked.seed,
        "fps": asked.fps,
        "size": list(asked.size),
        "weather": asked.weather,
        "light": asked.light,
        "bays": scene.bays if isinstance(scene, Parking) else (),
        "events": [_event(event) for event in events],
        "frames": [
            {"t_s": round(t_s, 6), "objects": [_object(one) for one in truth]}
            for t_s, truth in truths
        ],
    }


def _event(event: SceneEvent) -> dict[str, Any]:
    """JSON knows no infinity: null is before the scene began, or never."""
    times = {"start_s": event.start_s, "end_s": event.end_s}
    known = {name: None if isinf(at) else round(at, 3) for name, at in times.items()}
    return {"kind": event.kind, **known, "id": event.id, "facts": dict(event.facts)}


def _object(one: Truth) -> dict[str, Any]:
    box = {name: round(value, _DIGITS) for name, value in asdict(one.box).items()}
    return {"label": one.label, "id": one.id, "visible_share": one.visible_share, "box": box}


def _report(
    asked: Request,
    truths: list[tuple[float, tuple[Truth, ...]]],
    events: tuple[SceneEvent, ...],
) -> Report:
    labels = [one.label for _, truth in truths for one in truth]
    return Report(
        scene=asked.scene,
        out=str(asked.out),
        truth=str(asked.truth) if asked.truth else None,
        frames=asked.frames,
        seconds=asked.frames / asked.fps,
        events=len(events),
        objects={label: labels.count(label) for label in sorted(set(labels))},
    )

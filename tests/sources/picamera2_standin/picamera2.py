"""A stand-in for picamera2, as its own source says that it behaves.

Two frames never look the same: the lower right quarter's grey is the frame's number. Camera memory
is one buffer per stream, overwritten once a request is released, with rows padded as the board
pads them. `board` says what kind of board and camera this is; each test begins with a fresh one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import cv2
import libcamera
import numpy as np

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)
FIRST_GREY, GREY_STEP = 60, 20


@dataclass
class Board:
    cameras: int = 1
    busy: bool = False
    lores: str = "any"  # "any" as on a Pi 5, "yuv" as before it, "none"
    main_format: str | None = None  # what the camera gives whatever it is asked for
    main_size: tuple[int, int] | None = None
    turns: bool = True
    silent: bool = False
    clock: int = time.CLOCK_MONOTONIC  # of the sensor's stamps
    age_ns: int = 0
    taken: int = 0
    released: int = 0
    closed: int = 0
    cancelled: int = 0
    configured: list[dict[str, Any]] = field(default_factory=list)


board = Board()


def scene(width: int, height: int, number: int) -> Any:
    """(height, width, 3) RGB: red green / blue grey."""
    grey = (FIRST_GREY + GREY_STEP * number,) * 3
    quarters = np.array([[RED, GREEN], [BLUE, grey]], np.uint8)
    return cv2.resize(quarters, (width, height), interpolation=cv2.INTER_NEAREST)


class Job:
    def __init__(self, camera: Picamera2) -> None:
        self.camera = camera


class Request:
    def __init__(self, camera: Picamera2, number: int) -> None:
        self._camera = camera
        self._held = True
        self._stamp_ns = time.clock_gettime_ns(board.clock) - board.age_ns
        board.taken += 1
        for name in ("main", "lores"):
            if camera.config[name]:
                camera.fill(name, number)

    def make_array(self, name: str) -> Any:
        assert self._held, "the camera is writing there again"
        stream, memory = self._camera.config[name], self._camera.memory[name].copy()
        width, height = stream["size"]
        if stream["format"] == "YUV420":
            return memory.reshape(height * 3 // 2, stream["stride"])
        if stream["format"] == "NV12":  # here alone of YUV the padding is cut off
            rows = memory.reshape(height * 3 // 2, stream["stride"])
            return np.ascontiguousarray(rows[:, :width])
        depth = 4 if stream["format"].startswith("X") else 3
        rows = memory.reshape(height, stream["stride"])[:, : width * depth]
        return np.ascontiguousarray(rows).reshape(height, width, depth)

    def get_metadata(self) -> dict[str, Any]:
        assert self._held
        return {"SensorTimestamp": self._stamp_ns}

    def release(self) -> None:
        assert self._held, "released twice"
        self._held = False
        board.released += 1
        for memory in self._camera.memory.values():
            memory[:] = 255


class Picamera2:
    def __init__(self, number: int) -> None:
        if board.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        assert number < board.cameras
        self.config: dict[str, Any] = {}
        self.memory: dict[str, Any] = {}
        self.camera_controls = {"FrameDurationLimits": (33333, 120000, None)}
        self._frames = 0
        self._started = False

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [{"Model": "imx219", "Num": number} for number in range(board.cameras)]

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        assert isinstance(wanted["transform"], libcamera.Transform)
        assert isinstance(wanted["colour_space"], libcamera.ColorSpace)
        return {**wanted, **{name: _aligned(wanted[name]) for name in ("main", "lores")}}

    def configure(self, wanted: dict[str, Any]) -> None:
        main, lores = dict(wanted["main"]), wanted["lores"] and dict(wanted["lores"])
        if lores:
            if board.lores == "none":
                raise AttributeError("'NoneType' object has no attribute 'at'")
            if board.lores == "yuv" and lores["format"] != "YUV420":
                raise RuntimeError("lores stream must be YUV")
            if any(small > large for small, large in zip(lores["size"], main["size"], strict=True)):
                raise RuntimeError("lores stream dimensions may not exceed main stream")
        main["size"] = board.main_size or main["size"]
        main["format"] = board.main_format or main["format"]
        for stream in filter(None, (main, lores)):
            self._lay_out(stream)
        transform = wanted["transform"] if board.turns else libcamera.Transform()
        self.config = {**wanted, "main": main, "lores": lores, "transform": transform}
        board.configured.append(self.config)

    def _lay_out(self, stream: dict[str, Any]) -> None:
        width, _ = stream["size"]
        depth = {"YUV420": 1, "NV12": 1, "XBGR8888": 4, "XRGB8888": 4}.get(stream["format"], 3)
        bytes_wide = width * depth
        stream["stride"] = -(-bytes_wide // 64) * 64

    def camera_configuration(self) -> dict[str, Any]:
        return self.config

    def start(self) -> None:
        for name in ("main", "lores"):
            if stream := self.config[name]:
                planes = 1.5 if stream["format"] in ("YUV420", "NV12") else 1
                size = round(stream["stride"] * stream["size"][1] * planes)
                self.memory[name] = np.zeros(size, np.uint8)
        self._started = True

    def fill(self, name: str, number: int) -> None:
        stream = self.config[name]
        width, height = stream["size"]
        picture = scene(width, height, number)
        if self.config["transform"].hflip:
            picture = picture[:, ::-1]
        if self.config["transform"].vflip:
            picture = picture[::-1]
        self.memory[name][:] = _in_memory(np.ascontiguousarray(picture), stream)

    def capture_request(self, wait: bool | None = None) -> Job:
        assert wait is False, "waiting in here has no end when the camera falls silent"
        assert self._started
        return Job(self)

    def wait(self, job: Job, timeout: float | None = None) -> Request:
        assert timeout is not None
        if board.silent:
            raise TimeoutError
        self._frames += 1
        return Request(job.camera, self._frames - 1)

    def cancel_all_and_flush(self) -> None:
        board.cancelled += 1

    def close(self) -> None:
        self._started = False
        board.closed += 1


def _aligned(stream: dict[str, Any] | None) -> dict[str, Any] | None:
    """An odd width or height is not refused: it loses its last pixel."""
    return stream and {**stream, "size": tuple(side - side % 2 for side in stream["size"])}


def _in_memory(rgb: Any, stream: dict[str, Any]) -> Any:
    """One flat buffer, each row padded with a colour that must never be seen."""
    if stream["format"] in ("YUV420", "NV12"):
        height, width = rgb.shape[:2]
        flat = cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420).reshape(-1)
        sizes = (width * height, width * height // 4)
        luma, u, v = np.split(flat, (sizes[0], sizes[0] + sizes[1]))
        stride = stream["stride"]
        planes = [_padded(luma.reshape(height, width), stride)]
        if stream["format"] == "NV12":
            both = np.stack((u, v), axis=1).reshape(height // 2, width)
            return np.concatenate([*planes, _padded(both, stride)]).reshape(-1)
        planes += [_padded(p.reshape(height // 2, width // 2), stride // 2) for p in (u, v)]
        return np.concatenate([plane.reshape(-1) for plane in planes])
    alpha = np.full_like(rgb[..., :1], 255)
    ordered = {
        "BGR888": rgb,
        "RGB888": rgb[..., ::-1],
        "XBGR8888": np.concatenate((rgb, alpha), axis=2),
        "XRGB8888": np.concatenate((rgb[..., ::-1], alpha), axis=2),
    }[stream["format"]]
    return _padded(ordered.reshape(rgb.shape[0], -1), stream["stride"]).reshape(-1)


def _padded(rows: Any, stride: int) -> Any:
    return np.pad(rows, ((0, 0), (0, stride - rows.shape[1])), constant_values=7)

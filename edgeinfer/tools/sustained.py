"""Sustained: what is left of the speed when a board has run for minutes and is hot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from edgeinfer.tools import board
from edgeinfer.tools.machine import Machine
from edgeinfer.tools.timing import OnDone, TimeMs

_WINDOW_S = 1.0
_LEAST_WINDOWS = 10
_EDGE = 0.1  # cold is the first tenth of the time, hot the last


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of time, and the machine's state at its end; None: it does not say."""

    seconds: float
    fps: float
    temperature_c: float | None
    clock_mhz: float | None
    throttling: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Sustained:
    """A window's `seconds` count from the start. `drop`: 0.2 is one frame in five lost."""

    windows: tuple[Window, ...]
    cold_fps: float
    hot_fps: float
    drop: float


def sustained(
    time_ms: TimeMs, seconds: float, on_done: OnDone, machine: Machine | None = None
) -> Sustained:
    """One invoke after the other without a pause."""
    machine = machine or Machine()
    length_s = min(_WINDOW_S, seconds / _LEAST_WINDOWS)
    began_s = time.monotonic()
    windows = [_window(time_ms, began_s, length_s, machine)]
    while windows[-1].seconds < seconds:
        on_done(min(windows[-1].seconds / seconds, 1.0))
        windows.append(_window(time_ms, began_s, length_s, machine))
    on_done(1.0)
    return of(windows)


def of(windows: Sequence[Window]) -> Sustained:
    count = max(1, round(len(windows) * _EDGE))
    cold_fps = _mean_fps(windows[:count])
    hot_fps = _mean_fps(windows[-count:])
    return Sustained(tuple(windows), cold_fps, hot_fps, 1 - hot_fps / cold_fps)


def _mean_fps(windows: Sequence[Window]) -> float:
    return sum(window.fps for window in windows) / len(windows)


def _window(time_ms: TimeMs, began_s: float, length_s: float, machine: Machine) -> Window:
    start_s, count = time.monotonic(), 0
    while (now_s := time.monotonic()) - start_s < length_s or count == 0:
        time_ms()
        count += 1
    fps = count / (now_s - start_s)
    return Window(
        now_s - began_s,
        fps,
        board.temperature_c(machine),
        board.clock_mhz(machine),
        board.throttling(machine),
    )

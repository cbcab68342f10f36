"""Passings: which trains come when, and where each one is at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from edgeinfer.sources.scenes import trains
from edgeinfer.sources.scenes.trains import Train

SLOT_S = 34.0
"""What is drawn by lot at once; every passing lies inside its slot."""

_REST_S = 2.5  # at the end of each slot no train is seen
_SPEEDS = {"freight": (11, 19), "commuter": (11, 20), "fast": (24, 42), "locomotive": (9, 18)}
_BRAKING = 1.1  # m/s², also of the start; a comfortable one
_WEIGHTS = (0.3, 0.34, 0.22, 0.14)  # of the kinds of trains


@dataclass(frozen=True, slots=True)
class Motion:
    """Metres on the way since `start_s`: at one speed, or with a stop after `stop_m`."""

    start_s: float
    speed: float
    stop_m: float | None = None
    halt_s: float = 0.0

    def way_m(self, t_s: float) -> float:
        gone_s = t_s - self.start_s
        if self.stop_m is None:
            return self.speed * gone_s
        brake_s = self.speed / _BRAKING
        brake_m = self.speed * brake_s / 2
        arrive_s = (self.stop_m - brake_m) / self.speed + brake_s
        if gone_s <= arrive_s:
            left_s = max(0.0, arrive_s - gone_s)
            return self.stop_m - _braked_m(left_s, brake_s)
        return self.stop_m + _braked_m(max(0.0, gone_s - arrive_s - self.halt_s), brake_s)

    def at_s(self, way_m: float) -> float:
        """When so much of the way is done; behind the stop it is after the halt."""
        if self.stop_m is None:
            return self.start_s + way_m / self.speed
        brake_s = self.speed / _BRAKING
        arrive_s = self.start_s + (self.stop_m - self.speed * brake_s / 2) / self.speed + brake_s
        if way_m <= self.stop_m:
            return arrive_s - _braking_s(self.stop_m - way_m, brake_s)
        return arrive_s + self.halt_s + _braking_s(way_m - self.stop_m, brake_s)


def _braked_m(seconds: float, brake_s: float) -> float:
    """The way from standing after so long."""
    if seconds < brake_s:
        return _BRAKING * seconds**2 / 2
    return _BRAKING * brake_s * (seconds - brake_s / 2)


def _braking_s(way_m: float, brake_s: float) -> float:
    whole_m = _BRAKING * brake_s**2 / 2
    if way_m < whole_m:
        return sqrt(2 * way_m / _BRAKING)
    return brake_s + (way_m - whole_m) / (_BRAKING * brake_s)


@dataclass(frozen=True, slots=True)
class Passing:
    """A train on a track; its nose enters the picture at `start_s`, its end leaves at `end_s`."""

    id: int
    train: Train
    track: int
    rightward: bool
    motion: Motion
    end_s: float

    @property
    def start_s(self) -> float:
        return self.motion.start_s

    @property
    def direction(self) -> str:
        return "left_to_right" if self.rightward else "right_to_left"


def of_slot(seed: int, number: int, views_m: tuple[float, float]) -> tuple[Passing, ...]:
    """`views_m`: how many metres of each track the picture shows."""
    chance = np.random.default_rng((seed, 11, number))
    count = int(chance.choice(3, p=(0.1, 0.68, 0.22)))
    first = int(chance.integers(2))
    tracks = (first, 1 - first)[:count]
    return tuple(_passing(seed, number, track, views_m[track]) for track in tracks)


def _passing(seed: int, number: int, track: int, view_m: float) -> Passing:
    chance = np.random.default_rng((seed, 12, number, track))
    kind = trains.KINDS[int(chance.choice(4, p=_WEIGHTS))]
    train = trains.make(kind, chance)
    room_s = SLOT_S - _REST_S
    way_m = view_m + train.length_m
    speed = max(float(chance.uniform(*_SPEEDS[kind])), way_m / room_s)
    motion = Motion(0.0, speed)
    if kind == "commuter" and chance.random() < 0.6:
        motion = _stopping(speed, (view_m + train.length_m) / 2, float(chance.uniform(4, 8)))
    if motion.at_s(way_m) > room_s:
        motion = Motion(0.0, speed)
    free_s = room_s - motion.at_s(way_m)
    start_s = number * SLOT_S + float(chance.uniform(0, free_s))
    motion = Motion(start_s, motion.speed, motion.stop_m, motion.halt_s)
    rightward = bool(chance.random() < 0.5)
    return Passing(2 * number + track + 1, train, track, rightward, motion, motion.at_s(way_m))


def _stopping(speed: float, stop_m: float, halt_s: float) -> Motion:
    """Slow enough that it brakes within the picture."""
    return Motion(0.0, min(speed, sqrt(1.8 * _BRAKING * stop_m)), stop_m, halt_s)
